"""When serving open weights oneself costs less than an API.

Rates of two published fleets and of one node in the serving model, for one model size (DeepSeek
V3 and R1, 671 billion parameters), against the vendor's API price of that size. A closed model
cannot be hosted: its price stands beside for what an open one would save if it did the job.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from computebook import datasets, tco
from computebook.calculators.fleets import (
    DEEPSEEK,
    DEEPSEEK_UNIT,
    NODE,
    NODE_GPUS,
    SGLANG,
    SGLANG_NAME,
    SGLANG_UNIT,
    case_quantities,
    node_rates,
    published_rates,
)
from computebook.exhibits.api_economics.offers import model_name, standard_card
from computebook.exhibits.api_economics.workloads import Request
from computebook.inference.table import intervals_from_table
from computebook.price_cards import ARTICLE_DATE, Date, price_card
from computebook.pricing import PriceCard, bill, cost_per_thousand_requests_usd
from computebook.self_hosting import Fleet, RequestShape
from computebook.units import SECONDS_PER_DAY
from computebook.usage import Usage

__all__ = [
    "CLOSED",
    "Terms",
    "break_even",
    "cost_by_volume",
    "node_rate_span",
    "owned_usd_per_gpu_hour",
    "published_cases",
]

MEASURED_DAY: Final = "2025-02-28"
SPARE_UNITS: Final = 1
CLOSED: Final = " (closed)"
_LIFETIME_YEARS, _CAPITAL_COST = 4.0, 0.10


@dataclass(frozen=True)
class Terms:
    """What hosting costs: price of a GPU-hour, peak over mean load, people."""

    gpu_hour_usd: float
    peak_to_mean: float = 1.0
    staff_usd_per_year: float = 0.0


def node_rate_span() -> tuple[float, float]:
    """Return between which multiples 80 % of measured rates lie of the serving model's.

    Examples
    --------
    >>> low, high = node_rate_span()
    >>> low < 1 < high
    True
    """
    low, high = intervals_from_table()["serving_fixed_concurrency.tpot"]
    return 1 / high, 1 / low


def _shape(request: Request, cached_fraction: float) -> RequestShape:
    return RequestShape(request.input_tokens, request.output_tokens, cached_fraction)


def fleets(shape: RequestShape, terms: Terms) -> dict[str, Fleet]:
    """Return the three fleets on the reader's terms, one spare node each, by name."""
    sources = {
        "DeepSeek's rates": (published_rates(DEEPSEEK), DEEPSEEK_UNIT),
        SGLANG_NAME: (published_rates(SGLANG), SGLANG_UNIT),
        NODE: (node_rates(shape), NODE_GPUS),
    }
    return {
        name: Fleet(
            rates,
            terms.gpu_hour_usd,
            unit,
            terms.peak_to_mean,
            SPARE_UNITS * NODE_GPUS / unit,
            terms.staff_usd_per_year,
        )
        for name, (rates, unit) in sources.items()
    }


def api_cards(model: str, on: Date) -> dict[str, PriceCard]:
    """Return the API prices of the same model size, and of the reader's closed model."""
    return {
        "R1, Feb 2025": price_card("deepseek-r1", MEASURED_DAY),
        "V3.2, Jan 2026": price_card("deepseek-v3.2", ARTICLE_DATE),
        f"{model_name(standard_card(model, on).model_id)}{CLOSED}": standard_card(model, on),
    }


def _api_usd_per_krequest(card: PriceCard, request: Request, cached_fraction: float) -> float:
    return float(cost_per_thousand_requests_usd(request.usage(cached_fraction), card))


def break_even(
    model: str, on: Date, request: Request, cached_fraction: float, terms: Terms
) -> pd.DataFrame:
    """Return the traffic from which each fleet costs less than each API.

    Parameters
    ----------
    model, on
        The closed model and the day of its price.
    request : Request
        Mean request.
    cached_fraction : float
        Share of the input found in the cache, own or the vendor's.
    terms : Terms
        Price of a GPU-hour, peak over mean load, staff.

    Returns
    -------
    DataFrame
        `fleet`, `api`; $ per 1,000 requests `api_usd` and `full_load_usd` (GPUs never idle, no
        staff, no spare); at the break-even `requests` a month, `accelerators`, `utilization`
        (fraction) and `month_usd`, nan where hosting never pays.
    """
    shape = _shape(request, cached_fraction)
    rows = []
    for name, fleet in fleets(shape, terms).items():
        for api, card in api_cards(model, on).items():
            price = _api_usd_per_krequest(card, request, cached_fraction)
            found = fleet.break_even(shape, price / 1e3)
            volume = float(found.requests_per_month)
            rows.append(
                {
                    "fleet": name,
                    "api": api,
                    "api_usd": price,
                    "full_load_usd": float(fleet.full_load_usd_per_krequest(shape)),
                    "requests": volume if np.isfinite(volume) else float("nan"),
                    "accelerators": float(found.units) * fleet.unit_accelerators,
                    "utilization": float(found.utilization_fraction),
                    "month_usd": float(found.month_usd),
                }
            )
    return pd.DataFrame(rows)


def cost_by_volume(
    model: str, on: Date, request: Request, cached_fraction: float, terms: Terms
) -> pd.DataFrame:
    """Return the cost of 1,000 requests by traffic: a large fleet, one node, and API prices.

    DeepSeek's own rates run just above SGLang's and would hide them.

    Returns
    -------
    DataFrame
        `series`, `million_requests` a month, `usd_per_krequest`, in long form.
    """
    volumes = np.geomspace(1e5, 1e9, 161)
    shape = _shape(request, cached_fraction)
    own = {
        name: 1_000 * fleet.month_usd(shape, volumes) / volumes
        for name, fleet in fleets(shape, terms).items()
        if name in (SGLANG_NAME, NODE)
    }
    listed = {
        name: np.full_like(volumes, _api_usd_per_krequest(card, request, cached_fraction))
        for name, card in api_cards(model, on).items()
    }
    frames = [
        pd.DataFrame({"series": name, "million_requests": volumes / 1e6, "usd_per_krequest": usd})
        for name, usd in (own | listed).items()
    ]
    return pd.concat(frames, ignore_index=True)


def owned_usd_per_gpu_hour() -> dict[str, float]:
    """Return what an owned H200 costs per hour: its server over four years, and its electricity.

    Building, network and staff are not in it.

    Examples
    --------
    >>> parts = owned_usd_per_gpu_hour()
    >>> 0.05 < parts["electricity"] < 0.3 < parts["capital"] < 3
    True
    """
    prices = datasets.load("accelerator_prices").set_index("price_id")["central_usd"].to_dict()
    factors = datasets.load("facility_factors").set_index("factor_id")["central"].to_dict()
    systems = datasets.load("systems").set_index("system_id")
    draws = 1e3 * systems["rated_power_kw"] / systems["accelerators"]
    draw_w = float(draws.to_dict()["dgx-h200"])
    capital = tco.amortized_usd_per_gpu_hour(
        float(prices["seller-hgx-h200-2025-01"]), _LIFETIME_YEARS, _CAPITAL_COST
    )
    power = tco.electricity_usd_per_gpu_hour(
        draw_w,
        float(factors["pue-uptime-2025"]),
        float(factors["electricity-us-industrial-2025"]),
    )
    return {"capital": float(capital), "electricity": float(power)}


def _deepseek_day() -> list[tuple[str, str, float, float]]:
    case = case_quantities(DEEPSEEK)
    gpus = case["nodes_average"] * case["accelerators_per_node"]
    cost = tco.run_usd(gpus, SECONDS_PER_DAY, case["usd_per_gpu_hour"])
    # A day's total, priced at the rates of short requests: DeepSeek's card has one tier.
    day = Usage.from_totals(
        case["input_tokens_per_day"],
        case["output_tokens_per_day"],
        cached_input_tokens=case["cached_input_tokens_per_day"],
    )
    revenue = bill(day, price_card("deepseek-r1", MEASURED_DAY), request_input_tokens=0.0).total_usd
    whole = RequestShape(case["input_tokens_per_day"] / 1e8, case["output_tokens_per_day"] / 1e8)
    busy = published_rates(DEEPSEEK).accelerator_seconds(whole) * 1e8 / SECONDS_PER_DAY
    return [
        ("DeepSeek: cost of the day", "$", case["cost_usd_per_day"], cost),
        (
            "DeepSeek: day billed at R1 prices",
            "$",
            case["theoretical_revenue_usd_per_day"],
            revenue,
        ),
        (
            "DeepSeek: nodes busy",
            "nodes",
            case["nodes_average"],
            busy / case["accelerators_per_node"],
        ),
    ]


def _output_cost(case_id: str) -> tuple[float, float]:
    case = case_quantities(case_id)
    per_gpu = case.get("output_tokens_per_s_per_gpu")
    if per_gpu is None:
        per_gpu = case["output_tokens_per_s_per_node"] / case["accelerators_per_node"]
    computed = tco.serving_usd_per_mtok(case["usd_per_gpu_hour"], per_gpu)
    return float(case["usd_per_mtok_output"]), float(computed)


def published_cases() -> pd.DataFrame:
    """Return the cost model held against what its published cases report.

    Returns
    -------
    DataFrame
        `quantity`, `unit`, `published`, `computed`, `error` (computed over published, minus
        one), `source_key`.

    Examples
    --------
    >>> bool((published_cases()["error"].abs() < 0.05).all())
    True
    """
    sources = datasets.load("self_host_cases").drop_duplicates("case_id").set_index("case_id")
    rows = [(*row, DEEPSEEK) for row in _deepseek_day()]
    named = {
        SGLANG: "SGLang, 96 H100: output",
        "nvidia-r1-h200": "NVIDIA, H200: output",
        "nvidia-r1-gb300": "NVIDIA, GB300: output",
    }
    for case_id, name in named.items():
        rows.append((name, "$/M tokens", *_output_cost(case_id), case_id))
    frame = pd.DataFrame(rows, columns=["quantity", "unit", "published", "computed", "case_id"])
    return frame.assign(
        error=frame["computed"] / frame["published"] - 1,
        source_key=frame["case_id"].map(sources["source_key"]),
        verification=frame["case_id"].map(sources["verification"]),
    )
