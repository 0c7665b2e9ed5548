"""The ledger: each convention, exact sums, nothing twice, nothing lost, nothing half-written."""

import csv
import gzip
import json
import signal
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from computebook import datasets, ledger, price_cards
from computebook.cli import main
from computebook.errors import ComputebookError
from computebook.ledger import offers
from computebook.ledger.accounts import tagger
from computebook.ledger.conventions import MAX_COUNT, counts_of
from computebook.ledger.identities import Identities
from computebook.ledger.lines import MAX_LINE_BYTES
from computebook.usage import LEAVES

EXAMPLES = datasets.data_folder() / "examples"
COMMAND = Path(sys.executable).with_name("computebook")
JANUARY = 1_768_478_400
"""2026-01-15 12:00 UTC."""


def responses(number: int, inputs: int, cached: int, output: int, reasoning: int) -> dict[str, Any]:
    return {
        "id": f"resp_{number}",
        "object": "response",
        "model": "gpt-5.2-2025-12-11",
        "created_at": JANUARY,
        "usage": {
            "input_tokens": inputs + cached,
            "input_tokens_details": {"cached_tokens": cached},
            "output_tokens": output + reasoning,
            "output_tokens_details": {"reasoning_tokens": reasoning},
            "total_tokens": inputs + cached + output + reasoning,
        },
    }


def chat(number: int, inputs: int, cached: int, output: int, reasoning: int) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "model": "gpt-5.1-2025-11-13",
        "created": JANUARY,
        "usage": {
            "prompt_tokens": inputs + cached,
            "prompt_tokens_details": {"cached_tokens": cached},
            "completion_tokens": output + reasoning,
            "completion_tokens_details": {"reasoning_tokens": reasoning},
        },
    }


def messages(number: int, inputs: int, cached: int, output: int, written: int) -> dict[str, Any]:
    return {
        "timestamp": "2026-01-15T08:00:00Z",
        "response": {
            "id": f"msg_{number}",
            "type": "message",
            "model": "claude-opus-4-5-20251101",
            "usage": {
                "input_tokens": inputs,
                "cache_read_input_tokens": cached,
                "cache_creation_input_tokens": 3 * written,
                "cache_creation": {
                    "ephemeral_5m_input_tokens": written,
                    "ephemeral_1h_input_tokens": 2 * written,
                },
                "output_tokens": output,
            },
        },
    }


def gemini(number: int, inputs: int, cached: int, output: int, thoughts: int) -> dict[str, Any]:
    return {
        "responseId": f"g{number}",
        "modelVersion": "gemini-3-pro-preview",
        "createTime": "2026-01-15T23:59:59.5Z",
        "usageMetadata": {
            "promptTokenCount": inputs + cached,
            "cachedContentTokenCount": cached,
            "candidatesTokenCount": output,
            "thoughtsTokenCount": thoughts,
            "totalTokenCount": inputs + cached + output + thoughts,
        },
    }


FORMS = (responses, chat, messages, gemini)
PROVIDERS = {
    responses: ("openai", "responses"),
    chat: ("openai", "chat"),
    messages: ("anthropic", "default"),
    gemini: ("google", "default"),
}
small = st.integers(0, 150_000)
rows = st.lists(st.tuples(st.sampled_from(FORMS), small, small, small, small), max_size=12)
Row = tuple[Callable[..., dict[str, Any]], int, int, int, int]


def answers(drawn: Iterable[Row]) -> list[dict[str, Any]]:
    return [form(number, *counts) for number, (form, *counts) in enumerate(drawn)]


def write(path: Path, values: Iterable[Any]) -> Path:
    path.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")
    return path


def read_all(folder: Path, values: Iterable[Any], **options: Any) -> ledger.Ledger:
    return ledger.read(write(folder / "rows.jsonl", values), **options)


quick = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


# Conventions of providers


@pytest.mark.parametrize(
    ("usage", "model", "leaves"),
    [
        ({"prompt_tokens": 10, "completion_tokens": 4, "cached_tokens": 8}, "", (2, 8, 0, 0, 4, 0)),
        (
            {"prompt_tokens": 10, "completion_tokens": 4, "prompt_cache_hit_tokens": 8},
            "deepseek-v4-pro",
            (2, 8, 0, 0, 4, 0),
        ),
        (  # xAI: reasoning outside of the completion, as the total says
            {
                "prompt_tokens": 10,
                "completion_tokens": 4,
                "total_tokens": 20,
                "completion_tokens_details": {"reasoning_tokens": 6},
            },
            "",
            (10, 0, 0, 0, 4, 6),
        ),
        (
            {
                "prompt_tokens": 10,
                "completion_tokens": 4,
                "completion_tokens_details": {"reasoning_tokens": 6},
            },
            "grok-4.3",
            (10, 0, 0, 0, 4, 6),
        ),
        (
            {
                "input_tokens": 10,
                "output_tokens": 4,
                "input_tokens_details": {"cached_tokens": 5, "cache_write_tokens": 3},
            },
            "gpt-5.6-sol",
            (2, 5, 3, 0, 4, 0),
        ),
        (  # a write without a lifetime lives five minutes
            {"input_tokens": 10, "output_tokens": 4, "cache_creation_input_tokens": 7},
            "",
            (10, 0, 7, 0, 4, 0),
        ),
        (
            {
                "input_tokens": 10,
                "output_tokens": 9,
                "output_tokens_details": {"thinking_tokens": 6},
            },
            "claude-opus-5-5",
            (10, 0, 0, 0, 3, 6),
        ),
        (
            {"prompt_token_count": 10, "candidates_token_count": 4, "thoughts_token_count": 6},
            "",
            (10, 0, 0, 0, 4, 6),
        ),
        (
            {"promptTokenCount": 10, "candidatesTokenCount": 4, "toolUsePromptTokenCount": 3},
            "",
            (13, 0, 0, 0, 4, 0),
        ),
        (
            {"input_tokens": 10, "output_tokens": 4, "input_cached_tokens": 8},
            "claude-behind-a-proxy",
            (2, 8, 0, 0, 4, 0),
        ),
    ],
)
def test_conventions(usage: dict[str, Any], model: str, leaves: tuple[int, ...]) -> None:
    counts = counts_of(usage, model)
    assert counts is not None
    assert counts.leaves == leaves
    assert counts.read_tokens == sum(leaves)


@quick
@given(st.sampled_from(FORMS), small, small, small, small)
def test_our_reading_is_that_of_genai_prices(
    form: Callable[..., dict[str, Any]], a: int, b: int, c: int, d: int
) -> None:
    genai_prices = pytest.importorskip("genai_prices")
    value = form(1, a, b, c, d)
    body = value.get("response", value)
    provider, flavor = PROVIDERS[form]
    theirs = genai_prices.extract_usage(body, provider_id=provider, api_flavor=flavor).usage
    (record,) = ledger.records_of(value)
    assert record is not None
    ours = dict(zip(LEAVES, record.counts.leaves, strict=True))
    assert sum(ours[leaf] for leaf in LEAVES[:4]) == theirs.input_tokens
    assert sum(ours[leaf] for leaf in LEAVES[4:]) == theirs.output_tokens
    assert ours["cached_input_tokens"] == theirs.cache_read_tokens
    written = ours["cache_write_5m_tokens"] + ours["cache_write_1h_tokens"]
    assert written == theirs.cache_write_tokens
    assert ours["reasoning_output_tokens"] == theirs.output_reasoning_tokens


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([1], "not a JSON object"),
        ({"model": "gpt-5.2"}, "no token counts"),
        ({"usage": {"input_tokens": -1, "output_tokens": 1}}, "input_tokens = -1 tokens is out"),
        ({"usage": {"input_tokens": 1.5, "output_tokens": 1}}, "1.5 is not a whole number"),
        ({"usage": {"input_tokens": True, "output_tokens": 1}}, "True is not a whole number"),
        ({"usage": {"input_tokens": "9", "output_tokens": 1}}, "'9' is not a whole number"),
        ({"usage": {"prompt_tokens": MAX_COUNT + 1}}, "prompt_tokens = 1e"),
        (
            {
                "usage": {
                    "input_tokens": 5,
                    "output_tokens": 1,
                    "input_tokens_details": {"cached_tokens": 6},
                }
            },
            r"cached \+ written tokens = 6 tokens exceeds input_tokens = 5",
        ),
        (
            {
                "usage": {
                    "input_tokens": 5,
                    "output_tokens": 1,
                    "output_tokens_details": {"reasoning_tokens": 2},
                }
            },
            "reasoning_tokens = 2 tokens exceeds output_tokens = 1",
        ),
        (
            {"usage": {"input_tokens": 5, "input_tokens_details": [1]}},
            "is not an object of counts",
        ),
        ({"type": "message_start", "message": {"usage": {"input_tokens": 5}}}, "piece of a stream"),
        (
            {"created": "soon", "usage": {"input_tokens": 5, "output_tokens": 1}},
            "time = 'soon' is neither",
        ),
        (
            {"created": 1e18, "usage": {"input_tokens": 5, "output_tokens": 1}},
            "is not between 1970 and 2100",
        ),
    ],
)
def test_what_cannot_be_counted_says_why(value: Any, message: str) -> None:
    with pytest.raises(ComputebookError, match=message):
        ledger.records_of(value)


@pytest.mark.parametrize(
    "value",
    [
        {"id": "resp_1", "status": "in_progress", "usage": None},
        {"id": "x", "custom_id": "a", "response": None, "error": {"code": "batch_expired"}},
        {"custom_id": "a", "result": {"type": "errored", "error": {"type": "overloaded"}}},
        {"object": "chat.completion.chunk", "choices": []},
    ],
)
def test_what_billed_nothing_is_no_mistake(value: dict[str, Any]) -> None:
    assert ledger.records_of(value) == [None]


@pytest.mark.parametrize(
    ("value", "tier"),
    [
        ({"service_tier": "default"}, "standard"),
        ({"service_tier": "flex"}, "flex"),
        ({"service_tier": "scale"}, "scale"),
        ({"batch": True}, "batch"),
    ],
)
def test_service_tiers(value: dict[str, Any], tier: str) -> None:
    usage = {"input_tokens": 5, "output_tokens": 1}
    (record,) = ledger.records_of({"model": "gpt-5.2", "usage": usage, **value})
    assert record is not None
    assert record.service_tier == tier


def test_fast_mode_and_data_residency_are_never_billed_as_standard(tmp_path: Path) -> None:
    values = [messages(i, 5, 0, 1, 0) for i in range(2)]
    values[0]["response"]["usage"]["speed"] = "fast"
    values[1]["response"]["usage"]["inference_geo"] = "us"
    found = read_all(tmp_path, values)
    assert found.total_usd == 0
    assert found.tally.rows == found.unpriced()["rows"].sum() == 2


def test_batch_results_are_batch() -> None:
    body = responses(1, 5, 0, 1, 0)
    for value in (
        {"custom_id": "a", "response": {"status_code": 200, "body": body}, "error": None},
        {"custom_id": "a", "result": {"type": "succeeded", "message": body}},
        {"key": "a", "response": gemini(1, 5, 0, 1, 0)},
    ):
        (record,) = ledger.records_of(value)
        assert record is not None
        assert record.service_tier == "batch"


# Money


@quick
@given(rows)
def test_totals_equal_an_independent_calculation(tmp_path: Path, drawn: list[Row]) -> None:
    genai_prices = pytest.importorskip("genai_prices")
    values = answers(drawn)
    found = read_all(tmp_path, values)
    theirs = Decimal(0)
    for (form, *_), value in zip(drawn, values, strict=True):
        provider, flavor = PROVIDERS[form]
        body = value.get("response", value)
        seen = genai_prices.extract_usage(body, provider_id=provider, api_flavor=flavor)
        moment = __import__("datetime").datetime.fromisoformat("2026-01-15T12:00:00+00:00")
        theirs += genai_prices.calc_price(
            seen.usage, seen.model.id, provider_id=provider, genai_request_timestamp=moment
        ).total_price
    assert found.total_usd == theirs
    assert found.balanced
    assert len(found.unpriced()) == 0


@quick
@given(rows, st.randoms())
def test_order_of_lines_does_not_matter(tmp_path: Path, drawn: list[Row], random: Any) -> None:
    values = answers(drawn) * 2
    first = read_all(tmp_path, values, by=("model", "day"))
    random.shuffle(values)
    second = read_all(tmp_path, values, by=("model", "day"), chunk_rows=3)
    assert first.total_usd == second.total_usd
    assert first.totals().equals(second.totals())
    assert first.tally.duplicates == second.tally.duplicates == len(drawn)


@quick
@given(rows, st.integers(0, 12))
def test_a_file_split_in_two_gives_the_same_sums(
    tmp_path: Path, drawn: list[Row], cut: int
) -> None:
    values = answers(drawn)
    whole = read_all(tmp_path, values)
    halves = [
        write(tmp_path / name, part)
        for name, part in (("a.jsonl", values[:cut]), ("b.jsonl", values[cut:]))
    ]
    together = ledger.read(halves)
    apart = [ledger.read(half) for half in halves]
    assert whole.totals().equals(together.totals())
    assert whole.total_usd == sum((half.total_usd for half in apart), Decimal(0))


@quick
@given(
    st.sampled_from(FORMS),
    st.tuples(small, small, small, small),
    st.integers(0, 3),
    st.integers(1, 50_000),
)
def test_cost_rises_with_each_count(
    tmp_path: Path, form: Callable[..., Any], counts: tuple[int, ...], which: int, more: int
) -> None:
    bigger = [n + more * (i == which) for i, n in enumerate(counts)]
    less = read_all(tmp_path, [form(1, *counts)])
    assert read_all(tmp_path, [form(1, *bigger)]).total_usd > less.total_usd


@quick
@given(st.sampled_from((responses, chat, gemini)), small, small, small)
def test_cached_input_never_costs_more(
    tmp_path: Path, form: Callable[..., Any], inputs: int, cached: int, output: int
) -> None:
    plain = read_all(tmp_path, [form(1, inputs + cached, 0, output, 0)])
    assert read_all(tmp_path, [form(1, inputs, cached, output, 0)]).total_usd <= plain.total_usd


@quick
@given(rows)
def test_parts_and_groups_add_up(tmp_path: Path, drawn: list[Row]) -> None:
    found = read_all(tmp_path, answers(drawn), by=("model", "tier"))
    table = found.totals("model")
    parts = [name for name in table.columns if name.endswith("_usd") and name != "cost_usd"]
    assert table[parts].sum(axis=1).to_numpy() == pytest.approx(table["cost_usd"].to_numpy())
    assert table["cost_usd"].sum() == pytest.approx(float(found.total_usd))
    for leaf in LEAVES:
        assert table[leaf].sum() == found.tokens[leaf]


@pytest.mark.parametrize(("inputs", "usd"), [(200_000, "0.412"), (200_001, "0.818004")])
def test_an_exclusive_edge(tmp_path: Path, inputs: int, usd: str) -> None:
    assert read_all(tmp_path, [gemini(1, inputs, 0, 1_000, 0)]).total_usd == Decimal(usd)


@pytest.mark.parametrize(
    ("inputs", "usd"), [(199_999, "0.24999875"), (200_000, "0.5"), (200_001, "0.5000025")]
)
def test_an_inclusive_edge(tmp_path: Path, inputs: int, usd: str) -> None:
    value = {**chat(1, inputs, 0, 0, 0), "model": "grok-4.3", "created": "2026-11-12"}
    assert read_all(tmp_path, [value]).total_usd == Decimal(usd)


def test_each_row_has_the_price_of_its_own_day(tmp_path: Path) -> None:
    usage = {"input_tokens": 0, "output_tokens": 1_000_000}
    values = [
        {"id": str(i), "model": "gpt-5.6-sol", "created_at": f"2026-08-{day}", "usage": usage}
        for i, day in enumerate(("20T23:59:59Z", "21T00:00:00Z", "21T01:00:00+02:00"))
    ]
    found = read_all(tmp_path, values, by=("day",))
    assert found.totals().set_index("day")["cost_usd"].to_dict() == {
        "2026-08-20": 60.0,
        "2026-08-21": 20.0,
    }


def test_peak_hours_cost_their_multiple(tmp_path: Path) -> None:
    usage = {"prompt_tokens": 1_000_000, "completion_tokens": 0}
    moments = ("2026-11-12T06:00:00Z", "2026-11-12T10:00:00Z", "2026-11-14T06:00:00Z", "2026-11-12")
    values = [
        {"id": str(i), "model": "deepseek-v4-pro", "timestamp": m, "usage": usage}
        for i, m in enumerate(moments)
    ]
    costs = [read_all(tmp_path, [value]).total_usd for value in values]
    assert costs == [Decimal("1.32"), Decimal("0.66"), Decimal("0.66"), Decimal("0.66")]
    assert read_all(tmp_path, values).tally.no_hour == 1


def test_tool_calls_are_billed_where_a_fee_is_known(tmp_path: Path) -> None:
    searched = [
        {"type": "web_search_call", "action": {"type": kind}}
        for kind in ("search", "search", "open_page")
    ]
    row = {**responses(1, 0, 0, 0, 0), "output": searched}
    early, late = row, {**row, "id": "resp_2", "created_at": "2026-11-12"}
    found = read_all(tmp_path, [early, late])
    assert found.total_usd == Decimal("0.02")
    summary = found.summary().set_index("quantity")["value"]
    assert summary["tool calls without a known fee"] == 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"model": "gpt-5.2-imaginary"}, "'gpt-5.2-imaginary' has no price card (nearest: gpt-5.2"),
        ({"model": "gpt-4o-2024-05-13"}, "the snapshot of May 2024 cost more"),
        ({"service_tier": "scale"}, "gpt-5.2 has no scale price (known: standard, batch"),
        ({"created_at": "2025-11-01"}, "no standard price of gpt-5.2 on that day (known: 2025-12"),
        ({"created_at": None}, "no date: give one with --on"),
        ({"model": None}, "no model is named"),
    ],
)
def test_rows_without_a_price_keep_their_tokens_and_the_reason(
    tmp_path: Path, change: dict[str, Any], reason: str
) -> None:
    found = read_all(tmp_path, [{**responses(1, 70, 0, 30, 0), **change}])
    assert found.total_usd == 0
    assert found.unpriced()["tokens"].tolist() == [100]
    assert reason in found.unpriced()["reason"][0]
    assert found.balanced


def test_a_batch_price_of_short_prompts_is_not_used_for_long_ones(tmp_path: Path) -> None:
    values = [{"key": str(n), "response": gemini(n, n, 0, 10, 0)} for n in (200_000, 200_001)]
    found = read_all(tmp_path, values)
    assert found.unpriced()["reason"].tolist() == [
        "gemini-3-pro has no batch price known for an input of 200001 tokens or more"
    ]
    assert found.total_usd == Decimal("0.20006")


def test_rows_without_a_date_take_the_one_given(tmp_path: Path) -> None:
    value = {**responses(1, 0, 0, 1_000_000, 0), "created_at": None}
    found = read_all(tmp_path, [value], on="2026-01-15")
    assert found.total_usd == 14
    assert found.tally.undated == 1


def test_the_package_prices_what_the_table_cannot(tmp_path: Path) -> None:
    pytest.importorskip("genai_prices")
    from computebook.price_package import card_from_package

    value = {**responses(1, 1_000_000, 0, 0, 0), "model": "gpt-4.1-mini"}
    assert read_all(tmp_path, [value]).total_usd == 0
    found = read_all(tmp_path, [value], fallback=card_from_package)
    assert found.total_usd == Decimal("0.4")
    assert found.cards()["source"][0].startswith("genai-prices ")


def test_savings_are_upper_bounds(tmp_path: Path) -> None:
    value = {**responses(1, 1_000_000, 1_000_000, 1_000_000, 0), "created_at": "2026-11-12"}
    value["usage"]["input_tokens"] = 2_000_000
    saved = read_all(tmp_path, [value]).savings
    whole = 10**18
    assert saved.cache_saved == saved.cache_bound == whole * 1575 // 1000
    assert saved.batch_bound == whole * (15_925 - 7_962.5) // 1000
    assert saved.batch_known == whole * 15_925 // 1000


def test_every_rate_of_the_table_is_whole_in_the_money_of_the_ledger() -> None:
    for model in datasets.load("api_prices")["model_id"].unique():
        for tier in price_cards.service_tiers(model):
            for period in price_cards.price_periods(model, tier):
                card = period.card.without_cache_discount()
                cheapest = Decimal(repr(card.tiers[0].rates.cached_input_usd_per_mtok))
                exact = offers.atto_per_token(card)[0][LEAVES.index("cached_input_tokens")]
                assert Decimal(exact) == cheapest * 10**12


# Nothing twice, nothing lost


def test_a_response_logged_twice_counts_once_across_files(tmp_path: Path) -> None:
    first = write(tmp_path / "a.jsonl", [responses(1, 5, 0, 5, 0), responses(2, 5, 0, 5, 0)])
    second = write(tmp_path / "b.jsonl", [responses(1, 5, 0, 5, 0)])
    found = ledger.read([first, second])
    assert (found.tally.duplicates, found.tally.duplicate_tokens) == (1, 10)
    assert sum(found.tokens.values()) == 20
    assert found.balanced


def test_one_id_with_two_contents_is_rejected(tmp_path: Path) -> None:
    found = read_all(tmp_path, [responses(1, 5, 0, 5, 0), responses(1, 6, 0, 5, 0)])
    assert str(found.rejects[0]).endswith(":2: id 'resp_1' was counted before with other tokens")
    assert sum(found.tokens.values()) == 10
    assert found.balanced


def test_a_page_of_an_export_that_was_fetched_twice_counts_once(tmp_path: Path) -> None:
    pages = (EXAMPLES / "usage_export.jsonl").read_text(encoding="utf-8").splitlines()
    once = ledger.read(EXAMPLES / "usage_export.jsonl")
    twice = read_all(tmp_path, [json.loads(page) for page in pages * 2])
    assert once.total_usd == twice.total_usd > 0
    assert twice.tally.duplicates == once.tally.rows


def test_identities_stay_right_when_they_move_to_disk() -> None:
    ids = [str(i) for i in range(1_000)]
    with Identities(run_rows=64) as seen:
        for start in range(0, 1_000, 50):
            part = ids[start : start + 50]
            assert not seen.classify(part, part).any()
        assert seen.folder is not None
        folder = Path(seen.folder.name)
        assert (seen.classify(ids, ids) == 1).all()
        assert (seen.classify(ids[:10], ids[1:11]) == 2).all()
    assert not folder.exists()


def test_bad_lines_are_kept_with_their_numbers_and_the_run_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    good = json.dumps(responses(1, 5, 0, 5, 0)).encode()
    bad = [b"{oops", b"\xff\xfe", b'{"usage": {"input_tokens": NaN}}', b"[" * 100_000, b"7"]
    path.write_bytes(b"\n".join([good, *bad, b"", good.replace(b"resp_1", b"resp_2")]))
    kept: list[tuple[int, str]] = []
    found = ledger.read(path, on_reject=lambda line, reason: kept.append((line.number, reason)))
    assert [number for number, _ in kept] == [2, 3, 4, 5, 6]
    for sentence, (_, reason) in zip(
        ("not JSON", "not UTF-8: byte 1", "NaN is not JSON", "nested", "not a JSON obj"),
        kept,
        strict=True,
    ):
        assert sentence in reason
    assert (found.tally.rows, found.tally.rejected, found.tally.blank) == (7, 5, 1)
    assert found.balanced


def test_a_line_without_an_end_cannot_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    with path.open("wb") as stream:
        stream.truncate(3 * MAX_LINE_BYTES)
        stream.seek(0, 2)
        stream.write(b"\n" + json.dumps(responses(1, 5, 0, 5, 0)).encode())
    found = ledger.read(path)
    assert [(r.line, r.reason) for r in found.rejects] == [
        (1, f"longer than {MAX_LINE_BYTES} bytes")
    ]
    assert sum(found.tokens.values()) == 10


def test_gzip_is_told_by_its_bytes_and_a_broken_one_is_said(tmp_path: Path) -> None:
    whole = gzip.compress(
        "".join(json.dumps(responses(i, i, 0, 5, 0)) + "\n" for i in range(2_000)).encode()
    )
    good, cut = tmp_path / "good.jsonl", tmp_path / "cut.jsonl.gz"
    good.write_bytes(whole)
    cut.write_bytes(whole[: len(whole) // 2])
    assert ledger.read(good).tally.rows == 2_000
    found = ledger.read([cut, good])
    assert "the file breaks off here" in found.rejects[0].reason
    assert found.tally.rows - found.tally.rejected - found.tally.duplicates == 2_000


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(copies: int) -> int:
        path = tmp_path / f"{copies}.jsonl"
        padding = "x" * 2_000
        with path.open("w", encoding="utf-8") as stream:
            for i in range(copies):
                row = {**chat(i, i % 5_000, 0, 7, 3), "choices": [{"text": padding}]}
                stream.write(json.dumps(row) + "\n")
        ledger.read(path, chunk_rows=256)
        tracemalloc.start()
        ledger.read(path, chunk_rows=256)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    small_file, large_file = peak(1_000), peak(8_000)
    # Ids take some tens of bytes a row until they move to disk; the rows themselves 18 MB.
    assert large_file - small_file < 2_000_000


KEYS = (
    *("usage", "usageMetadata", "response", "body", "result", "message", "results", "data", "id"),
    *("model", "created", "timestamp", "output", "candidates", "groundingMetadata", "metadata"),
    *("webSearchQueries", "input_tokens", "output_tokens", "prompt_tokens", "promptTokenCount"),
    *("promptTokensDetails", "cache_creation", "server_tool_use", "service_tier", "error", "type"),
    *("prompt_tokens_details", "output_tokens_details", "start_time", "tool_calls", "requests"),
    *("context_window", "request_input_tokens", "modality", "tokenCount", "tags", "inference_geo"),
)
odd_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 10**6)
    | st.floats()
    | st.text(max_size=3)
    | st.just(10**400)
    | st.just("\ud800"),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)
    ),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), odd_values, max_size=8))
def test_no_structure_stops_the_run(value: dict[str, Any]) -> None:
    try:
        found = ledger.records_of(value, tagger(("tag", "tag.team")))
    except ComputebookError:
        return
    for record in filter(None, found):
        assert sum(record.counts.leaves) == record.counts.read_tokens
        (record.model + record.identity + "".join(record.tags)).encode("utf-8")


@pytest.mark.parametrize(
    "text", ['{"usage": {"input_tokens": ' + "9" * 5_000 + "}}", '{"a": 1} {"b": 2}', '"\\q"']
)
def test_odd_json_is_rejected_with_a_reason(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(text, encoding="utf-8")
    found = ledger.read(path)
    assert found.tally.rejected == 1
    assert found.rejects[0].reason.startswith("not JSON")


# Groups


def test_tags_come_from_metadata_wherever_it_stands(tmp_path: Path) -> None:
    values = [
        {**responses(1, 1, 0, 1, 0), "metadata": {"team": "a", "env": "x"}},
        {"tags": {"team": "b"}, **messages(2, 1, 0, 1, 0)},
        {**responses(3, 1, 0, 1, 0), "team": "c"},
        responses(4, 1, 0, 1, 0),
    ]
    found = read_all(tmp_path, values, by=("tag.team", "tag"))
    assert set(found.totals("tag.team")["tag.team"]) == {"a", "b", "c", ""}
    assert "env=x,team=a" in set(found.totals("tag")["tag"])


def test_bad_arguments_are_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [])
    for arguments, message in (
        ({"by": ("modle",)}, "unknown group 'modle': did you mean 'model'"),
        ({"on": "soon"}, "'soon' is not a date"),
    ):
        with pytest.raises(ComputebookError, match=message):
            ledger.read(path, **arguments)
    with pytest.raises(ComputebookError, match=r"none\.jsonl does not exist"):
        ledger.read(tmp_path / "none.jsonl")
    with pytest.raises(ComputebookError, match="is a folder"):
        ledger.read(tmp_path)
    with pytest.raises(ComputebookError, match="unknown group of this ledger 'day'"):
        ledger.read(path).totals("day")


def test_an_empty_file_is_an_empty_ledger(tmp_path: Path) -> None:
    found = read_all(tmp_path, [])
    assert found.total_usd == 0
    assert found.balanced
    assert found.totals().empty
    assert found.summary()["quantity"].is_unique


# The command


def run(*words: str | Path, cwd: Path) -> Any:
    runner = CliRunner()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(cwd)
        return runner.invoke(main, ["ledger", *map(str, words)])


def test_the_examples_reconcile(tmp_path: Path) -> None:
    for name, status in (("openai_responses", 0), ("usage_export", 0), ("gateway_log", 3)):
        done = run(EXAMPLES / f"{name}.jsonl", "--json", cwd=tmp_path)
        assert done.exit_code == status, done.output
        answer = json.loads(done.stdout)
        assert answer["balanced"] is True
        assert Decimal(answer["total_usd"]) > 0


def test_rows_come_out_with_exact_costs_and_can_be_read_again(tmp_path: Path) -> None:
    out = tmp_path / "rows.csv"
    done = run(EXAMPLES / "gateway_log.jsonl", "--out", out, "--csv", cwd=tmp_path)
    assert done.exit_code == 3
    assert "gateway_log.jsonl:18: not JSON" in done.stderr
    entry = json.loads((tmp_path / "rows.rejects.jsonl").read_text(encoding="utf-8"))
    assert (entry["line"], entry["text"][:14]) == (18, '{"timestamp": ')
    with out.open(encoding="utf-8") as stream:
        costs = [Decimal(row["cost_usd"]) for row in csv.DictReader(stream) if row["cost_usd"]]
    first = ledger.read(EXAMPLES / "gateway_log.jsonl")
    assert sum(costs) == first.total_usd
    again = ledger.read(out)
    assert again.total_usd == first.total_usd
    assert again.tokens == first.tokens
    assert {p.name for p in tmp_path.iterdir()} == {"rows.csv", "rows.rejects.jsonl"}


def test_no_rejects_no_file(tmp_path: Path) -> None:
    done = run(EXAMPLES / "openai_responses.jsonl", "--by", "day,tag.team", cwd=tmp_path)
    assert done.exit_code == 0
    assert list(tmp_path.iterdir()) == []
    assert "Total $" in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("none.jsonl",), "none.jsonl does not exist"),
        (("a.jsonl", "--out", "none/rows.csv"), "folder none does not exist: nothing was written"),
        (("a.jsonl", "--out", "a.jsonl"), "a.jsonl is an input"),
        (("a.jsonl", "--by", "modle"), "did you mean 'model'"),
        (("a.jsonl", "--currency", "EUR"), "write it as EUR=0.9"),
        (("a.jsonl", "--on", "soon"), "'soon' is not a date"),
    ],
)
def test_refusals_write_nothing(tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    write(tmp_path / "a.jsonl", [responses(1, 1, 0, 1, 0)])
    done = run(*words, cwd=tmp_path)
    assert done.exit_code == 1
    assert message in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


def test_standard_input_and_a_currency_through_the_real_command(tmp_path: Path) -> None:
    text = "".join(json.dumps(responses(i, 0, 0, 1_000_000, 0)) + "\n" for i in range(2))
    words = [COMMAND, "ledger", "-", "--csv", "--currency", "EUR=0.5"]
    done = subprocess.run(
        words, input=text, capture_output=True, text=True, timeout=60, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr
    (row,) = csv.DictReader(done.stdout.splitlines())
    assert (float(row["cost_usd"]), float(row["cost_eur"])) == (28.0, 14.0)


def test_an_interrupt_leaves_nothing_half_written(tmp_path: Path) -> None:
    words = [COMMAND, "ledger", "-", "--out", "rows.csv"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path) as on:
        assert on.stdin is not None
        for i in range(20_000):
            on.stdin.write(json.dumps(responses(i, 1, 0, 1, 0)).encode() + b"\nbad\n")
        on.stdin.flush()
        for _ in range(600):
            if any(tmp_path.iterdir()):
                break
            time.sleep(0.1)
        assert any(tmp_path.iterdir()), "a draft should be under way"
        on.send_signal(signal.SIGINT)
        assert on.wait(timeout=60) == 1
    assert list(tmp_path.iterdir()) == []
