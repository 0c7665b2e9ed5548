from __future__ import annotations

import filecmp
import re
from pathlib import Path

import pytest

from computebook.book import preview, site
from computebook.errors import ComputebookError

pytestmark = pytest.mark.slow


def differing(one: Path, other: Path) -> list[str]:
    """Return the files that are not equal byte for byte in two folders."""
    names = [sorted(p.relative_to(top) for top_ in [top] for p in top_.rglob("*") if p.is_file())
             for top in (one, other)]  # fmt: skip
    assert names[0] == names[1]
    return [str(name) for name in names[0] if not filecmp.cmp(one / name, other / name, False)]


def test_site_is_numbered_complete_and_equal_on_every_build(
    report: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    built = site.build_site(report)
    assert built == report / "_build/html"
    again = site.build_site(report, tmp_path / "again")
    assert differing(built, again) == []

    first = (built / "chapters/first.html").read_text()
    text = re.sub(r"<[^>]+>", "", first)
    assert "Figure 1.1" in text
    assert "Table 1.1" in text
    assert "Figure 2.1" in re.sub(r"<[^>]+>", "", (built / "chapters/second.html").read_text())
    assert "<math" in first
    assert first.count('class="cb-static"') == 1
    assert 'id="fig-bandwidth"' in first
    assert "(Figure 1.1, Table 1.1)" in re.sub(r"<[^>]+>", "", (built / "index.html").read_text())
    assert "$5 and $6" in (built / "index.html").read_text()
    for page in built.rglob("*.html"):
        assert "thebe" not in page.read_text()
        assert 'role="list"' not in page.read_text()
    assert first.index('class="cb-chart"') < first.index("Show code")
    assert (built / "404.html").is_file()
    assert sorted(path.name for path in (report / "_build").iterdir()) == ["html"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{numref}`fig-missing`", "fig-missing"),
        ("{cite}`nobody2020`", "nobody2020"),
        ("{doc}`nowhere`", "nowhere"),
        ("$\\frobnicate x$", "formula not understood"),
    ],
)
def test_what_does_not_resolve_fails_and_keeps_the_old_site(
    report: Path, text: str, message: str
) -> None:
    old = report / "_build/html"
    old.mkdir(parents=True)
    (old / "index.html").write_text("old")
    page = report / "chapters/references.md"
    page.write_text(f"{page.read_text()}\n\n{text}\n")
    with pytest.raises(ComputebookError, match=message):
        site.build_site(report)
    assert (old / "index.html").read_text() == "old"
    assert [path.name for path in (report / "_build").iterdir()] == ["html"]


def test_a_chart_without_name_fails(report: Path) -> None:
    page = report / "chapters/first.ipynb"
    page.write_text(page.read_text().replace('"computebook": {', '"someone": {'))
    with pytest.raises(ComputebookError, match="unknown output mime type"):
        site.build_site(report)


def test_preview_shows_one_chapter_alone(report: Path, tmp_path: Path) -> None:
    out = preview.build_preview([report / "chapters/second.ipynb"], tmp_path / "shown", report)
    assert "cb-static" in (out / "chapters/second.html").read_text()
    with pytest.raises(ComputebookError, match="no page at"):
        preview.build_preview([report / "chapters/third.ipynb"], tmp_path / "shown", report)


def test_e_book_has_pictures_instead_of_charts(report: Path) -> None:
    book = site.build_site(report, builder="epub", strict=False)
    page = (book / "chapters/first.xhtml").read_text()
    assert re.search(r'<img alt="Bars: B200[^>]*src="\.\./_images/fig-bandwidth-\w+\.png"', page)
