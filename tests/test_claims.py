"""The article's claims: complete, evidenced, and recomputed wherever that is possible."""

import math
import re

import pandas as pd
import pytest

from computebook import claims, datasets
from computebook.claim_checks import CHECKS, Claim, parse_arguments, printed_tolerance, run_check
from computebook.claim_checks import prices as price_checks
from computebook.errors import ComputebookError

#: The article's tables, typed from its text and not from our data: header, then rows.
PRINTED = {
    1: """
        | GPT-5.2 Pro | GPT-5.2 Thinking | Claude Opus 4.5 | Gemini 3 Pro
        ARC-AGI-1 (Verified) | 90.0% | 87.0% | 82.3% | 84.1%
        ARC-AGI-2 (Verified) | 54.2% | 52.9% | 37.6% | 45.1%
        GPQA Diamond | 93.2% | 92.4% | 87.0% | 91.9%
    """,
    2: """
        | GPT-5.2 Thinking | GPT-5.1 | Improvement
        AIME 2025 | 100% | 89% | +11 points
        FrontierMath (Tiers 1-3) | 40.3% | 31.0% | +9.3 points
    """,
    3: """
        | GPT-5.2 | Claude Opus 4.5 | Gap
        SWE-Bench Verified | 80.0% | 80.9% | -0.9
        SWE-Bench Pro | 55.6% | 54.0% | +1.6
        Terminal-Bench 2.0 | 54.0% | 59.3% | -5.3
    """,
    4: """
        | GPT-5.2 | GPT-4 Turbo | Multiplier
        Context window | 400,000 tokens | 128,000 tokens | 3.1x
        Maximum output | 128,000 tokens | 4,000 tokens | 32x
        Effective KV cache | ~12.8 billion elements | ~4.1 billion elements | 3.1x
    """,
    5: """
        | Recommended GPU | Memory | Bandwidth | Notes
        Short context (<32K) | H100 80GB | 80GB HBM3 | 3.35 TB/s \
            | Cost-effective choice for standard queries
        Medium context (32K-100K) | H200 141GB | 141GB HBM3e | 4.8 TB/s \
            | 76% more memory, same 700W TDP
        Long context (100K-400K) | B200 192GB | 192GB HBM3e | 8.0 TB/s \
            | Required for full context utilisation
        Multi-tenant inference | GB200 NVL72 | 13.5TB total | 576 TB/s | 72-GPU unified memory pool
    """,
    6: """
        | Capacity | GPU generation | Dedicated user
        Wisconsin (Fairwater) | ~300MW GPU building | GB200 | OpenAI exclusive
        Georgia (QTS) | ~300MW GPU building | GB200 | OpenAI exclusive
        Arizona (4 buildings) | ~130,000 GPUs total | H100, H200, GB200 | OpenAI primary
    """,
    8: """
        | Training performance vs Hopper | Price-performance
        GB200 NVL72 | 3x faster | ~2x better
        GB300 NVL72 | 4x faster | TBD
    """,
    9: """
        | Input tokens | Output tokens | Cached input
        GPT-5.2 (all variants) | $1.75/million | $14.00/million | $0.175/million
        GPT-5 (comparison) | $1.25/million | $10.00/million | $0.125/million
        Batch API | $0.875/million | $7.00/million | -
    """,
    10: """
        | Visible output | Reasoning tokens | True output cost
        Simple factual | 500 tokens | 200 tokens | $0.0098
        Multi-step analysis | 2,000 tokens | 8,000 tokens | $0.14
        Extended reasoning | 5,000 tokens | 50,000 tokens | $0.77
    """,
    11: """
        | GPT-5.2/ChatGPT | Gemini | Claude
        Market share (January 2026) | ~68% | ~18% | ~8%
        Market share (July 2025) | ~87% | ~5% | ~4%
        Primary strength | Abstract reasoning | Long-context processing | Software engineering
        Annual enterprise cost | ~$56,500 | ~$70,000 | ~$150,000
    """,
    12: """
        | Leader | Score (leader) | Runner-up | Score (runner-up)
        Abstract reasoning (ARC-AGI-2) | GPT-5.2 Pro | 54.2% | Gemini 3 Deep Think | 45.1%
        PhD-level science (GPQA) | GPT-5.2 Pro | 93.2% | Gemini 3 Pro | 91.9%
        Software engineering (SWE-Bench Verified) | Claude Opus 4.5 | 80.9% | GPT-5.2 | 80.0%
        Long context (LongBench v2) | Gemini 3 Pro | 68.2% | GPT-5.2 | 54.5%
        Mathematics (AIME 2025) | GPT-5.2 | 100% | Kimi K2.5 | 96.1%
    """,
    13: """
        | Context window | Recommended minimum bandwidth | GPU tier
        GPT-5.2 (full context) | 400K | 8.0 TB/s | B200/GB200
        Claude Opus 4.5 | 200K | 4.8 TB/s | H200/B200
        Gemini 3 Pro | 1M | 8.0+ TB/s | B200/GB200
    """,
    14: """
        | TDP | Cooling requirement | Power per 400K-context query
        H100 | 700W | Air cooling viable | High (memory-limited)
        H200 | 700W | Air cooling viable | Medium
        B200 | 1000W | Liquid cooling recommended | Optimal
    """,
}
UNDATED_NOTES = {7, 11, 13, 19}


def table_from_text(text: str) -> pd.DataFrame:
    """Return the table that lines of cells between bars spell out."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    header, rows = lines[0][1:], lines[1:]
    return pd.DataFrame([row[1:] for row in rows], index=[row[0] for row in rows], columns=header)


@pytest.fixture(scope="module")
def every_claim() -> pd.DataFrame:
    return claims.load_claims()


@pytest.fixture(scope="module")
def checked() -> pd.DataFrame:
    return claims.run_checks().set_index("claim_id")


@pytest.mark.parametrize("number", PRINTED)
def test_a_table_comes_back_as_the_article_prints_it(number: int) -> None:
    expected = table_from_text(PRINTED[number])
    pd.testing.assert_frame_equal(
        claims.article_table(number, "printed"), expected, check_dtype=False, check_index_type=False
    )


def test_the_deal_of_the_running_text_becomes_a_table() -> None:
    deal = claims.article_table(7, "printed").loc["OpenAI - AWS"]
    assert deal.tolist()[:3] == ["$38 billion", "seven years", "2025-2031"]
    assert deal["Signed"] == "November 3, 2025"


def test_takeaways_keep_their_three_readers() -> None:
    readers = claims.article_table(15).index
    assert list(dict.fromkeys(readers)) == [
        "For infrastructure planners",
        "For operations teams",
        "For strategic decision-makers",
    ]
    printed = " ".join(claims.article_table(15, "printed")["Takeaway"])
    assert all(number in printed for number in ("400K", "32x", "10x", "87%", "68%", "H200", "B200"))


def test_every_dated_reference_is_a_claim() -> None:
    notes = {int(label) for label in claims.article_table(16).index}
    assert notes == set(range(1, 41)) - UNDATED_NOTES


def test_numbers_of_the_running_text_are_registered(every_claim: pd.DataFrame) -> None:
    prose = " ".join(every_claim.loc[every_claim["article_table"] == claims.PROSE, "value_text"])
    for printed in (
        "Ninety", "40.3%", "400,000", "128,000", "93.2%", "55.6%", "3x", "5x", "52.9%", "17.6%",
        "four programming", "8 TB/s", "150,000", "200,000", "40%", "$0.175", "10x", "$14.00",
        "87%", "68%", "1M", "1000W", "nearly 2x", "December 11, 2025",
    ):  # fmt: skip
        assert printed in prose, printed


def test_a_differing_cell_shows_both_values_and_the_verdict() -> None:
    table = claims.article_table(1)
    assert table.loc["ARC-AGI-1 (Verified)", "GPT-5.2 Thinking"] == "87.0% -> 86.2% (contradicted)"
    assert table.loc["GPQA Diamond", "GPT-5.2 Pro"] == "93.2%"
    kv = claims.article_table(4).loc["Effective KV cache", "GPT-5.2"]
    assert kv == "~12.8 billion elements (unverified)"


def test_a_compact_cell_ends_in_one_sign() -> None:
    cells = claims.article_table(4, compact=True).to_numpy().ravel()
    assert {cell[-1] for cell in cells} <= set(claims.MARKS.values())


@pytest.mark.parametrize("show", ["ours", "verdict"])
def test_every_cell_has_our_value_and_a_verdict(show: str) -> None:
    for number in PRINTED:
        assert (claims.article_table(number, show) != "").to_numpy().all(), number


def test_an_unknown_table_is_named() -> None:
    with pytest.raises(ComputebookError, match=r"article_table = 17"):
        claims.article_table(17)
    with pytest.raises(ComputebookError, match="did you mean 'compared'"):
        claims.article_table(1, "compare")


def test_verdicts_add_up(every_claim: pd.DataFrame) -> None:
    counts = claims.verdict_counts()
    assert counts.loc["all", "claims"] == len(every_claim)
    assert list(counts.columns) == [*claims.VERDICTS, "claims"]
    assert claims.verdict_counts("chapter").loc["all"].equals(counts.loc["all"])
    with pytest.raises(ComputebookError, match="did you mean 'chapter'"):
        claims.verdict_counts("chapters")


def test_every_claim_belongs_to_one_chapter(every_claim: pd.DataFrame) -> None:
    total = sum(len(claims.by_chapter(chapter)) for chapter in set(every_claim["chapter"]))
    assert total == len(every_claim)
    with pytest.raises(ComputebookError, match="unknown chapter 'gpu'"):
        claims.by_chapter("gpu")


def test_every_verdict_has_evidence(every_claim: pd.DataFrame) -> None:
    words = every_claim["evidence"].str.split().str.len()
    assert every_claim.loc[words < 4, "claim_id"].tolist() == []
    assert not every_claim["evidence"].str.contains(r"\bTODO\b|\?\?", regex=True).any()


def test_confirmed_means_evidence_beyond_the_article(every_claim: pd.DataFrame) -> None:
    confirmed = every_claim[every_claim["verdict"] == "confirmed"]
    assert (confirmed["verification"] != "unverified").all()
    assert (confirmed["source_key"] != "introl2026gpt52analysis").all()


def test_contradicted_and_imprecise_claims_show_another_value(every_claim: pd.DataFrame) -> None:
    corrected = every_claim[every_claim["verdict"].isin(["contradicted", "imprecise"])]
    same = corrected["our_value_text"] == corrected["value_text"]
    assert corrected.loc[same, "claim_id"].tolist() == []


def test_only_the_article_supports_nothing_but_unverified_or_its_own_text(
    every_claim: pd.DataFrame,
) -> None:
    alone = every_claim[every_claim["source_key"] == "introl2026gpt52analysis"]
    assert set(alone["verdict"]) <= {"unverified", "inconsistent", "imprecise"}
    imprecise = alone.loc[alone["verdict"] == "imprecise", "claim_id"].tolist()
    assert imprecise == ["p.references.count"]


def test_ranges_hold_our_value(every_claim: pd.DataFrame) -> None:
    known = every_claim.dropna(subset=["our_low", "our_high"])
    assert (known["our_low"] <= known["our_high"]).all()
    ours = known["our_value"].fillna(known["our_low"])
    assert ((known["our_low"] <= ours) & (ours <= known["our_high"])).all()


def test_the_kv_row_is_a_range_over_open_models(checked: pd.DataFrame) -> None:
    claim = claims.load_claims().set_index("claim_id").loc["t04.kv-cache.gpt-5.2"]
    assert claim["our_low"] / 400_000 == 18_432
    assert claim["our_high"] / 400_000 == 258_048
    sentence = checked.loc["t04.kv-cache.gpt-5.2", "sentence"]
    low, high = (float(n.replace(",", "")) for n in re.findall(r"([\d,]{10,})", sentence))
    assert low == pytest.approx(claim["our_low"], rel=1e-3)
    assert high == pytest.approx(claim["our_high"], rel=1e-3)


def test_no_verdict_contradicts_its_check(checked: pd.DataFrame) -> None:
    wrong = checked[~checked["consistent_with_verdict"]]
    assert wrong["sentence"].to_dict() == {}


def test_our_values_are_the_computed_ones(checked: pd.DataFrame) -> None:
    wrong = checked[~checked["consistent_with_ours"]]
    assert wrong["sentence"].to_dict() == {}


def test_most_numbers_are_recomputed(every_claim: pd.DataFrame, checked: pd.DataFrame) -> None:
    numeric = every_claim["value"].notna()
    assert len(checked) >= 150
    assert checked["article_value"].notna().sum() / numeric.sum() > 0.75


def test_checks_and_claims_name_each_other(every_claim: pd.DataFrame) -> None:
    assert set(every_claim["check"]) - {""} == set(CHECKS)


@pytest.mark.parametrize(
    ("claim_id", "computed"),
    [
        ("summary.arc-agi-2", 3.00),
        ("t04.context-window.multiplier", 3.125),
        ("t04.maximum-output.multiplier", 31.25),
        ("t05.medium.notes", 76.25),
        ("t05.multi-tenant.memory", 13.392),
        ("t05.multi-tenant.bandwidth", 576),
        ("t06.wisconsin.capacity", 291.67),
        ("t08.gb200.performance", 3.17),
        ("t08.gb300.performance", 4.17),
        ("api.price-rise", 40.0),
        ("t11.cost.chatgpt", 78_750),
        ("t11.cost.gemini", 70_000),
        ("training.homes", 243_500),
        ("references.count", 37),
    ],
)
def test_published_cases(checked: pd.DataFrame, claim_id: str, computed: float) -> None:
    key = claim_id if claim_id.startswith(("t0", "t1")) else f"p.{claim_id}"
    assert checked.loc[key, "computed_value"] == pytest.approx(computed, rel=2e-3)


def test_the_cost_row_implies_five_billion_tokens_each_way() -> None:
    assert price_checks.implied_mtok() == pytest.approx((5_000, 5_000))


@pytest.mark.parametrize(
    ("text", "value", "tolerance"),
    [
        ("87.0%", 87.0, 0.05),
        ("3x faster", 3.0, 0.5),
        ("~300MW GPU building", 300.0, 50.0),
        ("approximately 150,000", 150_000.0, 5_000.0),
        ("200,000 American homes", 200_000.0, 0.5),
        ("~12.8 billion elements", 12.8e9, 0.05e9),
        ("$38 billion", 38e9, 0.5e9),
        ("1M", 1e6, 0.5e6),
        ("-0.9", -0.9, 0.05),
        ("$0.0098", 0.0098, 0.00005),
        ("seven years", 7.0, 0.5),
    ],
)
def test_print_implies_its_rounding(text: str, value: float, tolerance: float) -> None:
    assert printed_tolerance(text, value) == pytest.approx(tolerance)


def test_a_check_must_exist_and_fit_its_arguments() -> None:
    with pytest.raises(ComputebookError, match="did you mean 'price_rise'"):
        run_check("price_ris", Claim("x"))
    with pytest.raises(ComputebookError, match=r"claim x: check price_rise: missing .*'against'"):
        run_check("price_rise", Claim("x", arguments={"model": "gpt-5.2"}))
    with pytest.raises(ComputebookError, match="'model' is not of the form name=value"):
        parse_arguments("model")
    misspelt = Claim("x", "700W", 700.0, "w", {"accelerator": "h10-sxm", "field": "tdp_w"})
    with pytest.raises(ComputebookError, match="did you mean 'h100-sxm'"):
        run_check("accelerator_field", misspelt)


def test_a_missing_record_is_no_agreement() -> None:
    arguments = {"benchmark": "frontiermath-t1-3", "model": "gpt-5.2-pro"}
    result = run_check("benchmark_score", Claim("x", "40.3%", 40.3, "percent", arguments))
    assert not result.agrees
    assert math.isnan(float(result.value))
    assert result.sentence.endswith("nothing recorded")


def test_footnotes_are_forty_notes_on_thirty_seven_pages() -> None:
    notes = datasets.load("footnotes")
    assert notes["footnote"].tolist() == list(range(1, 41))
    assert notes["url"].nunique() == 37
    twins = notes.dropna(subset=["duplicate_of"]).set_index("footnote")["duplicate_of"]
    assert twins.astype(int).to_dict() == {6: 4, 11: 7, 18: 15}
    by_number = notes.set_index("footnote")["url"]
    assert all(by_number[note] == by_number[first] for note, first in twins.astype(int).items())


def test_fifteen_notes_are_cited() -> None:
    notes = datasets.load("footnotes").set_index("footnote")
    cited = {1, 2, 3, 4, 5, 6, 7, 10, 11, 15, 16, 17, 18, 19, 20}
    assert set(notes.index[notes["cited_in_body"]]) == cited
    assert set(notes.index[notes["citations_in_text"] > 0]) == cited
    assert set(notes.index[notes["own_post"]]) == {14, 34}


def test_claims_cite_notes_that_exist(every_claim: pd.DataFrame) -> None:
    notes = datasets.load("footnotes").set_index("footnote")["source_key"]
    for row in every_claim.to_dict("records"):
        cited = [int(note) for note in row["article_footnotes"].split("|") if note]
        keys = [notes[note] for note in cited]
        expected = keys[0] if keys else "introl2026gpt52analysis"
        assert row["article_source_key"] == expected, row["claim_id"]
