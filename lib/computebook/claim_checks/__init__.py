"""Recompute the claims of the article from the data tables and the models.

Importing the package registers every check; `CHECKS` holds them by name.
"""

from computebook.claim_checks import evidence, machines, prices, products, scores, sites
from computebook.claim_checks.registry import (
    CHECKS,
    CheckResult,
    Claim,
    parse_arguments,
    printed_tolerance,
    run_check,
)

__all__ = [
    "CHECKS",
    "CheckResult",
    "Claim",
    "evidence",
    "machines",
    "parse_arguments",
    "prices",
    "printed_tolerance",
    "products",
    "run_check",
    "scores",
    "sites",
]
