"""Load the sourced tables, and build specifications from their rows.

This is the only place that reads the data of the report. `load` returns a whole table;
`accelerator` and `architecture` return what the models compute with.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from computebook import datapackage, units
from computebook.architectures import Transformer
from computebook.datapackage import Table
from computebook.errors import ComputebookError, require_known, unknown_name
from computebook.hardware import Accelerator

#: Environment variable that names another folder of tables: a briefing's, with its client's rows.
FOLDER_VARIABLE = "COMPUTEBOOK_DATA"


def data_folder() -> Path:
    """Return the folder that holds the tables: inside the wheel, or the checkout's `data/`.

    The environment variable `COMPUTEBOOK_DATA` names another one, which holds all of the data
    package; it is read when the first table is.

    Raises
    ------
    ComputebookError
        If that folder holds no data package.
    """
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        if not (Path(named) / "datapackage.json").is_file():
            raise ComputebookError(f"{FOLDER_VARIABLE} = {named!r} holds no datapackage.json")
        return Path(named)
    installed = Path(__file__).parent / "data"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "data"


@cache
def package() -> dict[str, Table]:
    """Return the description of every table, by name."""
    return datapackage.read_package(data_folder() / "datapackage.json")


def table_names() -> list[str]:
    """Return the names of all tables, in the order of the data package.

    Examples
    --------
    >>> "accelerators" in table_names()
    True
    """
    return list(package())


def describe(name: str) -> Table:
    """Return the description of one table: fields, units, keys, licence, sources.

    Raises
    ------
    ComputebookError
        If there is no such table; the sentence suggests the nearest name.
    """
    if name not in package():
        raise unknown_name("table", name, table_names())
    return package()[name]


@cache
def _loaded(name: str) -> pd.DataFrame:
    return datapackage.read_table(describe(name))


def load(name: str) -> pd.DataFrame:
    """Return one table, typed and checked against its schema.

    Parameters
    ----------
    name : str
        Name of the table; see `table_names`.

    Returns
    -------
    DataFrame
        A copy: changing it changes nothing else. Dates are datetime64, empty text is "".

    Raises
    ------
    ComputebookError
        If there is no such table, or a row breaks its schema (`file:line: ...`).

    Examples
    --------
    >>> h100 = load("accelerators").set_index("accelerator_id").loc["h100-sxm"]
    >>> float(h100.memory_bandwidth_tb_s)
    3.35
    """
    return _loaded(name).copy()


@cache
def _rows(table: str, key: str) -> dict[str, dict[str, Any]]:
    rows = load(table).to_dict("records")
    return {str(row[key]): {str(field): row[field] for field in row} for row in rows}


def row_of(table: str, key: str, name: str) -> dict[str, Any]:
    """Return one row of a table by its id.

    Parameters
    ----------
    table, key, name : str
        The table, its id column and the id.

    Raises
    ------
    ComputebookError
        If there is no such table or row; the sentence suggests the nearest id.

    Examples
    --------
    >>> row_of("systems", "system_id", "dgx-h100")["rated_power_kw"]
    10.2
    """
    rows = _rows(table, key)
    return dict(rows[require_known(key, name, rows)])


def field_unit(table: str, field: str) -> str:
    """Return the unit of one column, "" for text.

    Examples
    --------
    >>> field_unit("accelerators", "tdp_w")
    'W'
    """
    return describe(table).field(field).unit


def data_date() -> pd.Timestamp:
    """Return the newest date that a row of any table carries: the date of the data."""
    dates = [load(name)["as_of"].max() for name in table_names() if "as_of" in _loaded(name)]
    return pd.Timestamp(max(dates))


def _aliases(row: Mapping[Any, Any]) -> list[str]:
    return [a for a in str(row.get("aliases", "")).split("|") if a]


@cache
def _name_index(table: str, key: str) -> dict[str, str]:
    """Return every accepted spelling (id, name, aliases; lower case) with the id it means."""
    index: dict[str, str] = {}
    for row in load(table).to_dict("records"):
        names = [row[key], row["name"], row.get("hub_id", ""), *_aliases(row)]
        index |= {n.lower(): row[key] for n in reversed(names) if n and n.lower() not in index}
    return index


def resolve(table: str, key: str, kind: str, name: str) -> str:
    """Return the id that a usual name of a thing means.

    Parameters
    ----------
    table, key : str
        The table that names the things, and its id column.
    kind : str
        What to call the thing in an error, "gpu" say.
    name : str
        An id, a name or an alias, in any case.

    Raises
    ------
    ComputebookError
        If nothing goes by that name; the sentence suggests the nearest one.

    Examples
    --------
    >>> resolve("accelerators", "accelerator_id", "gpu", "H100")
    'h100-sxm'
    """
    index = _name_index(table, key)
    if str(name).lower() not in index:
        raise unknown_name(kind, str(name), set(index.values()))
    return index[str(name).lower()]


def accelerator_from_row(row: Mapping[Any, Any]) -> Accelerator:
    """Return the accelerator that one row of the table describes, in base units.

    The memory is what the driver shows; where no driver figure is published, the label is taken
    as 1e9 bytes per GB, the smaller of its two readings.
    """
    driver, label = row["memory_driver_mib"], row["memory_gb"]
    memory = label * units.BYTES_PER_GB if pd.isna(driver) else driver * units.BYTES_PER_MIB
    rates = {
        f"{kind}_flop_per_s": row[f"{kind}_dense_{suffix}"] * units.FLOP_PER_TFLOP
        for kind, suffix in RATE_COLUMNS.items()
    }
    measured = {
        f"{kind}_measured_flop_per_s": row[f"{kind}_measured_tflop_s"] * units.FLOP_PER_TFLOP
        for kind in ("bf16", "fp8")
    }
    link = row["scale_up_gb_s"]
    return Accelerator(
        **{name: row[name] for name in ("accelerator_id", "name", "vendor", "generation")},
        memory_bytes=memory,
        memory_bandwidth_bytes_per_s=row["memory_bandwidth_tb_s"] * units.BYTES_PER_TB,
        scale_up_bytes_per_s=0.0 if pd.isna(link) else link * units.BYTES_PER_GB / 2,
        scale_up_domain=1 if pd.isna(row["scale_up_domain"]) else int(row["scale_up_domain"]),
        tdp_w=row["tdp_w"],
        cooling=row["cooling"],
        released_on=str(row["released_on"].date()) if pd.notna(row["released_on"]) else "",
        **rates,
        **measured,
    )


RATE_COLUMNS = {"bf16": "tflop_s", "fp8": "tflop_s", "int8": "top_s", "fp4": "tflop_s"}


@cache
def accelerators() -> dict[str, Accelerator]:
    """Return every accelerator of the table, by id.

    Examples
    --------
    >>> accelerators()["h100-sxm"].memory_bandwidth_bytes_per_s
    3350000000000.0
    """
    rows = load("accelerators").to_dict("records")
    return {row["accelerator_id"]: accelerator_from_row(row) for row in rows}


def accelerator(name: str) -> Accelerator:
    """Return one accelerator by id, name or usual alias.

    Raises
    ------
    ComputebookError
        If no accelerator goes by that name; the sentence suggests the nearest one.

    Examples
    --------
    >>> accelerator("H200").accelerator_id
    'h200-sxm'
    """
    return accelerators()[resolve("accelerators", "accelerator_id", "gpu", name)]


def architecture_from_row(row: Mapping[Any, Any]) -> Transformer:
    """Return the transformer that one row of the table describes."""
    names = [field.name for field in dataclasses.fields(Transformer)]
    return Transformer(**{name: row[name] for name in names if name in row})


@cache
def architectures() -> dict[str, Transformer]:
    """Return every open architecture of the table, by id."""
    rows = load("architectures").to_dict("records")
    return {row["architecture_id"]: architecture_from_row(row) for row in rows}


def architecture(name: str) -> Transformer:
    """Return one open architecture by id, hub name or usual alias.

    Raises
    ------
    ComputebookError
        If no model goes by that name; the sentence suggests the nearest one.

    Examples
    --------
    >>> architecture("meta-llama/Llama-3.1-70B").layers
    80
    """
    return architectures()[resolve("architectures", "architecture_id", "model", name)]


def memory_is_measured(accelerator_id: str) -> bool:
    """Return whether the memory of an accelerator is what its driver shows."""
    table = load("accelerators").set_index("accelerator_id")
    return bool(table["memory_driver_mib"].notna()[accelerator_id])
