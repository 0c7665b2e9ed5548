"""The report itself: two builds of one source are equal byte for byte, and fit a budget."""

import filecmp
from pathlib import Path

import pytest

from computebook.book import site

ROOT = Path(__file__).parents[2]
#: A chapter without the shared bundle, bytes before compression.
PAGE_BUDGET = 2_500_000


def files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the site that `make` has built, or build it."""
    built = ROOT / "_build" / "html"
    return built if (built / "index.html").is_file() else site.build_site(ROOT)


@pytest.mark.slow
def test_two_builds_are_equal(first: Path, tmp_path: Path) -> None:
    second = site.build_site(ROOT, tmp_path / "again")
    assert files(first) == files(second)
    _, differing, unreadable = filecmp.cmpfiles(first, second, files(first), shallow=False)
    assert (differing, unreadable) == ([], [])


@pytest.mark.slow
def test_pages_fit_their_budget(first: Path) -> None:
    sizes = {p.name: p.stat().st_size for p in (first / "chapters").glob("*.html")}
    assert {name: size for name, size in sizes.items() if size > PAGE_BUDGET} == {}
    assert len(sizes) >= 14
