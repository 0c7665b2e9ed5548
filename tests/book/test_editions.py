"""Editions: published once, never changed, compared, rebuilt; ids that stay."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from computebook import cli
from computebook.book import edition_changes, editions, publishing, rebuilding, register
from computebook.errors import ComputebookError
from computebook.exhibits import colophon

EDITION = colophon.edition()
LATER = "2099.1"


@pytest.fixture
def promised(report: Path) -> Path:
    """Root of a report that has published an edition with what it shows now."""
    publishing._write_record(report, register.read_register(report))
    return report


def rename(root: Path, old: str, new: str) -> None:
    for path in [root / "index.ipynb", *(root / "chapters").glob("*.ipynb")]:
        path.write_text(path.read_text("utf-8").replace(old, new), encoding="utf-8")


def redirect(root: Path, old: str, new: str) -> None:
    text = f"exhibit_id,redirect_to,since_edition,reason\n{old},{new},{LATER},renamed\n"
    (root / editions.REDIRECTS).write_text(text)
    editions.redirects.cache_clear()


def test_an_id_that_vanishes_stops_the_build(promised: Path) -> None:
    editions.require_promised(promised)
    rename(promised, "tab-gpu", "tab-accelerators")
    with pytest.raises(ComputebookError, match="have vanished: tab-gpu; keep them"):
        editions.require_promised(promised)
    redirect(promised, "tab-gpu", "tab-accelerator")
    with pytest.raises(ComputebookError, match="did you mean 'tab-accelerators'"):
        editions.require_promised(promised)
    redirect(promised, "tab-gpu", "tab-accelerators")
    editions.require_promised(promised)
    found = register.read_register(promised)
    assert editions.former_names(promised, found, "tab-accelerators") == ["tab-gpu"]


def test_an_id_in_use_is_not_redirected(promised: Path) -> None:
    redirect(promised, "tab-gpu", "fig-price")
    with pytest.raises(ComputebookError, match="'tab-gpu' is in use"):
        editions.require_promised(promised)


def test_redirects_do_not_go_round(tmp_path: Path) -> None:
    (tmp_path / editions.RECORDS).mkdir()
    (tmp_path / editions.REDIRECTS).write_text("exhibit_id,redirect_to\ntab-a,tab-b\ntab-b,tab-a\n")
    with pytest.raises(ComputebookError, match="tab-a to tab-b to tab-a is a circle"):
        editions.redirects(tmp_path)


def test_an_exhibit_that_moves_is_found_from_its_old_page(promised: Path, tmp_path: Path) -> None:
    shutil.move(promised / "chapters/second.ipynb", promised / "chapters/costs.ipynb")
    toc = promised / "_toc.yml"
    toc.write_text(toc.read_text().replace("chapters/second", "chapters/costs"))
    found = register.read_register(promised)
    moved = editions.moved_from(promised, found, "chapters/second")
    assert {old: new.page for old, new in moved.items()} == {"fig-price": "chapters/costs"}
    editions.write_gone_pages(promised, found, tmp_path / "site")
    page = (tmp_path / "site/chapters/second.html").read_text()
    assert 'id="fig-price"' in page
    assert 'href="../chapters/costs.html#fig-price"' in page


@pytest.mark.slow
def test_manifest_says_what_an_edition_is_made_of(published: Path) -> None:
    folder = published / "_build/public/editions" / EDITION
    told = publishing.read_manifest(folder)
    assert len(told["commit"]) == 40
    assert told["parameters"]["first"] == {"users": 5}
    assert told["takeaways"]["index"] == [r"It costs \$5 and \$6."]
    assert {item["name"] for item in told["exhibits"]} == {"fig-bandwidth", "tab-gpu", "fig-price"}
    assert {"code", "data", "notebooks", "other"} == set(told["inputs"])
    publishing.require_untouched(folder)


@pytest.mark.slow
def test_a_published_edition_is_never_built_over(published: Path) -> None:
    with pytest.raises(ComputebookError, match=f"edition {EDITION} is published"):
        publishing.publish(published, EDITION)
    with pytest.raises(ComputebookError, match=f"its version says {EDITION}"):
        publishing.publish(published, LATER)


def test_uncommitted_changes_are_not_published(
    report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "_git", lambda *_: " M chapters/first.ipynb")
    with pytest.raises(ComputebookError, match="commit them first"):
        publishing.publish(report, EDITION)


def later_edition(public: Path) -> Path:
    """Return a second edition in which one price and one parameter differ."""
    old, new = public / "editions" / EDITION, public / "editions" / LATER
    shutil.copytree(old, new)
    told = publishing.read_manifest(new)
    path = new / "exhibits/tab-gpu.csv"
    path.write_text(path.read_text().replace("27500", "30250"))
    path.rename(path.with_name("tab-cards.csv"))
    for item in told["exhibits"]:
        item["name"] = item["name"].replace("tab-gpu", "tab-cards")
        item["sha256"] = publishing._sha256(new / "exhibits" / f"{item['name']}.csv")
    told["exhibits"] = [item for item in told["exhibits"] if item["name"] != "fig-price"]
    told |= {"edition": LATER, "redirects": {"fig-cost": "fig-bandwidth", "tab-gpu": "tab-cards"}}
    told["parameters"]["first"]["users"] = 7
    told["files"] = publishing.hashes(new, ("*",)) | {}
    told["files"].pop(publishing.MANIFEST)
    (new / publishing.MANIFEST).write_text(json.dumps(told))
    return new


@pytest.mark.slow
def test_two_editions_are_compared_and_the_front_page_says_which_is_current(
    published: Path, tmp_path: Path
) -> None:
    public = tmp_path / "public"
    shutil.copytree(published / "_build/public", public)
    new = later_edition(public)
    changes = edition_changes.compare(public / "editions" / EDITION, new)
    kinds = {change.name: change.kind for change in changes.exhibits}
    assert kinds == {"tab-cards": "changed", "fig-price": "gone"}
    table = next(change for change in changes.exhibits if change.name == "tab-cards")
    move = table.moves[0]
    assert (move.row, move.column, move.old, move.new) == ("H100 SXM", "Price ($)", 27500, 30250)
    assert move.percent == pytest.approx(10)
    assert table.reasons == ("parameter users of first: 5 to 7",)
    assert "parameter users of first: 5 to 7" in changes.inputs

    publishing.write_front(public)
    told = json.loads((public / "editions.json").read_text())
    assert told["current"] == LATER
    assert told["exhibits"]["fig-cost"] == "chapters/first.html#fig-bandwidth"
    front = (public / "index.html").read_text()
    assert f'<strong><a href="editions/{LATER}/index.html">{LATER}</a></strong>' in front
    page = (public / f"changes-{EDITION}-{LATER}.html").read_text()
    assert "<td>27,500</td><td>30,250</td><td>+10%</td>" in page
    assert f'href="editions/{EDITION}/chapters/second.html#fig-price"' in page
    assert f'href="editions/{EDITION}/chapters/first.html#tab-gpu"' in page
    assert f'href="editions/{LATER}/chapters/first.html#tab-cards"' in page


def test_a_new_row_moves_no_number_of_the_rows_after_it() -> None:
    heads = ("Model", "Context", "GB")
    old = [dict(zip(heads, row, strict=True)) for row in (("A", "8k", "1"), ("A", "32k", "4"))]
    new = [dict(zip(heads, row, strict=True)) for row in (("A", "16k", "2"), ("A", "32k", "5"))]
    pairs = edition_changes.aligned(old, [old[0], *new])
    assert len(pairs) == 2
    moves = list(edition_changes.moved(pairs))
    assert [(move.row, move.old, move.new) for move in moves] == [("A · 32k", 4, 5)]


@pytest.mark.slow
def test_a_touched_edition_is_noticed(published: Path, tmp_path: Path) -> None:
    folder = tmp_path / EDITION
    shutil.copytree(published / "_build/public/editions" / EDITION, folder)
    (folder / "index.html").write_text("another")
    (folder / "new.html").write_text("new")
    with pytest.raises(ComputebookError, match=r"changed after publication: index.html, new.html"):
        publishing.require_untouched(folder)


@pytest.mark.slow
def test_an_edition_is_rebuilt_byte_for_byte(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(published)
    said = CliRunner().invoke(cli.main, ["rebuild", EDITION])
    assert said.exit_code == 0, said.output
    assert "is equal byte for byte" in said.output
    folder = published / "_build/public/editions" / EDITION
    other = tmp_path / EDITION
    shutil.copytree(folder, other)
    (other / "index.html").write_text("another")
    (other / "search.html").unlink()
    found = rebuilding.compare_folders(EDITION, "HEAD", folder, other)
    assert (found.differing, found.missing) == (("index.html",), ("search.html",))
    assert "search.html: not built again" in rebuilding.told(found)


def test_rebuild_needs_a_published_edition(report: Path) -> None:
    with pytest.raises(ComputebookError, match="no published edition at"):
        rebuilding.rebuild(EDITION, source_root=report)
