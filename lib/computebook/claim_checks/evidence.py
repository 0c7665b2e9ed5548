"""Checks of market shares and of the article's own reference list."""

from __future__ import annotations

import pandas as pd

from computebook import datasets
from computebook.claim_checks.registry import (
    CheckResult,
    Claim,
    check,
    compare,
    compare_any,
    compare_names,
)

MONTH = "%B %Y"
DAY = "%B %d, %Y"


@check("web_share")
def web_share(claim: Claim, vendor: str, first: str, last: str) -> CheckResult:
    """Compare a vendor's share of web visits with every reading between two days."""
    shares = datasets.load("market_shares")
    visits = shares[(shares["metric"] == "web-visits") & (shares["vendor"] == vendor)]
    readings = visits[(visits["month"] >= first) & (visits["month"] <= last)]["share_percent"]
    return compare_any(claim, readings, f"web visits to {vendor}, {first} to {last}")


@check("reference_date")
def reference_date(claim: Claim, footnote: str) -> CheckResult:
    """Compare the printed date of a reference with the date it was published."""
    notes = datasets.load("footnotes").set_index("footnote")
    published = pd.Timestamp(notes.at[int(footnote), "published_on"])
    printed = notes.at[int(footnote), "printed_date"]
    style = DAY if "," in printed else MONTH
    return compare_names(claim, published.strftime(style), printed, f"note {footnote} published")


@check("distinct_references")
def distinct_references(claim: Claim) -> CheckResult:
    """Compare the number of references with the number of distinct pages among them."""
    notes = datasets.load("footnotes")
    return compare(claim, notes["url"].nunique(), f"distinct pages among {len(notes)} notes")


@check("citations_in_text")
def citations_in_text(claim: Claim) -> CheckResult:
    """Compare the citations that the back-references promise with those in the text."""
    notes = datasets.load("footnotes")
    cited = int(notes["cited_in_body"].sum())
    return compare(claim, notes["citations_in_text"].sum(), f"citations in the text, of {cited} notes")
