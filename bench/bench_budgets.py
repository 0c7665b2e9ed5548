"""Time of a million priced requests and of twenty thousand months with uncertain parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from computebook import budgets
from computebook.exhibits import api_economics
from computebook.price_cards import price_card

MILLION = 1_000_000
OWN = api_economics.workload(api_economics.Request(6_000, 500, 0.7), 0.5)


@pytest.mark.parametrize("model", ["gpt-5.2", "gemini-3-pro"])
@pytest.mark.benchmark(group="a million requests")
def test_million_requests(benchmark: Any, model: str) -> None:
    card = price_card(model, "2026-01-15")
    bills = benchmark.pedantic(
        budgets.sample_requests_usd, (OWN, card, MILLION), rounds=3, warmup_rounds=1
    )
    assert bills.size == MILLION
    assert np.isfinite(bills).all()


@pytest.mark.benchmark(group="months")
def test_twenty_thousand_months(benchmark: Any) -> None:
    doubts = api_economics.spreads(api_economics.doubts("2026-01-15", 0.5))
    card = price_card("gpt-5.2", "2026-01-15")
    months = benchmark(lambda: budgets.month_usd(OWN, card, MILLION, spreads=doubts, months=20_000))
    assert months.size == 20_000
