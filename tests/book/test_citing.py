"""Citations: the same on the page and on the command line, and readable by other programs."""

from __future__ import annotations

import hashlib
import html
import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from click.testing import CliRunner
from pybtex.database import parse_string

from computebook import citation, cli, datasets
from computebook.book import citing, makers, metadata, pages, register
from computebook.exhibits import colophon, how_to_cite

EDITION = colophon.edition()
ROOT = Path(__file__).resolve().parents[2]


def edition_folder(root: Path) -> Path:
    return root / "_build" / "public" / "editions" / EDITION


def controls(root: Path, page: str) -> dict[str, str]:
    """Return the HTML of each control of a page by the id of its exhibit."""
    text = (edition_folder(root) / page).read_text("utf-8")
    found = re.findall(r'<details class="cb-cite" id="cite-([\w-]+)".*?</details>', text, re.S)
    parts = re.findall(r'<details class="cb-cite".*?</details>', text, re.S)
    return dict(zip(found, parts, strict=True))


def texts(control: str) -> list[str]:
    return [
        html.unescape(text)
        for text in re.findall(r'<pre class="cb-cite-text">(.*?)</pre>', control, re.S)
    ]


@pytest.mark.slow
@pytest.mark.parametrize("style", list(citation.STYLES))
def test_page_and_command_cite_alike(
    published: Path, monkeypatch: pytest.MonkeyPatch, style: str
) -> None:
    monkeypatch.chdir(published)
    said = CliRunner().invoke(cli.main, ["cite", "tab-gpu", "--style", style])
    assert said.exit_code == 0, said.output
    shown = texts(controls(published, "chapters/first.html")["tab-gpu"])
    assert said.output.rstrip("\n") == shown[list(citation.STYLES).index(style)]


@pytest.mark.slow
def test_a_published_edition_is_cited_from_its_record(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(published)
    words = ["cite", "fig-bandwidth", "--edition", EDITION]
    past = CliRunner().invoke(cli.main, words).output
    assert past == CliRunner().invoke(cli.main, words[:2]).output
    assert "Figure 1.1, “Two are level.”" in past
    assert f"editions/{EDITION}/chapters/first.html#fig-bandwidth" in past
    refused = CliRunner().invoke(cli.main, [*words[:3], "2020.1"])
    assert refused.exit_code == 1
    assert "edition" in refused.output


@pytest.mark.slow
def test_unknown_id_names_the_nearest(published: Path) -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("computebook")), "cite", "tab-gpus"],
        cwd=published,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "did you mean 'tab-gpu'" in done.stderr


def test_an_id_that_was_replaced_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    said = [
        CliRunner().invoke(cli.main, ["cite", f"tab-api-{end}"]) for end in ("prices", "openai")
    ]
    assert said[0].exit_code == 0, said[0].output
    assert said[0].stdout == said[1].stdout
    assert said[0].stderr == "tab-api-prices is now tab-api-openai\n"


@pytest.mark.slow
def test_pages_of_an_edition_ask_which_is_current(published: Path) -> None:
    for page, up in (("index.html", ""), ("chapters/second.html", "../")):
        text = (edition_folder(published) / page).read_text("utf-8")
        assert f'src="{up}_static/computebook/edition.js' in text


@pytest.mark.slow
def test_control_says_where_numbers_come_from(published: Path) -> None:
    found = controls(published, "chapters/first.html")
    assert set(found) == {"fig-bandwidth", "tab-gpu"}
    page = (edition_folder(published) / "chapters/first.html").read_text("utf-8")
    for name, control in found.items():
        assert f'href="#code-{name}"' in control
        assert f'id="code-{name}"' in page
        assert "A source" in control
        assert not re.search(r"\son\w+=", control), "a handler in the page breaks its policy"
    assert page.index('id="tab-gpu"') < page.index('id="cite-tab-gpu"')
    assert page.index("cb-note") < page.index('id="cite-tab-gpu"'), "the note belongs to the table"


@pytest.mark.slow
def test_programs_read_the_page(published: Path) -> None:
    page = (edition_folder(published) / "chapters/first.html").read_text("utf-8")
    tags = dict(re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)"', page))
    assert tags["citation_title"] == "Which GPU?"
    assert re.fullmatch(r"\d{4}/\d\d/\d\d", tags["citation_publication_date"])
    assert tags["DC.rights"].startswith("https://creativecommons.org/")
    assert tags["og:image"] == "../exhibits/fig-bandwidth.png"
    assert tags["og:image:alt"] == "Bars: B200 and MI355X &quot;8&quot; TB/s, H100 &lt;4."
    linked = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.S)
    told = json.loads(linked[0])
    assert told["@type"] == "Report"
    sets = {part["@id"]: part for part in told["hasPart"]}
    address = sets["#tab-gpu"]["distribution"]["contentUrl"]
    assert (edition_folder(published) / "chapters" / address).resolve().is_file()


def test_addresses_are_whole_when_the_site_has_one(report: Path) -> None:
    config = report / "_config.yml"
    config.write_text(config.read_text().replace('baseurl: ""', "baseurl: https://example.org/r"))
    work = register.read_register(report).work("tab-gpu")
    home = f"https://example.org/r/editions/{EDITION}"
    assert work.address == f"{home}/chapters/first.html#tab-gpu"
    assert json.loads(citation.csl(work))[0]["URL"] == work.address


def test_links_of_a_page_name_the_place_of_the_edition(report: Path) -> None:
    for base, home in (("", None), ("https://example.org/r", "https://example.org/r/editions/")):
        text = (ROOT / "_config.yml").read_text().replace('baseurl: ""', f'baseurl: "{base}"')
        (report / "_config.yml").write_text(text)
        config = SimpleNamespace(html_baseurl=None, ogp_site_url=None)
        metadata.set_addresses(SimpleNamespace(srcdir=report), config)  # type: ignore[arg-type]
        wanted = home and f"{home}{EDITION}/"
        assert (config.html_baseurl, config.ogp_site_url) == (wanted, wanted)


def test_bibtex_and_csl_are_read_by_others(report: Path) -> None:
    found = register.read_register(report)
    for name, exhibit in found.exhibits.items():
        work = found.work(name)
        entry = parse_string(citation.bibtex(work), "bibtex").entries[work.key]
        assert exhibit.number in entry.fields["title"]
        assert exhibit.sha256 in entry.fields["note"]
        item = json.loads(citation.csl(work))[0]
        assert item["type"] == ("figure" if exhibit.is_figure else "dataset")
        assert item["issued"]["date-parts"] == [
            [found.data_date.year, found.data_date.month, found.data_date.day]
        ]


def test_a_quoted_title_has_single_marks_within() -> None:
    date = datasets.data_date().date()
    work = citation.Work("2026.1", date, "a", "tab-a", "Table 1", '"Fast" and “good”.')
    assert ", “‘Fast’ and ‘good’.” In: " in citation.sentence(work)


def test_bibtex_escapes_what_tex_would_take_for_commands() -> None:
    work = citation.Work(
        "2026.1", datasets.data_date().date(), "a", "tab-a", "Table 1", r"5% & $_\{"
    )
    text = citation.bibtex(work)
    assert r"5\% \& \$\_\textbackslash{}\{" in text


def test_parameters_that_are_not_the_published_ones_are_said() -> None:
    date = datasets.data_date().date()
    work = citation.Work("2026.1", date, "a", "tab-a", "Table 1", "T", changed=("users = 9",))
    for style in citation.STYLES:
        assert "users = 9" in citation.citation(work, style)


def test_numbers_are_those_of_the_book() -> None:
    found = citing.register_of(ROOT)
    for page in found.pages:
        own = [e for e in found.exhibits.values() if e.chapter == page.record.chapter]
        if page.number:
            assert all(e.number.split()[1].startswith(f"{page.number}.") for e in own)
    assert len({e.number for e in found.exhibits.values()}) == len(found.exhibits)
    unmade = [e.name for e in found.exhibits.values() if not e.maker or not e.maker.path]
    assert unmade == [], "name the function of the library in the cell that shows these"


def test_every_exhibit_of_data_names_the_tables_behind_it() -> None:
    found = citing.register_of(ROOT).exhibits
    chapters = [e for e in found.values() if e.page.partition("/")[2] in pages.CHAPTERS]
    assert [e.name for e in chapters if not e.tables] == ["tab-verdict-legend"]
    assert found["tab-api-openai"].tables == ("api_prices", "commercial_models")
    drawn = set(found["fig-gpu-steps"].tables)  # from a value that an earlier cell computed
    assert {"accelerators", "architectures", "gpu_hour_prices"} <= drawn
    assert "token_profiles" not in drawn
    known = set(datasets.table_names())
    assert {table for e in found.values() for table in e.tables} <= known


@pytest.mark.parametrize(
    ("cells", "function"),
    [
        (["tables.table(exhibit.versions(), name='tab-a')"], "exhibits.colophon.versions"),
        (["v = exhibit.counts()", "charts.figure(v['a'], name='b')"], "exhibits.colophon.counts"),
        (["tables.table(print(1))"], None),
    ],
)
def test_maker_is_found_through_names(cells: list[str], function: str | None) -> None:
    imports = [
        "from computebook import tables\nfrom computebook.exhibits import colophon as exhibit"
    ]
    made = makers.maker(cells[-1], [*imports, *cells])
    assert (made.function if made else None) == (function and f"computebook.{function}")
    if made:
        line = (makers.PACKAGE / made.path).read_text("utf-8").splitlines()[made.line - 1]
        assert line.startswith(f"def {made.function.rpartition('.')[2]}(")


def test_citation_file_is_valid_and_names_the_edition() -> None:
    told = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert {"cff-version", "message", "title", "authors", "type", "license"} <= set(told)
    assert told["cff-version"] == "1.2.0"
    assert str(told["version"]) == EDITION
    assert told["title"] == citation.REPORT
    assert [author["name"] for author in told["authors"]] == [citation.AUTHOR]
    assert told["date-released"] >= datasets.data_date().date()
    preferred = told["preferred-citation"]
    assert preferred["type"] == "report"
    assert (preferred["title"], preferred["edition"]) == (citation.REPORT, EDITION)


def test_report_is_cited_in_every_style() -> None:
    assert EDITION in how_to_cite.citation("text")
    entry = parse_string(how_to_cite.citation("bibtex"), "bibtex").entries[f"computebook-{EDITION}"]
    assert entry.type == "book"
    assert hashlib.sha256(b"").hexdigest() not in how_to_cite.citation("csl")
    assert json.loads(how_to_cite.citation("csl"))[0]["type"] == "report"
