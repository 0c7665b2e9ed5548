"""The values behind a table as they were before printing, for whoever computes on."""

from __future__ import annotations

import datetime as dt
import math
import numbers
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

TABLE_MIME = "application/vnd.computebook.table+json"
#: More than any table prints, fewer than the last bits in which two processors may differ.
SIGNIFICANT_DIGITS = 9
_UNIT = re.compile(r"\(([^()]+)\)\s*$")


def heading_unit(heading: str) -> str:
    """Return the unit that a column heading ends in.

    Parameters
    ----------
    heading : str
        Heading as printed, such as ``"Memory (GB)"``.

    Returns
    -------
    str
        The unit; empty where the heading states none.

    Examples
    --------
    >>> heading_unit("KV cache (GB)"), heading_unit("Model")
    ('GB', '')
    """
    found = _UNIT.search(heading)
    return found[1] if found else ""


def raw_value(value: Any) -> Any:
    """Return one cell as JSON holds it: nothing, truth, number or text.

    Parameters
    ----------
    value : any
        A cell of a data frame.

    Returns
    -------
    bool, int, float, str or None
        None for a missing value and for a number that is not finite; floats are rounded to
        `SIGNIFICANT_DIGITS`; dates in ISO form.

    Examples
    --------
    >>> raw_value(1 / 3), raw_value(float("nan")), raw_value(dt.date(2026, 1, 2))
    (0.333333333, None, '2026-01-02')
    """
    if isinstance(value, str):
        return value
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return None
    if pd.api.types.is_bool(value):
        return bool(value)
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        number = float(value)
        return float(f"{number:.{SIGNIFICANT_DIGITS}g}") if math.isfinite(number) else None
    if isinstance(value, dt.datetime | pd.Timestamp):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def raw_table(
    frame: pd.DataFrame,
    headings: Mapping[str, str],
    *,
    name: str,
    caption: str,
    sources: Sequence[str] = (),
    formats: Mapping[str, str] | None = None,
    note: str = "",
) -> dict[str, Any]:
    """Return a table as JSON.

    Parameters
    ----------
    frame : pandas.DataFrame
        The values.
    headings : mapping of str to str
        Heading of each column shown, in order.
    name, caption, note : str
        What the page says of it.
    sources : sequence of str
        Keys of references.bib.
    formats : mapping of str to str, optional
        Name of a column's format, where it has one with a name.

    Returns
    -------
    dict
        ``name``, ``caption``, ``sources``, ``note``, ``columns`` (key, heading, unit, format)
        and ``rows``.

    Examples
    --------
    >>> frame = pd.DataFrame({"gpu": ["H100"], "tb_s": [3.35]})
    >>> raw = raw_table(frame, {"tb_s": "Bandwidth (TB/s)"}, name="tab-gpu", caption="A.")
    >>> raw["columns"], raw["rows"]
    ([{'format': '', 'heading': 'Bandwidth (TB/s)', 'key': 'tb_s', 'unit': 'TB/s'}], [[3.35]])
    """
    named = formats or {}
    columns = [
        {
            "format": named.get(key, ""),
            "heading": heading,
            "key": key,
            "unit": heading_unit(heading),
        }
        for key, heading in headings.items()
    ]
    cells = [[raw_value(value) for value in frame[key]] for key in headings]
    return {
        "name": name,
        "caption": caption,
        "sources": list(sources),
        "note": note,
        "columns": columns,
        "rows": [list(row) for row in zip(*cells, strict=True)],
    }
