"""A broken table is refused with one sentence: file, line, field, value, what is allowed."""

import json
from pathlib import Path
from typing import Any

import pytest

from computebook import datapackage
from computebook.errors import ComputebookError

FIELDS: list[dict[str, Any]] = [
    {
        "name": "gpu_id",
        "type": "string",
        "constraints": {"required": True, "pattern": "[a-z0-9-]+"},
    },
    {
        "name": "tdp_w",
        "type": "number",
        "unit": "W",
        "constraints": {"minimum": 30, "maximum": 5000},
    },
    {"name": "domain", "type": "integer"},
    {"name": "cooling", "type": "string", "constraints": {"enum": ["air", "liquid"]}},
    {"name": "sold", "type": "boolean"},
    {"name": "as_of", "type": "date"},
]
HEADER = "gpu_id,tdp_w,domain,cooling,sold,as_of"
GOOD = "h100,700,8,air,true,2026-01-15"


def table(folder: Path, *lines: str, header: str = HEADER) -> datapackage.Table:
    (folder / "gpus.csv").write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    descriptor = {
        "name": "gpus",
        "path": "gpus.csv",
        "schema": {"fields": FIELDS, "primaryKey": "gpu_id"},
    }
    (folder / "datapackage.json").write_text(json.dumps({"resources": [descriptor]}))
    return datapackage.read_package(folder / "datapackage.json")["gpus"]


def test_types_follow_the_schema(tmp_path: Path) -> None:
    frame = datapackage.read_table(table(tmp_path, GOOD))
    assert frame.dtypes.astype(str).to_dict() == {
        "gpu_id": "str",
        "tdp_w": "float64",
        "domain": "int64",
        "cooling": "str",
        "sold": "bool",
        "as_of": "datetime64[s]",
    }


def test_a_gap_is_not_a_number(tmp_path: Path) -> None:
    frame = datapackage.read_table(table(tmp_path, "h100,,,,,"))
    assert frame[["tdp_w", "domain"]].isna().all(axis=None)
    assert frame["cooling"].tolist() == [""]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("h100,9000,8,air,true,2026-01-15", "9000 W is out of bounds: allowed 30 to 5000 W"),
        ("h100,-700,8,air,true,2026-01-15", "tdp_w = -700 W is out of bounds"),
        ("h100,nan,8,air,true,2026-01-15", "tdp_w = 'nan' is not a finite number"),
        ("h100,700 W,8,air,true,2026-01-15", "tdp_w = '700 W' is not a finite number"),
        ("h100,700,8.5,air,true,2026-01-15", "domain = '8.5' is not a whole number"),
        ("h100,700,8,liqid,true,2026-01-15", "did you mean 'liquid'"),
        ("h100,700,8,air,yes,2026-01-15", "sold = 'yes' is not true or false"),
        ("h100,700,8,air,true,15.01.2026", "as_of = '15.01.2026' is not a date as YYYY-MM-DD"),
        ("h100,700,8,air,true,2026-02-30", "as_of = '2026-02-30' is not a date"),
        (",700,8,air,true,2026-01-15", "gpu_id is empty but required"),
        ("H100!,700,8,air,true,2026-01-15", "gpu_id = 'H100!' does not match"),
        ("h100,700,8,air,true", "5 cells, expected 6"),
    ],
)
def test_a_broken_cell_is_named(tmp_path: Path, line: str, sentence: str) -> None:
    broken = table(tmp_path, "b200,1000,8,air,true,2026-01-15", line)
    with pytest.raises(ComputebookError) as caught:
        datapackage.read_table(broken)
    assert str(caught.value).startswith("gpus.csv:3: ")
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        (HEADER.replace("tdp_w", "tpd_w"), "did you mean 'tdp_w'"),
        ("gpu_id,tdp_w,domain,cooling,sold", "lacks column as_of"),
        ("tdp_w,gpu_id,domain,cooling,sold,as_of", "in another order"),
    ],
)
def test_a_wrong_header_is_named(tmp_path: Path, header: str, sentence: str) -> None:
    with pytest.raises(ComputebookError, match="gpus.csv:1: .*" + sentence):
        datapackage.read_table(table(tmp_path, GOOD, header=header))


def test_a_key_stands_once(tmp_path: Path) -> None:
    with pytest.raises(ComputebookError, match=r"gpus.csv:3: gpu_id = 'h100' stands twice"):
        datapackage.read_table(table(tmp_path, GOOD, GOOD))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    described = table(tmp_path, GOOD)
    described.path.unlink()
    with pytest.raises(ComputebookError, match=r"gpus.csv does not exist"):
        datapackage.read_table(described)


def test_a_package_that_is_no_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "datapackage.json").write_text("{")
    with pytest.raises(ComputebookError, match="is not JSON"):
        datapackage.read_package(tmp_path / "datapackage.json")
