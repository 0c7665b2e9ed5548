"""The source audit: each number of the article, its verdict, the evidence, our value."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from computebook import claims, datasets
from computebook.parameters import Parameter

#: Headings of the report's chapters, in its order.
CHAPTERS = {
    "benchmarks": "Benchmarks",
    "gpu_sizing": "GPU sizing",
    "training_clusters": "Training clusters",
    "api_economics": "API economics",
    "competition": "Competition",
    "infrastructure_planning": "Infrastructure planning",
    "source_audit": "References",
}

CLAIMS_CAPTION = "Claims answered in the chapter that do not hold as printed."
CLAIM_COLUMNS = {
    "statement": "Claim",
    "where": "Where",
    "our_value_text": "Ours",
    "verdict": "Verdict",
    "evidence": "Evidence",
    "source_key": "Source",
}
CLAIM_FORMATS = {"Verdict": "verdict", "Source": "cite"}
REFERENCE_COLUMNS = {
    "number": "No.",
    "printed_author": "Author",
    "printed_title": "Title",
    "printed_date": "Printed date",
    "published": "Published",
    "cited_in_body": "Cited",
    "repeats": "Repeats",
    "read": "Read",
    "source_key": "Entry",
}
VERDICT_COLUMNS = {"chapter": "Chapter"} | {v: v.capitalize() for v in claims.VERDICTS}
VERDICT_COLUMNS |= {"claims": "All"}

PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        "verdicts_listed",
        "list",
        "",
        ["contradicted", "inconsistent", "imprecise"],
        choices=claims.VERDICTS,
        meaning="Verdicts whose claims are listed one by one.",
    ),
    Parameter(
        "least_deviation_fraction",
        "float",
        "",
        0.0,
        0.0,
        10.0,
        meaning="Smallest relative deviation from our value that the deviation chart shows.",
    ),
    Parameter(
        "deviations_shown",
        "int",
        "claims",
        20,
        3,
        60,
        meaning="Most claims that the deviation chart shows.",
    ),
)


@dataclass(frozen=True)
class Headline:
    """What the audit found, in counts.

    Attributes
    ----------
    claims, confirmed, wrong, unverified : int
        All claims; those confirmed; contradicted or inconsistent; without evidence either way.
    computed, agreeing : int
        Claims that a check computes, and those where it agrees with the printed value.
    references, addresses, cited, unread : int
        Entries of the reference list, distinct addresses among them, entries that the text cites,
        and entries that could not be read at all.
    """

    claims: int
    confirmed: int
    wrong: int
    unverified: int
    computed: int
    agreeing: int
    references: int
    addresses: int
    cited: int
    unread: int


def headline() -> Headline:
    """Return the counts of the audit.

    Examples
    --------
    >>> headline().references, headline().addresses
    (40, 37)
    """
    verdicts = claims.load_claims()["verdict"]
    checks, notes = claims.run_checks(), datasets.load("footnotes")
    return Headline(
        claims=len(verdicts),
        confirmed=int((verdicts == "confirmed").sum()),
        wrong=int(verdicts.isin(["contradicted", "inconsistent"]).sum()),
        unverified=int((verdicts == "unverified").sum()),
        computed=len(checks),
        agreeing=int(checks["agrees"].sum()),
        references=len(notes),
        addresses=notes["url"].nunique(),
        cited=int(notes["cited_in_body"].sum()),
        unread=int((notes["read"] == "not-read").sum()),
    )


def verdicts_by_chapter() -> pd.DataFrame:
    """Return the number of claims by chapter and verdict, one row each pair."""
    counts = claims.verdict_counts("chapter").drop(index="all", columns="claims")
    long = counts.reset_index().melt("chapter", var_name="verdict", value_name="claims")
    long["chapter"] = long["chapter"].map(CHAPTERS)
    order = list(CHAPTERS.values())
    return long.sort_values(
        "chapter", key=lambda column: column.map(order.index), kind="stable"
    ).reset_index(drop=True)


def verdict_table() -> pd.DataFrame:
    """Return the number of claims by chapter, a column per verdict, with the total."""
    counts = claims.verdict_counts("chapter").reset_index()
    counts["chapter"] = counts["chapter"].map(CHAPTERS | {"all": "All"})
    order = [*CHAPTERS.values(), "All"]
    return counts.sort_values("chapter", key=lambda column: column.map(order.index))


def deviations(least_deviation_fraction: float, deviations_shown: int) -> pd.DataFrame:
    """Return the claims whose printed number is farthest from ours, as ratios.

    Parameters
    ----------
    least_deviation_fraction : float
        Smallest relative deviation shown, 0 to 10.
    deviations_shown : int
        Most rows returned, 3 to 60.

    Returns
    -------
    DataFrame
        Statement, printed and our value, and `ratio`, printed over ours.
    """
    rows = claims.load_claims()
    numeric = rows.dropna(subset=["value", "our_value"])
    comparable = (numeric["our_value"] > 0) & ~numeric["verdict"].isin(["confirmed", "unverified"])
    numeric = numeric[comparable & (numeric["unit"] != "date")]
    ratio = numeric["value"] / numeric["our_value"]
    shown = numeric.assign(ratio=ratio, deviation=(ratio - 1).abs())
    shown = shown[shown["deviation"] > max(least_deviation_fraction, 1e-9)]
    farthest = shown.sort_values("deviation", ascending=False, kind="stable")
    return farthest.drop_duplicates("statement").head(deviations_shown)


def claims_with(verdicts: list[str], chapter: str) -> pd.DataFrame:
    """Return the claims of one chapter that have one of the verdicts.

    Parameters
    ----------
    verdicts : list of str
        Verdicts to keep.
    chapter : str
        Chapter that answers the claims.
    """
    rows = claims.by_chapter(chapter)
    kept = rows[rows["verdict"].isin(verdicts)].copy()
    kept["where"] = kept["article_table"].map(lambda n: f"table {n}" if n else "text")
    return kept[
        ["statement", "where", "value_text", "our_value_text", "verdict", "evidence", "source_key"]
    ]


def checks() -> pd.DataFrame:
    """Return one row per kind of check: how many claims it computes, and how many agree."""
    grouped = claims.run_checks().groupby("check", sort=True)
    return grouped.agg(
        claims=("claim_id", "size"),
        agree=("agrees", "sum"),
        consistent=("consistent_with_verdict", "sum"),
    ).reset_index()


def references() -> pd.DataFrame:
    """Return the article's reference list with what became of each entry."""
    notes = datasets.load("footnotes")
    notes["number"] = notes["footnote"].astype(str)
    notes["published"] = notes["published_on"].dt.strftime("%Y-%m-%d").fillna("")
    notes["repeats"] = notes["duplicate_of"].map(lambda n: "" if pd.isna(n) else f"{n:.0f}")
    return notes[
        [
            *("number", "printed_author", "printed_title", "printed_date", "published"),
            *("cited_in_body", "repeats", "read", "source_key"),
        ]
    ]
