"""Files of measured cases, read with care, and tables written whole or not at all."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from computebook import errors

__all__ = ["NUMBERS", "fingerprint", "read_rows", "write_tables"]

NUMBERS: Final = ("n_gpu", "tp", "pp", "ep", "attn_dp", "input_len", "output_len", "value")
"""Columns that hold numbers or nothing."""

_FORMAT: Final = "%.6g"


def read_rows(path: str | Path, columns: Iterable[str]) -> pd.DataFrame:
    """Return a file of cases as recorded, its numbers checked.

    Parameters
    ----------
    path : str or Path
        CSV in UTF-8 with a header; columns other than `columns` are kept and ignored.
    columns : iterable of str
        Columns that it must have.

    Returns
    -------
    pandas.DataFrame
        One row per line.

    Raises
    ------
    ComputebookError
        If the file is missing, no CSV, without rows, lacks a column, or holds text where a
        number belongs: the sentence names file, line, column and value.

    Examples
    --------
    >>> read_rows("nowhere.csv", ["case_id"])
    Traceback (most recent call last):
        ...
    computebook.errors.ComputebookError: cases file 'nowhere.csv' does not exist
    """
    name = f"cases file {str(path)!r}"
    if not Path(path).is_file():
        raise errors.ComputebookError(f"{name} does not exist")
    try:
        raw = pd.read_csv(path, dtype=str, encoding="utf-8-sig")
    except pd.errors.EmptyDataError:
        raise errors.ComputebookError(f"{name} is empty") from None
    except (pd.errors.ParserError, UnicodeDecodeError, OSError) as error:
        raise errors.ComputebookError(f"{name} is not a CSV in UTF-8: {error}") from None
    _require_columns(name, list(columns), list(raw.columns))
    if raw.empty:
        raise errors.ComputebookError(f"{name} has a header but no cases")
    return raw.assign(**{c: _numbers(name, raw[c]) for c in NUMBERS if c in raw.columns})


def _require_columns(name: str, wanted: list[str], found: list[str]) -> None:
    """Refuse a header that lacks a column, and say which present one may be meant."""
    missing = [column for column in wanted if column not in found]
    if not missing:
        return
    spare = [column for column in found if column not in wanted]
    near = [errors.nearest_name(column, spare) for column in missing]
    meant = [f"{n!r} for {m!r}" for n, m in zip(near, missing, strict=True) if n]
    hint = f" (found {', '.join(meant)})" if meant else ""
    raise errors.ComputebookError(f"{name} lacks columns: {missing}{hint}")


def _numbers(name: str, column: pd.Series) -> pd.Series:
    """Return one column as numbers, missing ones as NaN."""
    numbers = pd.to_numeric(column, errors="coerce").astype(float)
    wrong = column.notna() & (column.str.strip() != "") & ~np.isfinite(numbers)
    if wrong.any():
        line, text = int(np.flatnonzero(wrong)[0]) + 2, column[wrong].iloc[0]
        raise errors.ComputebookError(
            f"{name}, line {line}: {column.name} = {text!r} is not a finite number"
        )
    return numbers


def fingerprint(path: str | Path) -> str:
    """Return the first sixteen digits of the SHA-256 of a file.

    Parameters
    ----------
    path : str or Path
        The file.
    """
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16]


def write_tables(tables: Mapping[Path, pd.DataFrame]) -> None:
    """Write tables in UTF-8 and LF, all of them or none.

    Every table is first written beside its place and then renamed, so that an interrupt or a
    full disk leaves the old ones as they were.

    Parameters
    ----------
    tables : mapping of Path to pandas.DataFrame
        What to write where.

    Raises
    ------
    ComputebookError
        If a place cannot be written.
    """
    waiting: dict[str, Path] = {}
    try:
        for path, table in tables.items():
            handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            waiting[draft] = path
            os.close(handle)
            with Path(draft).open("w", encoding="utf-8", newline="") as file:
                table.to_csv(file, index=False, lineterminator="\n", float_format=_FORMAT)
        for draft, path in waiting.items():
            # A draft is private to its writer; the table is for all to read, as any new file.
            Path(draft).chmod(0o644)
            Path(draft).replace(path)
    except OSError as error:
        where = error.filename2 or error.filename or "the output"
        reason = (error.strerror or "cannot be written").lower()
        place = next((p for d, p in waiting.items() if str(where) == d), where)
        raise errors.ComputebookError(f"{place}: {reason}, nothing was written") from None
    finally:
        for draft in waiting:
            Path(draft).unlink(missing_ok=True)
