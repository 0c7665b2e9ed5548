"""The checks find planted faults, and find none in the data as it stands."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from computebook import datasets, provenance
from computebook.cli import main

#: In which file what is replaced by what, and what the finding must say.
FAULTS = [
    ("accelerators.csv", ",3.35,", ",3350,", "memory_bandwidth_tb_s = 3350"),
    ("accelerators.csv", ",3.35,", ",abc,", "memory_bandwidth_tb_s = 'abc' is not a finite number"),
    ("accelerators.csv", ",published,", ",guessed,", "basis"),
    ("systems.csv", ",h100-sxm,", ",h10-sxm,", "accelerator_id = 'h10-sxm' has no row in"),
    ("gpu_hour_prices.csv", ",2.95,", ",2950,", "usd_per_gpu_hour"),
    ("benchmark_scores.csv", ",independent,", ",idependent,", "did you mean 'independent'"),
]


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "data"
    shutil.copytree(datasets.data_folder(), folder)
    shutil.copy(provenance.reference_file(), folder / "references.bib")
    forget()
    monkeypatch.setattr(datasets, "data_folder", lambda: folder)
    yield folder
    forget()


def forget() -> None:
    for cached in (datasets.package, datasets._loaded, datasets._name_index):
        cached.cache_clear()


def plant(path: Path, old: str, new: str) -> int:
    """Replace the first occurrence and return its line."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_the_data_are_well(root: Path) -> None:
    texts = [p.read_text(encoding="utf-8") for p in root.glob("chapters/*.*")]
    sources = [p.read_text(encoding="utf-8") for p in root.glob("lib/**/*.py")]
    pages = [p.read_text(encoding="utf-8") for p in [*root.glob("*.md"), *root.glob("*.ipynb")]]
    assert provenance.findings([*texts, *sources, *pages]) == []


@pytest.mark.parametrize(("file", "old", "new", "sentence"), FAULTS)
def test_a_planted_fault_is_found(
    copied: Path, file: str, old: str, new: str, sentence: str
) -> None:
    line = plant(copied / file, old, new)
    found = provenance.table_findings(file.removesuffix(".csv"))
    assert any(f"{file}:{line}: " in text and sentence in text for text in found), found


def test_a_source_that_is_missing_is_found(copied: Path) -> None:
    bib = copied / "references.bib"
    key = datasets.load("accelerators")["source_key"].iloc[0]
    bib.write_text(bib.read_text(encoding="utf-8").replace(f"{{{key},", "{another,"))
    found = provenance.table_findings("accelerators")
    assert any(f"source_key = {key!r} is not in references.bib" in text for text in found)
    assert "references.bib: another is used by no row and no page" in provenance.orphan_findings([])


def test_an_unordered_range_is_found(copied: Path) -> None:
    frame = datasets.load("facility_factors").dropna(subset=["low", "central", "high"])
    changed = frame.assign(low=frame["high"] + 1)
    table = datasets.describe("facility_factors")
    found = list(provenance._unordered_ranges(table, changed))
    assert len(found) == len(changed)


@pytest.mark.parametrize("fault", FAULTS[:2], ids=["magnitude", "type"])
def test_the_command_fails_and_names_the_line(
    copied: Path, fault: tuple[str, str, str, str]
) -> None:
    file, old, new, sentence = fault
    line = plant(copied / file, old, new)
    result = CliRunner().invoke(main, ["data", "check"])
    assert result.exit_code == 1
    assert f"{file}:{line}" in result.output
    assert sentence in result.output


def test_each_unit_is_the_one_that_the_name_ends_in() -> None:
    assert provenance.unit_findings() == []


def test_citations_are_read_from_text() -> None:
    find: Callable[[list[str]], set[str]] = provenance.cited_keys
    assert find(["{cite:t}`a2020` and {cite}`b2021, c2022`"]) == {"a2020", "b2021", "c2022"}
