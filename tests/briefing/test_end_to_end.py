"""The example briefings through the real command, and what their readers open afterwards."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml
from pypdf import PdfReader
from tests.briefing.book_tree import ROOT, computebook, files, strays

from computebook.book.browser import chromium

SCENARIOS = ROOT / "data/scenarios"
#: The whole of one hand-over is made; of the others one chapter each, as tables.
ALL, TABLES = "bank", {"neocloud": "gpu_sizing", "lab": "training_clusters"}


def examples(folder: Path) -> Path:
    """Return a copy of the examples: briefings are written and read far from the report."""
    return Path(shutil.copytree(SCENARIOS, folder / "scenarios"))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder outside the report, with the examples, in which the command has run."""
    folder = tmp_path_factory.mktemp("handover")
    examples(folder)
    done = computebook(folder, "brief", f"scenarios/{ALL}.yaml", "--out", "out")
    assert done.returncode == 0, done.stderr
    assert "1 of 1 clients finished" in done.stdout
    return folder


@pytest.fixture(scope="module")
def bank(place: Path) -> Path:
    return place / "out/example-bank"


def manifest_of(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "manifest.json").read_text("utf-8"))
    return content


def given(name: str) -> dict[str, dict[str, Any]]:
    content = yaml.safe_load((SCENARIOS / f"{name}.yaml").read_text("utf-8"))
    parameters: dict[str, dict[str, Any]] = content["parameters"]
    return parameters


@pytest.mark.slow
@pytest.mark.browser
def test_a_hand_over_is_whole(place: Path, bank: Path) -> None:
    parts = {path.name for path in bank.iterdir()}
    assert parts == {
        *("site", "report.html", "report.pdf", "workbook.xlsx", "tables"),
        *("notebooks", "manifest.json"),
    }
    assert [path.name for path in (place / "out").iterdir()] == ["example-bank"]
    assert strays(str(place)) == []


@pytest.mark.slow
@pytest.mark.browser
def test_the_manifest_marks_each_override_and_has_a_digest_of_each_file(bank: Path) -> None:
    manifest = manifest_of(bank)
    asked = given(ALL)
    for chapter, rows in manifest["parameters"].items():
        changed = {name for name, row in rows.items() if row["overridden"]}
        differing = {n for n, row in rows.items() if row["value"] != row["default"]}
        assert changed == differing
        assert changed
        assert changed <= set(asked[chapter])
    assert set(manifest["files"]) == set(files(bank)) - {"manifest.json"}
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in manifest["files"].values())


@pytest.mark.slow
@pytest.mark.browser
def test_the_pdf_says_first_whose_it_is_and_what_changed(bank: Path, tmp_path: Path) -> None:
    pages = [" ".join(page.extract_text().split()) for page in PdfReader(bank / "report.pdf").pages]
    assert "Example Bank" in pages[0]
    assert "CONFIDENTIAL" in pages[0].upper()
    assert "clerk" in pages[0]  # its notes
    first = next(n for n, text in enumerate(pages) if "What changed against" in text)
    assert first == 2  # after cover and contents
    assert "Parameters that differ" in pages[first]
    assert "requests_per_month 1,000,000 830,000" in pages[first]
    assert any("What your own usage cost" in text for text in pages[first : first + 4])
    contents = re.search(r"2\. What will the API bill be\?[ .…]*(\d+)", pages[1])
    assert contents is not None
    assert "What will the API bill be?" in pages[int(contents[1]) - 1]
    assert all("Example Bank" in text for text in pages)
    assert not [text for text in pages if "Traceback" in text or "{numref}" in text]


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="needs poppler")
def test_pages_of_the_pdf_are_not_blank(bank: Path, tmp_path: Path) -> None:
    pages = ["-f", "1", "-l", "4"]
    target = str(tmp_path / "page")
    command = ["pdftoppm", "-r", "30", "-gray", *pages, str(bank / "report.pdf"), target]
    subprocess.run(command, check=True)
    inks = [path.read_bytes()[15:] for path in sorted(tmp_path.iterdir())]
    assert len(inks) == 4
    assert all(min(ink) < 200 < max(ink) for ink in inks)


@pytest.mark.slow
@pytest.mark.browser
def test_site_and_single_file_open_from_the_disk_and_ask_for_nothing(bank: Path) -> None:
    with chromium() as browser:
        # Without a network whatever reaches for one fails, and is seen.
        context = browser.new_context(offline=True)
        for path in (bank / "site/index.html", bank / "report.html"):
            page, faults, asked = context.new_page(), list[str](), list[str]()
            page.on("pageerror", lambda fault, to=faults: to.append(str(fault)))
            page.on(
                "console", lambda m, to=faults: to.append(m.text) if m.type == "error" else None
            )
            page.on("request", lambda request, to=asked: to.append(request.url))
            page.goto(path.as_uri())
            said = page.inner_text("body")
            assert "What changed against the published edition" in said
            assert "Prepared for Example Bank" in said
            assert "confidential" in said.lower()
            assert faults == []
            assert not [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]


@pytest.mark.slow
@pytest.mark.browser
def test_the_workbook_opens_and_holds_parameters_and_tables(bank: Path) -> None:
    book = openpyxl.load_workbook(bank / "workbook.xlsx")
    tables = {path.stem for path in (bank / "tables").glob("tab-*.csv")}
    assert len(book.sheetnames) > len(tables) > 20
    cells = [
        str(cell.value)
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    ]
    assert {"requests_per_month", "830000"} <= set(cells)
    assert not [text for text in cells if text in ("#REF!", "#NAME?", "nan", "inf")]


@pytest.mark.slow
@pytest.mark.browser
def test_a_second_run_executes_nothing(place: Path, bank: Path) -> None:
    before = (bank / "manifest.json").stat().st_mtime_ns
    again = computebook(place, "brief", f"scenarios/{ALL}.yaml", "--out", "out", "--resume")
    assert again.returncode == 0
    assert "example-bank: current, nothing to do" in again.stderr
    assert (bank / "manifest.json").stat().st_mtime_ns == before


@pytest.mark.slow
def test_the_other_examples_stand_and_what_they_change_is_executed(tmp_path: Path) -> None:
    """One chapter of each; a change of one parameter executes that chapter and no other."""
    folder = examples(tmp_path)

    def made(name: str, *more: str) -> str:
        words = ("--chapters", TABLES[name], "--formats", "json", "--out", "out", *more)
        done = computebook(tmp_path, "brief", f"scenarios/{name}.yaml", *words)
        assert done.returncode == 0, done.stderr
        return done.stderr

    for name, chapter in TABLES.items():
        made(name)
        rows = manifest_of(tmp_path / f"out/example-{name}")["parameters"][chapter]
        marked = {n for n, row in rows.items() if row["overridden"]}
        assert marked
        assert marked <= set(given(name)[chapter])
        assert list((tmp_path / f"out/example-{name}/tables").glob("tab-*.csv"))
    lab = folder / "lab.yaml"
    lab.write_text(lab.read_text().replace("tokens_t: 20.0", "tokens_t: 21.0"))
    assert "example-lab: 1 chapters executed" in made("lab", "--resume")


def test_nothing_of_a_client_is_in_the_report_or_the_repository() -> None:
    """Each example names rows of its own by its client: none may stand in our data or pages."""
    ours = [*(ROOT / "data").glob("*.csv"), *(ROOT / "chapters").glob("*.ipynb")]
    marks = ("example-neocloud-", "example-lab-", "client_example")
    assert not [p.name for p in ours if any(mark in p.read_text("utf-8") for mark in marks)]
