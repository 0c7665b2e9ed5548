"""The article's claims: each with a verdict, the evidence and our value.

Every table of the article comes back in its own shape, with the correction beside a cell that
the evidence contradicts. Where a claim can be computed, `run_checks` computes it from the data
and the models and says whether the verdict stands.

Verdicts: *confirmed* by independent or primary evidence; *imprecise*, right in kind but not as
worded or rounded; *contradicted* by evidence; *inconsistent* with the article itself;
*unverified*, no evidence found either way.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import pandas as pd

from computebook import datasets, errors
from computebook.claim_checks import CHECKS, CheckResult, Claim, parse_arguments, run_check

__all__ = [
    "CHECKS",
    "MARKS",
    "PROSE",
    "VERDICTS",
    "article_table",
    "by_chapter",
    "claims_of_table",
    "legend",
    "load_claims",
    "run_checks",
    "verdict_counts",
]

VERDICTS = ("confirmed", "imprecise", "contradicted", "inconsistent", "unverified")
#: One plain character a verdict, for narrow tables.
MARKS = {
    "confirmed": "✓",
    "imprecise": "≈",
    "contradicted": "✗",
    "inconsistent": "≠",
    "unverified": "?",
}
MEANINGS = {
    "confirmed": "confirmed by independent or primary evidence",
    "imprecise": "right in kind, not as worded or rounded",
    "contradicted": "contradicted by evidence",
    "inconsistent": "inconsistent with the article itself",
    "unverified": "no evidence found either way",
}
#: Table number of a claim that stands in the running text.
PROSE = 0
LAST_TABLE = 16
SHOWS = ("compared", "printed", "ours", "verdict")
#: A rounding or a wording may be this far from the computed value; beyond it, it is an error.
IMPRECISE_FRACTION = 0.25
#: Our value is stated to three significant digits or better.
OUR_ROUNDING_FRACTION = 0.005


def load_claims() -> pd.DataFrame:
    """Return every claim of the article with verdict, evidence, our value and source.

    Examples
    --------
    >>> claims = load_claims().set_index("claim_id")
    >>> claims.at["t01.arc-agi-1.gpt-5.2", "verdict"]
    'contradicted'
    """
    return datasets.load("claims")


def claims_of_table(number: int) -> pd.DataFrame:
    """Return the claims of one table of the article, a row each: the long form.

    Parameters
    ----------
    number : int
        1 to 16 in the article's order (15 the takeaways, 16 the references); 0 for its prose.

    Raises
    ------
    ComputebookError
        If the article has no such table.

    Examples
    --------
    >>> claims_of_table(1)["value_text"].tolist()[:4]
    ['90.0%', '87.0%', '82.3%', '84.1%']
    """
    claims = load_claims()
    chosen = claims[claims["article_table"] == number]
    if chosen.empty:
        raise errors.out_of_bounds("article_table", number, "", PROSE, LAST_TABLE)
    return chosen.sort_values(["section", "row_number", "column_number"], kind="stable")


def _compared(row: Mapping[Hashable, Any], compact: bool) -> str:
    """Return a cell as printed, our value if it differs, and the verdict unless confirmed."""
    verdict = str(row["verdict"])
    if verdict == "confirmed":
        return f"{row['value_text']} {MARKS[verdict]}" if compact else str(row["value_text"])
    settled = verdict != "unverified" and row["our_value_text"]
    ours = f" -> {row['our_value_text']}" if settled else ""
    mark = MARKS[verdict] if compact else f"({verdict})"
    return f"{row['value_text']}{ours} {mark}"


def _cell(row: Mapping[Hashable, Any], show: str, compact: bool) -> str:
    if show == "compared":
        return _compared(row, compact)
    return str(row[{"printed": "value_text", "ours": "our_value_text", "verdict": "verdict"}[show]])


def _unique_labels(labels: Iterable[str]) -> list[str]:
    """Return column labels in which a repeated one names the column it belongs to."""
    known = list(labels)
    repeated = {label for label in known if known.count(label) > 1}
    return [
        f"{label} ({known[place - 1].lower()})" if label in repeated and place else label
        for place, label in enumerate(known)
    ]


def article_table(number: int, show: str = "compared", *, compact: bool = False) -> pd.DataFrame:
    """Return one table of the article in its own shape, with what became of each cell.

    Parameters
    ----------
    number : int
        1 to 16, in the article's order.
    show : {"compared", "printed", "ours", "verdict"}, default "compared"
        What a cell holds. "compared": the printed value, ``-> ours`` where they differ and the
        verdict in brackets; a bare value is confirmed.
    compact : bool, default False
        Whether "compared" ends in a sign of `MARKS` instead of the verdict in words.

    Returns
    -------
    DataFrame
        The article's columns; its row labels as index. Of two columns with one label (the scores
        of table 12) each names the column that it belongs to.

    Raises
    ------
    ComputebookError
        If the article has no such table, or `show` is not one of the four.

    Examples
    --------
    >>> article_table(1).at["ARC-AGI-1 (Verified)", "GPT-5.2 Thinking"]
    '87.0% -> 86.2% (contradicted)'
    >>> article_table(1, compact=True).at["ARC-AGI-2 (Verified)", "GPT-5.2 Thinking"]
    '52.9% ✓'
    """
    errors.require_known("show", show, SHOWS)
    if number == PROSE:
        raise errors.out_of_bounds("article_table", number, "", 1, LAST_TABLE)
    claims = claims_of_table(number)
    cells = [_cell(row, show, compact) for row in claims.to_dict("records")]
    wide = claims.assign(cell=cells).pivot_table(
        index=["row_number", "row_label"], columns="column_number", values="cell", aggfunc="first"
    )
    labels = claims.drop_duplicates("column_number").sort_values("column_number")["column_label"]
    wide.columns = pd.Index(_unique_labels(labels))
    return wide.droplevel("row_number").rename_axis(None).fillna("")


def legend() -> pd.DataFrame:
    """Return the verdicts with their sign and meaning.

    Examples
    --------
    >>> legend().set_index("verdict").at["contradicted", "sign"]
    '✗'
    """
    rows = [(name, MARKS[name], MEANINGS[name]) for name in VERDICTS]
    return pd.DataFrame(rows, columns=["verdict", "sign", "meaning"])


def verdict_counts(by: str = "article_table") -> pd.DataFrame:
    """Return how many claims have each verdict.

    Parameters
    ----------
    by : str, default "article_table"
        Column of the claims to group by: `article_table`, `chapter`, `basis`, ...

    Returns
    -------
    DataFrame
        One row per group with a column per verdict, in the order of `VERDICTS`, and `claims`,
        their sum; the last row, "all", holds the totals.

    Raises
    ------
    ComputebookError
        If the claims have no such column.

    Examples
    --------
    >>> counts = verdict_counts("chapter")
    >>> bool(counts.loc["all", "claims"] == len(load_claims()))
    True
    """
    claims = load_claims()
    errors.require_known("column of claims", by, claims.columns)
    counts = pd.crosstab(claims[by], claims["verdict"])
    counts = counts.reindex(columns=list(VERDICTS), fill_value=0).rename_axis(columns=None)
    counts.loc["all"] = counts.sum()
    return counts.assign(claims=counts.sum(axis=1))


def by_chapter(chapter: str) -> pd.DataFrame:
    """Return the claims that one chapter answers, in the article's order.

    Parameters
    ----------
    chapter : str
        Name of the chapter, ``gpu_sizing`` say.

    Raises
    ------
    ComputebookError
        If no claim belongs to it.

    Examples
    --------
    >>> set(by_chapter("api_economics")["article_table"]) == {0, 9, 10}
    True
    """
    claims = load_claims()
    errors.require_known("chapter", chapter, set(claims["chapter"]))
    return claims[claims["chapter"] == chapter]


def _claim(row: Mapping[Hashable, Any]) -> Claim:
    return Claim(
        claim_id=row["claim_id"],
        value_text=row["value_text"],
        value=row["value"],
        unit=row["unit"],
        arguments=parse_arguments(row["check_arguments"]),
    )


def _supports(verdict: str, claim: Claim, result: CheckResult) -> bool:
    """Return whether a verdict can stand beside what its check found.

    A confirmed value agrees; a contradicted or inconsistent one does not; an imprecise one agrees
    in number and errs in wording, or is off by a rounding. Unverified claims rest on what nobody
    publishes, so a computation cannot refute the verdict.
    """
    if verdict == "confirmed":
        return result.agrees
    if verdict in {"contradicted", "inconsistent"}:
        return not result.agrees
    number = isinstance(result.value, float) and not math.isnan(claim.value)
    if verdict == "imprecise" and number and not result.agrees:
        return abs(claim.value / float(result.value) - 1) <= IMPRECISE_FRACTION
    return True


def _supports_ours(row: Mapping[Hashable, Any], result: CheckResult) -> bool:
    """Return whether our value in the table is the computed one, within its rounding."""
    if isinstance(result.value, str) or math.isnan(row["our_value"]) or math.isnan(result.value):
        return True
    ours = [row[name] for name in ("our_low", "our_value", "our_high")]
    known = [value for value in ours if not math.isnan(value)]
    slack = OUR_ROUNDING_FRACTION * max(abs(value) for value in known)
    return bool(min(known) - slack <= result.value <= max(known) + slack)


def _checked(row: Mapping[Hashable, Any]) -> dict[str, Any]:
    claim = _claim(row)
    result = run_check(row["check"], claim)
    numeric = isinstance(result.value, float)
    return {
        "claim_id": row["claim_id"],
        "check": row["check"],
        "article_text": row["value_text"],
        "article_value": row["value"],
        "computed_value": result.value if numeric else math.nan,
        "computed_text": "" if numeric else result.value,
        "unit": result.unit,
        "tolerance": result.tolerance,
        "agrees": result.agrees,
        "verdict": row["verdict"],
        "consistent_with_verdict": _supports(row["verdict"], claim, result),
        "consistent_with_ours": _supports_ours(row, result),
        "sentence": result.sentence,
    }


def run_checks() -> pd.DataFrame:
    """Return every computable claim with the value that data and models give for it.

    Returns
    -------
    DataFrame
        One row per claim with a check: `claim_id`, `check`, `article_text`, `article_value`,
        `computed_value` or `computed_text`, `unit`, `tolerance` (half of the last printed
        digit), `agrees`, `verdict`, `consistent_with_verdict`, `consistent_with_ours`,
        `sentence`.

    Raises
    ------
    ComputebookError
        If a claim names a check that does not exist, or hands it the wrong arguments.

    Examples
    --------
    >>> bool(run_checks()["consistent_with_verdict"].all())
    True
    """
    claims = load_claims()
    return pd.DataFrame(_checked(row) for row in claims[claims["check"] != ""].to_dict("records"))
