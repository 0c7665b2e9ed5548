"""Names and numbers as words."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Final

import pandas as pd

from computebook import datasets, units

__all__ = ["join_or", "join_words", "month", "short_name", "span", "users_words"]

MEMORY_SUFFIX: Final = re.compile(r" \d+GB$")


def short_name(accelerator_id: str) -> str:
    """Return the name of an accelerator without maker, form, remarks and memory size.

    Examples
    --------
    >>> short_name("h100-sxm"), short_name("gb200")
    ('H100', 'GB200')
    """
    gpu = datasets.accelerator(accelerator_id)
    name = gpu.name.partition(" (")[0].removeprefix(f"{gpu.vendor} ")
    return MEMORY_SUFFIX.sub("", name).removesuffix(" SXM")


def join_words(words: Sequence[str], last: str = "and") -> str:
    """Return words as a list in a sentence.

    Examples
    --------
    >>> join_words(["a", "b", "c"])
    'a, b and c'
    """
    return f" {last} ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def join_or(words: Sequence[str]) -> str:
    """Return words as alternatives.

    Examples
    --------
    >>> join_or(["a", "b"])
    'a or b'
    """
    return join_words(words, "or")


def users_words(users: int) -> str:
    """Return a number of users in words.

    Examples
    --------
    >>> users_words(1), users_words(1_024)
    ('1 user', '1,024 users')
    """
    return f"{users:,} user{'' if users == 1 else 's'}"


def month(day: str) -> str:
    """Return the month of a day in words.

    Examples
    --------
    >>> month("2026-01-31")
    'January 2026'
    """
    return f"{pd.Timestamp(day):%B %Y}"


def span(central: float, low: float, high: float, digits: int = 2) -> str:
    """Return a central value with its interval in brackets, or nothing where it is missing.

    Examples
    --------
    >>> span(12.34, 9.81, 17.0)
    '12 (9.8 to 17)'
    """
    if not math.isfinite(central):
        return ""
    shown = [units.format_significant(value, digits) for value in (central, low, high)]
    return f"{shown[0]} ({shown[1]} to {shown[2]})"
