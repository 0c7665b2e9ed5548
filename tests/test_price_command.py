"""`computebook price` and `data prices`: bills, cards with date and source, refusals."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from computebook import datasets, price_cards, price_quotes
from computebook.cli import main
from computebook.errors import ComputebookError
from computebook.pricing import PriceCard, Usage, bill
from computebook.usage import LEAVES

COMMAND = Path(sys.executable).with_name("computebook")


def run(words: str) -> Any:
    return CliRunner().invoke(main, words.split())


def bill_of(words: str) -> dict[str, float]:
    done = run(f"price {words} --json")
    assert done.exit_code == 0, done.output
    return {row["part"]: row["usd"] for row in json.loads(done.stdout)["bill"]}


# Published cases


def test_the_articles_extended_reasoning() -> None:
    words = "--model gpt-5.2 --input 0 --output 55000 --reasoning 50000 --on 2026-01-15"
    cost = bill_of(words)
    assert cost["total"] == pytest.approx(0.77)
    assert cost["reasoning_output"] == pytest.approx(0.70)


def test_a_million_requests_in_a_batch() -> None:
    words = "--model gpt-5.2 --input 8000 --cached 6000 --output 1200 --reasoning 800 --on"
    january = bill_of(f"{words} 2026-03-01 --requests 1e6 --tier batch")
    november = bill_of(f"{words} 2026-11-10 --requests 1e6 --tier batch")
    # 2 G uncached at 0.875; 6 G cached, at no discount before a rate was known, at 0.0875 after.
    assert january["total"] == pytest.approx(1_750 + 5_250 + 8_400)
    assert november["total"] == pytest.approx(1_750 + 525 + 8_400)


@pytest.mark.parametrize(("tokens", "usd"), [(200_000, 0.412), (200_001, 0.818004)])
def test_the_cliff_of_long_prompts(tokens: int, usd: float) -> None:
    cost = bill_of(f"--model gemini-3-pro --input {tokens} --output 1000 --on 2026-01-15")
    assert cost["total"] == pytest.approx(usd)


@pytest.mark.parametrize(("tokens", "rate"), [(199_999, 1.25), (200_000, 2.5)])
def test_an_edge_that_belongs_to_its_tier(tokens: int, rate: float) -> None:
    cost = bill_of(f"--model grok-4.3 --input {tokens} --output 0 --on 2026-11-10")
    assert cost["total"] == pytest.approx(tokens * rate / 1e6)


def test_writes_by_lifetime_tools_and_storage() -> None:
    opus = bill_of(
        "--model claude-opus-4.5 --input 3000 --cache-write-5m 1000 --cache-write-1h 1000 "
        "--output 0 --tool web-search=3 --requests 1000 --on 2026-01-15"
    )
    assert opus["cache_write_5m"] == pytest.approx(6.25)
    assert opus["cache_write_1h"] == pytest.approx(10)
    assert opus["tool_calls"] == pytest.approx(30)
    kept = "--model gemini-3.8-flash --input 0 --output 0 --storage 1e6 --on"
    assert bill_of(f"{kept} 2026-12-31")["cache_storage"] == pytest.approx(0.5)
    assert bill_of(f"{kept} 2027-01-01")["cache_storage"] == pytest.approx(1.0)


def test_peak_hours_double_the_bill() -> None:
    words = "--model deepseek-v4-pro --input 1e6 --output 0 --on 2026-11-10"
    assert bill_of(f"{words} --peak")["total"] == 2 * bill_of(words)["total"]


# Properties

MODELS = ("gpt-5.2", "claude-opus-4.5", "gemini-3-pro", "grok-4.3", "gpt-6.1-sol")
counts = st.integers(0, 300_000)
cards = st.sampled_from(
    [
        period.card.without_cache_discount()
        for model in MODELS
        for tier in price_cards.service_tiers(model)
        for period in price_cards.price_periods(model, tier)
    ]
)


@settings(deadline=None)
@given(cards, st.tuples(*[counts] * len(LEAVES)), st.integers(0, 1_000_000))
def test_parts_of_a_quote_add_up_to_its_bill(
    card: PriceCard, leaves: tuple[int, ...], requests: int
) -> None:
    request = Usage(*leaves)
    quoted = price_quotes.quotes([card], request, requests).set_index("part")["usd"]
    assert quoted.drop("total").sum() == pytest.approx(quoted["total"])
    one = bill(request, card).total_usd
    assert quoted["total"] == pytest.approx(one * requests)


@settings(deadline=None)
@given(cards, counts, counts)
def test_a_dated_card_never_charges_more_for_cached_input(
    card: PriceCard, inputs: int, cached: int
) -> None:
    plain = Usage(uncached_input_tokens=inputs + cached)
    warm = Usage(uncached_input_tokens=inputs, cached_input_tokens=cached)
    assert bill(warm, card).total_usd <= bill(plain, card).total_usd * (1 + 1e-12)


@pytest.mark.parametrize("on", ["2026-01-15", "2026-11-10"])
def test_quotes_equal_genai_prices_on_the_day(on: str) -> None:
    genai_prices = pytest.importorskip("genai_prices")
    moment = __import__("datetime").datetime.fromisoformat(f"{on}T12:00:00+00:00")
    usage = genai_prices.Usage(input_tokens=8_000, cache_read_tokens=6_000, output_tokens=1_200)
    for model, name in (("gpt-5.2", "gpt-5.2"), ("claude-opus-4.5", "claude-opus-4-5")):
        words = f"--model {model} --input 8000 --cached 6000 --output 1200 --on {on}"
        theirs = genai_prices.calc_price(usage, name, genai_request_timestamp=moment).total_price
        assert bill_of(words)["total"] == pytest.approx(float(theirs))


# Several models, forms, alternatives


def test_all_models_come_cheapest_first() -> None:
    done = run("price --model all --input 5000 --output 500 --on 2026-01-15 --csv")
    rows = [r for r in csv.DictReader(io.StringIO(done.stdout)) if r["part"] == "total"]
    assert {r["model"] for r in rows} == set(price_cards.price_cards("2026-01-15"))
    assert all(r["effective_from"] and r["source"] for r in rows)
    drawn = run("price --model all --input 5000 --output 500 --on 2026-01-15").stdout
    assert drawn.index("gemini-3-flash") < drawn.index("gpt-5.2-pro")


def test_other_tiers_of_the_day_stand_beside_the_bill() -> None:
    done = run("price --model gpt-5.2 --input 1e6 --output 0 --on 2026-03-01 --json")
    answer = json.loads(done.stdout)
    assert {r["tier"]: r["of_quoted"] for r in answer["alternatives"]} == {
        "batch": 0.5,
        "priority": 2.0,
    }
    assert answer["cards"][0]["source"] == "pydantic2026genaiprices"


def test_long_prompts_leave_out_batch_prices_of_short_ones() -> None:
    words = "price --model gemini-3-pro --output 0 --on 2026-01-15 --json --input"
    short = json.loads(run(f"{words} 200000").stdout)["alternatives"]
    assert [row["tier"] for row in short] == ["batch"]
    assert json.loads(run(f"{words} 200001").stdout)["alternatives"] == []


def test_a_currency_is_shown_only_at_a_rate_that_was_given() -> None:
    words = "price --model gpt-5.2 --input 1e6 --output 0 --on 2026-03-01"
    answer = json.loads(run(f"{words} --currency EUR=0.5@2026-03-02 --json").stdout)
    assert answer["exchange_rate"] == "1 USD = 0.5 EUR on 2026-03-02, as given"
    assert answer["bill"][-1]["eur"] == pytest.approx(0.5 * answer["bill"][-1]["usd"])


def test_a_model_of_the_package_is_priced_when_asked_for() -> None:
    pytest.importorskip("genai_prices")
    words = "price --model gpt-4.1-mini --input 1e6 --output 0 --on 2026-11-10"
    assert run(words).exit_code == 1
    answer = json.loads(run(f"{words} --fallback genai-prices --json").stdout)
    assert answer["bill"][-1]["usd"] == pytest.approx(0.4)
    assert answer["cards"][0]["source"].startswith("genai-prices ")


# Refusals, through the real command


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--model gpt-5.3-pro-max", "did you mean"),
        ("--model gpt-5.2 --tier bach", "did you mean 'batch'"),
        (
            "--model gpt-5.2 --tier batch --on 2025-12-20",
            "known for 2026-01-01 to 2026-10-13, 2026-10-14 to now; on that day it has standard",
        ),
        ("--model kimi-k2.5 --on 2026-01-15", "known for 2026-01-27 to now"),
        ("--model gpt-5.2 --on soon", "'soon' is not a date"),
        ("--model gpt-5.2 --cached 9e9", "must include them"),
        ("--model gpt-5.2 --requests -1", "requests = -1 requests is out of bounds"),
        ("--model gpt-5.2 --tool web-serch=1", "did you mean 'web-search'"),
        ("--model gpt-5.2 --tool web-search", "write it as web-search=2"),
        ("--model gpt-5.2 --tool web-search=1 --on 2026-01-15", "openai-web-search from 2026-11"),
        ("--model gpt-5.2 --storage 5", "publishes no cache_storage_usd_per_mtok_hour"),
        ("--model gpt-5.2 --currency euro=1", "is not a code of three"),
        (
            "--model gemini-3-pro --tier batch --on 2026-01-15 --input 200001",
            "only for shorter ones",
        ),
    ],
)
def test_refusals_say_what_is_known(words: str, sentence: str) -> None:
    more = "" if "--input" in words else " --input 100"
    done = run(f"price {words}{more} --output 10")
    assert done.exit_code == 1, done.output
    assert sentence in done.stderr
    assert done.stdout == ""


def test_the_real_command_prices(root: Path) -> None:
    words = "price --model gpt-5.2 --input 1155 --output 211 --requests 1000 --on 2026-01-15 --csv"
    done = subprocess.run(
        [COMMAND, *words.split()], capture_output=True, text=True, timeout=60, cwd=root, check=False
    )
    assert done.returncode == 0, done.stderr
    rows = {row["part"]: row for row in csv.DictReader(io.StringIO(done.stdout))}
    assert float(rows["total"]["usd"]) == pytest.approx(4.98, abs=0.01)


# Cards and fees


def test_periods_do_not_overlap_and_hold_the_rows_of_their_days() -> None:
    for model in datasets.load("api_prices")["model_id"].unique():
        for tier in price_cards.service_tiers(model):
            periods = price_cards.price_periods(model, tier)
            ends = [period.last for period in periods[:-1]]
            assert all(end < later.first for end, later in zip(ends, periods[1:], strict=True))
            for period in periods:
                card = price_cards.price_card(model, period.first, tier)
                assert repr(card.tiers) == repr(period.card.tiers)


def test_the_long_tier_of_sonnet_ends_on_its_day() -> None:
    before, after = price_cards.price_periods("claude-sonnet-4.5")
    assert (before.last, after.first) == ("2026-04-30", "2026-05-01")
    assert [len(period.card.tiers) for period in (before, after)] == [2, 1]


def test_a_fee_belongs_to_a_generation_and_a_day() -> None:
    assert price_cards.tool_fee("gemini-2.5-pro", "web-search", "2026-11-10") == (
        "google-search-grounding-gemini-2.5",
        35.0,
    )
    assert price_cards.tool_fee("gemini-3-pro", "web-search", "2026-01-04") is None
    assert price_cards.tool_fee("kimi-k2.5", "web-search", "2026-11-10") is None


# Proposals


def test_proposed_rows_fit_the_table_and_repeat_nothing() -> None:
    pytest.importorskip("genai_prices")
    done = run("data prices --propose --csv")
    assert done.exit_code == 0, done.output
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    held = datasets.load("api_prices")
    assert list(rows[0]) == ["why", *held.columns]
    known = set(zip(held["model_id"], held["service_tier"], strict=True))
    for row in rows:
        assert row["why"] == "price differs" or (row["model_id"], row["service_tier"]) not in known
        assert float(row["output_usd_per_mtok"]) >= float(row["uncached_input_usd_per_mtok"])
    haiku = [row for row in rows if row["card_id"].startswith("claude-haiku-4.5-batch")]
    assert [row["output_usd_per_mtok"] for row in haiku] == ["2.5"]


def test_a_changed_price_is_proposed(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("genai_prices")
    table = datasets.load("api_prices")
    stale = table["card_id"] == "gpt-5.2-standard-2025-12-11"
    table.loc[stale, "output_usd_per_mtok"] = 15.0
    real = datasets.load
    monkeypatch.setattr(
        datasets, "load", lambda name: table.copy() if name == "api_prices" else real(name)
    )
    done = run("data prices --propose --json --on 2026-11-10")
    changed = [row for row in json.loads(done.stdout) if row["why"] == "price differs"]
    assert [(row["model_id"], row["output_usd_per_mtok"]) for row in changed] == [("gpt-5.2", 14.0)]


def test_a_discount_variant_that_is_not_dated_yet_is_no_card() -> None:
    pytest.importorskip("genai_prices")
    from computebook.price_package import card_from_package

    assert card_from_package("gpt-5.2", "2026-01-15", "batch") is None
    later = card_from_package("gpt-5.2", "2026-11-10", "batch")
    assert later is not None
    assert (later.effective_from, later.tiers[0].rates.output_usd_per_mtok) == ("2026-10-14", 7.0)
    assert card_from_package("no-such-model-anywhere", "2026-11-10") is None


def test_unknown_group_of_models_is_refused() -> None:
    with pytest.raises(ComputebookError, match="no model has a priority price on 2025-08-09"):
        price_quotes.quote_cards(["all"], "2025-08-09", "priority")
