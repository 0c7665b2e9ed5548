"""The printed report: cover, contents that tell the truth, running head, nothing cut."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from pypdf import PageObject, PdfReader
from tests.book.conftest import save, shown

from computebook import errors, tables
from computebook.book import pdf, print_page, single_page
from computebook.book.browser import chromium
from computebook.book.print_page import Cover, entries
from computebook.book.single_file import single_file
from computebook.book.single_page import SitePage, joined, site_pages
from computebook.book.site import build_site

COVER = Cover(
    "What models cost",
    client='Bank <& Sons> "plc"',
    edition="2026.1",
    date=dt.date(2026, 11, 23),
    data_date=dt.date(2026, 11, 20),
    notes="<p>For the board.</p>",
    confidential=True,
)
LONG, WIDE = 90, 12


def long_table() -> tables.Table:
    rows = pd.DataFrame({"model": [f"Model {n:03d}" for n in range(LONG)], "usd": range(LONG)})
    columns = {"model": "Model", "usd": "Cost ($)"}
    return tables.table(rows, name="tab-long", caption="Many rows.", columns=columns)


def wide_table() -> tables.Table:
    cells = {f"Column{n:02d}": [f"Unbroken{n:02d}word", "x"] for n in range(WIDE)}
    return tables.table(pd.DataFrame(cells), name="tab-wide", caption="Many columns.")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of two chapters, with a long and a wide table added to the second."""
    from tests.book import conftest

    folder = tmp_path_factory.mktemp("printed")
    root: Path = conftest.report.__wrapped__(folder)  # type: ignore[attr-defined]
    notebook = nbformat.read(root / "chapters/second.ipynb", as_version=4)
    notebook.cells += [
        nbformat.v4.new_markdown_cell("## Which rows?\n\nText. [Outside](https://example.org/)."),
        shown(long_table(), "long"),
        nbformat.v4.new_markdown_cell("## Which columns?"),
        shown(wide_table(), "wide"),
    ]
    save(root / "chapters/second.ipynb", notebook.cells)
    return build_site(root, folder / "site", strict=False)


@pytest.fixture(scope="module")
def printed(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pdf.print_site(site, tmp_path_factory.mktemp("pdf") / "report.pdf", COVER)


@pytest.fixture(scope="module")
def pages(printed: Path) -> list[str]:
    return [page.extract_text() for page in PdfReader(printed).pages]


@pytest.mark.browser
def test_the_cover_says_whose_it_is(pages: list[str]) -> None:
    for words in ("What models cost", 'Bank <& Sons> "plc"', "2026.1", "23 November 2026"):
        assert words in pages[0]
    assert "For the board." in pages[0]
    assert "20 November 2026" in pages[0]
    assert "Page 1" not in pages[0]
    assert "edition 2026.1" not in pages[0]


@pytest.mark.browser
def test_contents_name_the_pages_on_which_headings_stand(
    printed: Path, pages: list[str], site: Path
) -> None:
    lines = [entry for entry in entries(joined(site_pages(site))) if entry.level]
    found = pdf.heading_pages(printed, lines)
    assert len(found) == len(lines) >= 5
    assert len(set(found.values())) >= 3
    contents = pages[1].replace("\n", " ")
    for entry in lines:
        number = found[entry.anchor]
        assert entry.title.split()[-1] in pages[number - 1]
        told = contents.partition(entry.title)[2].split()
        assert told[:1] == [str(number)] or str(number) in told


@pytest.mark.browser
def test_every_page_has_its_head_and_count(pages: list[str]) -> None:
    for number, text in enumerate(pages[1:], start=2):
        assert f"Page {number} of {len(pages)}" in text
        assert 'Bank <& Sons> "plc", edition 2026.1' in text
        assert 'Confidential: prepared for Bank <& Sons> "plc"' in text
        if "Model 0" in text:
            assert "2. What does it cost?" in text


@pytest.mark.browser
def test_no_table_is_cut(printed: Path, pages: list[str]) -> None:
    together = "".join(pages)
    assert all(f"Model {n:03d}" in together for n in range(LONG))
    # The head of a long table stands on each of its pages.
    held = [text for text in pages if "Model 0" in text]
    assert len(held) >= 2
    assert all("Cost ($)" in text for text in held)
    assert all(f"Unbroken{n:02d}word" in together for n in range(WIDE))
    page = next(p for p in PdfReader(printed).pages if "Unbroken00word" in p.extract_text())
    assert page.mediabox.width > page.mediabox.height, "it lies on its side"
    assert rightmost(page) < float(page.mediabox.width) - 30


def rightmost(page: PageObject) -> float:
    """Return where the last piece of text of a page begins, in points."""
    found: list[float] = []

    def visit(text: str, cm: list[float], tm: list[float], *_: object) -> None:
        if text.strip():
            found.append(cm[0] * tm[4] + cm[4])

    page.extract_text(visitor_text=visit)
    return max(found)


@pytest.mark.browser
def test_links_bookmarks_and_tags_are_alive(printed: Path) -> None:
    reader = PdfReader(printed)
    titles = [item.title for item in _flat(reader.outline)]
    assert "1. Which GPU?" in titles
    assert "2.1. Which rows?" in titles
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    targets, outside = set(), set()
    for page in reader.pages:
        for annotation in page.get("/Annots", []):
            link = annotation.get_object()
            if "/Dest" in link:
                targets.add(str(link["/Dest"]).lstrip("/"))
            elif "/URI" in link.get("/A", {}):
                outside.add(str(link["/A"]["/URI"]))
    known = {name.lstrip("/") for name in reader.named_destinations}
    assert targets
    assert targets <= known
    assert "https://example.org/" in outside
    assert not [address for address in outside if address.startswith("file:")]


def _flat(items: list[object]) -> list[object]:
    return [x for item in items for x in (_flat(item) if isinstance(item, list) else [item])]


@pytest.mark.browser
def test_the_same_input_gives_the_same_file(site: Path, printed: Path, tmp_path: Path) -> None:
    again = pdf.print_site(site, tmp_path / "again.pdf", COVER)
    assert again.read_bytes() == printed.read_bytes()
    assert [p.name for p in tmp_path.iterdir()] == ["again.pdf"]


@pytest.mark.browser
@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="needs poppler")
def test_charts_are_vectors_and_pages_are_not_empty(printed: Path, tmp_path: Path) -> None:
    images = [image for page in PdfReader(printed).pages for image in page.images]
    assert images == []
    command = ["pdftoppm", "-r", "40", "-gray", str(printed), str(tmp_path / "page")]
    subprocess.run(command, check=True)
    for picture in tmp_path.iterdir():
        pixels = picture.read_bytes()[15:]
        assert min(pixels) < 200, f"{picture.name} is blank"


@pytest.mark.browser
def test_a_single_file_works_from_the_disk_and_asks_for_nothing(site: Path, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(single_file(site, "Confidential: <you>"), encoding="utf-8")
    with chromium() as browser:
        page = browser.new_page()
        asked: list[str] = []
        faults: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
        page.goto(path.as_uri())
        for chart in page.query_selector_all(".cb-chart"):
            chart.scroll_into_view_if_needed()
            page.wait_for_function("chart => chart.dataset.drawn === 'live'", arg=chart)
        links = "all => all.map(a => a.getAttribute('href')).filter(h => h.startsWith('#'))"
        broken = [
            href
            for href in page.eval_on_selector_all("a[href]", links)
            if not page.evaluate("id => Boolean(document.getElementById(id))", href[1:])
        ]
        silent = browser.new_context(java_script_enabled=False).new_page()
        silent.goto(path.as_uri())
        assert silent.locator(".cb-static svg").count() == 2
        assert page.locator(".cb-mark").inner_text() == "Confidential: <you>"
        assert page.locator(".cb-chart").count() == 2
    assert (broken, faults) == ([], [])
    assert [url for url in asked if not url.startswith(("data:", "blob:"))] == [path.as_uri()]


def test_pages_stand_in_the_order_of_the_book(site: Path) -> None:
    found = [(page.part, page.title) for page in site_pages(site)]
    assert found == [
        ("", "Landing"),
        ("The report", "1. Which GPU?"),
        ("The report", "2. What does it cost?"),
        ("Reference", "References"),
    ]
    assert "second" not in [page.stem for page in site_pages(site, without=["second"])]


def test_a_folder_that_is_no_site_is_refused(tmp_path: Path) -> None:
    with pytest.raises(errors.ComputebookError, match=r"no page index\.html"):
        site_pages(tmp_path)


def test_links_to_files_that_are_not_there_are_no_links() -> None:
    page = SitePage("chapters/a.html", "", "A", '<a href="../data/x.csv">x</a><a href="#b">b</a>')
    (only,) = joined([page])
    assert only.body == '<a>x</a><a href="#b">b</a>'


def test_scripts_are_not_rewritten() -> None:
    text = '<script>const id="x"; a = \'href="b.html"\'</script><p id="x"></p>'
    first, second = (SitePage(f"{n}.html", "", n, text) for n in "ab")
    found = joined([first, second])[1].body
    assert 'const id="x"; a = \'href="b.html"\'' in found
    assert '<p id="b--x">' in found


@pytest.mark.parametrize("text", ['</style><script>"', "a\\b", 'say "x"', "Ω € –"])
def test_a_head_cannot_leave_its_style_sheet(text: str) -> None:
    css = print_page._css_string(text)
    assert "</" not in css
    assert css.startswith('"')
    assert css.count('"') - css.count('\\"') == 2


def test_styles_ask_for_nothing(site: Path) -> None:
    css = single_page.styles(site)
    assert "@import" not in css
    assert "@font-face" not in css
    assert ".bd-article" in css
