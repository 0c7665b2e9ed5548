"""What a check of a claim is, how it is registered, and when a number agrees with print.

A check computes, from the data tables and the models, what a claim of the article states. The
printed number agrees when it lies within the rounding that its own print implies: "3.1x" stands
for 3.05 to 3.15, "~300MW" for 250 to 350.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from computebook import errors, units

__all__ = [
    "CHECKS",
    "CheckResult",
    "Claim",
    "check",
    "compare",
    "compare_any",
    "compare_names",
    "parse_arguments",
    "printed_tolerance",
    "run_check",
]

#: Words and signs by which the article marks a number as rounded.
APPROXIMATION = re.compile(r"~|approximately|about|nearly", re.IGNORECASE)
PRINTED_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
ROUNDING_SLACK = 1e-9
#: Units of claims that no column of the library is measured in.
OTHER_UNITS = {"ratio": "x", "percentage_points": "points"}
LISTED_RUNS = 3


@dataclass(frozen=True)
class Claim:
    """What a check needs to know of a claim.

    Attributes
    ----------
    claim_id : str
        Id of the claim.
    value_text : str
        The value as the article prints it.
    value : float
        The same as a number, in `unit`; NaN for a claim without a number.
    unit : str
        Suffix of the closed list of units, or ratio, count, percentage_points or date.
    arguments : mapping of str to str
        What the check is asked about: a benchmark, a model, a field.
    """

    claim_id: str
    value_text: str = ""
    value: float = math.nan
    unit: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CheckResult:
    """What a check found.

    Attributes
    ----------
    value : float or str
        The computed value, in `unit`; a name or a date for claims without a number.
    unit : str
        Unit of `value`.
    tolerance : float
        Half of the last printed digit of the claim, in `unit`; 0 for text.
    agrees : bool
        Whether the claim as printed is what was computed.
    sentence : str
        The computation in words.
    """

    value: float | str
    unit: str
    tolerance: float
    agrees: bool
    sentence: str


CheckFunction = Callable[..., CheckResult]
CHECKS: dict[str, CheckFunction] = {}


def check(name: str) -> Callable[[CheckFunction], CheckFunction]:
    """Return a decorator that registers a check under a name.

    Parameters
    ----------
    name : str
        What the column `check` of the claims calls it.

    Raises
    ------
    ComputebookError
        If another function holds the name already.
    """
    if name in CHECKS:
        raise errors.ComputebookError(f"check {name!r} is registered twice")

    def register(function: CheckFunction) -> CheckFunction:
        CHECKS[name] = function
        return function

    return register


def parse_arguments(text: str) -> dict[str, str]:
    """Return the arguments that a claim hands to its check.

    Parameters
    ----------
    text : str
        ``"name=value; name=value"``; empty for none.

    Raises
    ------
    ComputebookError
        If a part has no equals sign.

    Examples
    --------
    >>> parse_arguments("benchmark=arc-agi-2; model=gpt-5.2")
    {'benchmark': 'arc-agi-2', 'model': 'gpt-5.2'}
    """
    parts = [part.strip() for part in text.split(";") if part.strip()]
    for part in parts:
        if "=" not in part:
            raise errors.ComputebookError(f"check argument {part!r} is not of the form name=value")
    pairs = (part.split("=", 1) for part in parts)
    return {name.strip(): value.strip() for name, value in pairs}


def run_check(name: str, claim: Claim) -> CheckResult:
    """Return what the check called `name` finds on a claim.

    Raises
    ------
    ComputebookError
        If no check has the name, or the claim's arguments are not those of the check.
    """
    if name not in CHECKS:
        raise errors.unknown_name("check", name, CHECKS)
    function = CHECKS[name]
    try:
        inspect.signature(function).bind(claim, **claim.arguments)
    except TypeError as error:
        raise errors.ComputebookError(f"claim {claim.claim_id}: check {name}: {error}") from error
    return function(claim, **claim.arguments)


def _last_digit(printed: str, approximate: bool) -> float:
    """Return the place value of the last digit that carries meaning."""
    whole, _, decimals = printed.replace(",", "").partition(".")
    if decimals:
        return 10.0 ** -len(decimals)
    zeros = len(whole) - len(whole.rstrip("0")) if approximate else 0
    return 10.0**zeros


def printed_tolerance(value_text: str, value: float) -> float:
    """Return half of the last printed digit of a number, in the unit of `value`.

    Parameters
    ----------
    value_text : str
        The number as printed, with sign, unit and scale: ``"~12.8 billion elements"``.
    value : float
        The same number in full.

    Returns
    -------
    float
        Half of the last digit; zeros at the end of a number marked as approximate are taken as
        rounded away. 0.5 for a number in words.

    Examples
    --------
    >>> printed_tolerance("3.1x", 3.1), printed_tolerance("~300MW GPU building", 300.0)
    (0.05, 50.0)
    >>> printed_tolerance("~12.8 billion elements", 12.8e9), printed_tolerance("400K", 400e3)
    (50000000.0, 500.0)
    >>> printed_tolerance("seven years", 7.0)
    0.5
    """
    match = PRINTED_NUMBER.search(value_text)
    printed = match.group() if match else ""
    number = float(printed.replace(",", "")) if printed else 0.0
    scale = abs(value) / number if number else 1.0
    digit = _last_digit(printed, bool(APPROXIMATION.search(value_text))) if printed else 1.0
    return float(f"{0.5 * digit * scale:.12g}")


def _quantity(value: float, unit: str) -> str:
    """Return a number with its unit, rounded only beyond the sixth digit."""
    number = f"{float(f'{value:.6g}'):,.12g}"
    symbol = units.UNITS[unit].symbol if unit in units.UNITS else OTHER_UNITS.get(unit, "")
    if symbol.startswith("$"):
        return f"${number}{symbol[1:]}"
    return f"{number}{symbol}" if symbol in {"%", "x", ""} else f"{number} {symbol}"


def compare(
    claim: Claim,
    value: float,
    sentence: str,
    *,
    low: float | None = None,
    high: float | None = None,
) -> CheckResult:
    """Return whether a claim's number is the computed one.

    Parameters
    ----------
    claim : Claim
        The claim, with a number.
    value : float
        The computed number, in the claim's unit.
    sentence : str
        The computation in words, without the result, which is appended.
    low, high : float, optional
        Ends of the computed range, where the computation gives a range; `value` by default.
    """
    tolerance = printed_tolerance(claim.value_text, claim.value)
    slack = tolerance + ROUNDING_SLACK * abs(claim.value)
    bottom, top = value if low is None else low, value if high is None else high
    agrees = bool(bottom - slack <= claim.value <= top + slack)
    span = _quantity(value, claim.unit)
    if bottom != top:
        span = f"{_quantity(bottom, claim.unit)} to {_quantity(top, claim.unit)}"
    return CheckResult(float(value), claim.unit, tolerance, agrees, f"{sentence}: {span}")


def _others(values: list[float], unit: str) -> str:
    """Return what else is recorded, as a list or, if that is long, as a range."""
    if len(values) > LISTED_RUNS:
        low, high = _quantity(min(values), unit), _quantity(max(values), unit)
        return f" ({len(values)} more, {low} to {high})"
    return f" (also {', '.join(_quantity(v, unit) for v in values)})" if values else ""


def compare_any(claim: Claim, values: Iterable[float], sentence: str) -> CheckResult:
    """Return whether any of several recorded numbers is the claim's; the nearest is reported."""
    known = [float(value) for value in values if not math.isnan(value)]
    if not known:
        return CheckResult(math.nan, claim.unit, 0.0, False, f"{sentence}: nothing recorded")
    nearest = min(known, key=lambda value: abs(value - claim.value))
    result = compare(claim, nearest, sentence)
    others = sorted({round(value, 4) for value in known} - {round(nearest, 4)})
    whole = result.sentence + _others(others, claim.unit)
    return CheckResult(nearest, claim.unit, result.tolerance, result.agrees, whole)


def compare_names(claim: Claim, computed: str, expected: str, sentence: str) -> CheckResult:
    """Return whether a computed name or date is the one that the claim states."""
    return CheckResult(computed, claim.unit, 0.0, computed == expected, f"{sentence}: {computed}")
