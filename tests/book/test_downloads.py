"""What can be taken away of each exhibit, and of the report as a whole."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from computebook import datasets
from computebook.book import citing, contents, data_files, downloads, figures, register
from computebook.exhibits import colophon

EDITION = colophon.edition()
ROOT = Path(__file__).resolve().parents[2]


def site_of(root: Path) -> Path:
    return root / "_build" / "public" / "editions" / EDITION


@pytest.mark.slow
def test_every_exhibit_offers_its_files(published: Path) -> None:
    site = site_of(published)
    for exhibit in register.read_register(published).exhibits.values():
        for ending in downloads.endings(exhibit):
            assert (site / "exhibits" / f"{exhibit.name}.{ending}").stat().st_size > 0
        text = (site / "exhibits" / f"{exhibit.name}.csv").read_bytes()
        told = json.loads((site / "exhibits" / f"{exhibit.name}.json").read_text("utf-8"))
        assert hashlib.sha256(text).hexdigest() == told["sha256"] == exhibit.sha256
        heads = next(csv.reader(io.StringIO(text.decode())))
        assert heads == [column["name"] for column in told["columns"]]
    assert (site / "exhibits/fig-bandwidth.png").read_bytes().startswith(b"\x89PNG")
    spec = json.loads((site / "exhibits/fig-bandwidth.vl.json").read_text("utf-8"))
    assert "citation" in spec["usermeta"]["computebook"]


@pytest.mark.slow
def test_metadata_gives_units_sources_and_licence(published: Path) -> None:
    told = json.loads((site_of(published) / "exhibits/tab-gpu.json").read_text("utf-8"))
    units = {column["name"]: column["unit"] for column in told["columns"]}
    assert units == {"Accelerator": "", "Bandwidth (TB/s)": "TB/s", "Price ($)": "$", "Verdict": ""}
    assert [source["title"] for source in told["sources"]] == ["A source"]
    assert told["licence"]["name"] == "CC-BY-4.0"
    assert (told["edition"], told["number"]) == (EDITION, "Table 1.1")
    assert told["caption"] == "Accelerators."


def test_metadata_says_what_was_computed_and_from_what() -> None:
    found = citing.register_of(ROOT)
    told = downloads.metadata(found, found.exhibit("tab-api-openai"), {})
    assert told["tables"] == ["api_prices", "commercial_models"]
    assert told["method"].startswith("Return the article's price table")
    assert "($/M tokens)" in told["method"]


@pytest.mark.slow
def test_page_offers_notebook_data_and_pdf(published: Path) -> None:
    site = site_of(published)
    page = (site / "chapters/first.html").read_text("utf-8")
    package = downloads.package_name(EDITION)
    for address in ("_sources/chapters/first.ipynb", package, downloads.PDF):
        assert f'href="../{address}"' in page
        assert (site / address).is_file()
    assert "All editions" in page


def test_data_package_is_whole_and_equal_on_every_write(tmp_path: Path) -> None:
    paths = [tmp_path / "a.zip", tmp_path / "b.zip"]
    for path in paths:
        downloads.write_package(path, EDITION, ROOT)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    with zipfile.ZipFile(paths[0]) as package:
        names = {name.partition("/")[2] for name in package.namelist()}
        assert package.testzip() is None
    tables = {f"{name}.csv" for name in datasets.table_names()}
    assert tables | {"datapackage.json", "references.bib", "LICENSE-data.md"} <= names


def test_no_cell_is_a_formula() -> None:
    frame = pd.DataFrame({"=HEAD()": ["=1+1", "@x", "+6 points", "-5%", "-2.5", "plain"]})
    rows = [row[0] for row in csv.reader(io.StringIO(data_files.csv_text(frame)))]
    assert rows == ["'=HEAD()", "'=1+1", "'@x", "'+6 points", "-5%", "-2.5", "plain"]


def test_csv_keeps_numbers_and_gaps_as_they_are() -> None:
    frame = pd.DataFrame({"a": [1.5, None, -3.0], "b": [True, None, False]}, dtype=object)
    assert data_files.csv_text(frame) == "a,b\n1.5,true\n,\n-3,false\n"


def test_values_of_the_report_survive_the_csv() -> None:
    records = citing.register_of(ROOT).records
    shown = [r for r in records.values() if isinstance(r, contents.TableRecord)]
    for record in shown[::7]:
        frame = data_files.exhibit_frame(record)
        back = pd.read_csv(io.StringIO(data_files.csv_text(frame)))
        assert list(back.shape) == list(frame.shape), record.name
        for name in frame.select_dtypes("number"):
            close = (back[name] - frame[name]).abs() <= 1e-12 * frame[name].abs()
            assert (close | frame[name].isna()).all(), (record.name, name)


def test_pictures_stand_alone(bandwidth: object) -> None:
    spec = bandwidth.spec  # type: ignore[attr-defined]
    svg = figures.picture_svg(spec)
    assert "var(--" not in svg
    assert 'fill="#ffffff"' in svg
    assert figures.picture_png(spec) == figures.picture_png(spec)
