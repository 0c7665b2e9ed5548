"""Checks of market shares and of the article's own reference list."""

from __future__ import annotations

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
    readings = visits[(visits["as_of"] >= first) & (visits["as_of"] <= last)]["share_percent"]
    return compare_any(claim, readings, f"web visits to {vendor}, {first} to {last}")


@check("reference_date")
def reference_date(claim: Claim, footnote: str) -> CheckResult:
    """Compare the printed date of a reference with the date it was published."""
    notes = datasets.load("footnotes")
    note = notes[notes["footnote"] == int(footnote)]
    style = DAY if "," in claim.value_text else MONTH
    published = str(note["published_on"].dt.strftime(style).iloc[0])
    return compare_names(claim, published, claim.value_text, f"note {footnote} published")


@check("distinct_references")
def distinct_references(claim: Claim) -> CheckResult:
    """Compare the number of references with the number of distinct pages among them."""
    notes = datasets.load("footnotes")
    return compare(claim, notes["url"].nunique(), f"distinct pages among {len(notes)} notes")


@check("citations_in_text")
def citations_in_text(claim: Claim) -> CheckResult:
    """Compare the citations that the back-references promise with those in the text."""
    notes = datasets.load("footnotes")
    cited, citations = notes["cited_in_body"].sum(), notes["citations_in_text"].sum()
    return compare(claim, float(citations), f"citations in the text, of {cited} notes")
