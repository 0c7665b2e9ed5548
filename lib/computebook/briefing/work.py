"""The jobs of one client: prepare its tree, make its pages, write its formats, close its folder.

`make_pages` and `write_formats` run in processes of their own, the short ones in the driver.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from computebook import datasets, provenance
from computebook.book import notebooks, runner
from computebook.briefing import client_data, digests, links, manifest, tree
from computebook.briefing.request import Briefing

__all__ = [
    "FORMATS",
    "Places",
    "Plan",
    "close_folder",
    "keep_notebooks",
    "make_pages",
    "prepare",
    "write_formats",
]

PAGE_FORMATS: Final = ("site", "html", "pdf")
FORMATS: Final = (*PAGE_FORMATS, "xlsx", "json")
NOTEBOOKS: Final = "notebooks"
EXECUTE, OWN, PUBLISHED, SHARED = "execute", "own", "published", "shared"


@dataclass(frozen=True)
class Places:
    """Where the work on one client happens.

    Parameters
    ----------
    root : pathlib.Path
        Root of the published report.
    staging : pathlib.Path
        Hidden folder beside the target.
    target : pathlib.Path
        The client's folder, finished before or not there yet.
    """

    root: Path
    staging: Path
    target: Path

    @property
    def book(self) -> Path:
        """Root of the tree that is executed and built."""
        return self.staging / "book"

    @property
    def data(self) -> Path:
        """Folder of the merged tables."""
        return self.book / tree.DATA

    @property
    def finished(self) -> Path:
        """Folder that will become the target."""
        return self.staging / "finished"

    @property
    def failed(self) -> Path:
        """Folder beside the target that says why a client failed."""
        return self.target.with_name(f"{self.target.name}.failed")

    def chapter(self, name: str) -> Path:
        """Return the notebook of a chapter in the tree."""
        return self.book / "chapters" / f"{name}.ipynb"


@dataclass(frozen=True)
class Plan:
    """What has to be done for one client.

    Parameters
    ----------
    ways : dict
        By chapter: `execute`, or where its outputs are taken from: `own` (an earlier run for this
        client), `published` (the report), `shared` (the report, executed afresh once for all).
    sources : dict
        Digest of each chapter's cells.
    code : str
        Digest of library and lock file.
    data : dict
        Digests of the merged data.
    opened : dict
        By chapter that is not executed: what it had opened.
    """

    ways: dict[str, str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    code: str = ""
    data: dict[str, str] = field(default_factory=dict)
    opened: dict[str, tuple[str, ...]] = field(default_factory=dict)


def prepare(places: Places, briefing: Briefing) -> Plan:
    """Make the client's tree with its merged data, and find out which chapters must be executed.

    Parameters
    ----------
    places : Places
        Where.
    briefing : Briefing
        Whose.
    """
    places.book.mkdir(parents=True)
    places.finished.mkdir()
    client_data.data_folder(briefing, places.data)
    tree.build_tree(places.root, briefing.chapters, places.book)
    data = digests.data(places.data, places.data / "references.bib")
    published = digests.data(datasets.data_folder(), provenance.reference_file())
    code = digests.combined(digests.code(places.root))
    names = tree.notebook_names(places.book)
    sources = {name: digests.source(places.chapter(name)) for name in names}
    plan = Plan({}, sources, code, data)
    for name in names:
        overrides = changed_parameters(briefing, name)
        way, opened = _way(places, plan, name, overrides, published)
        plan.ways[name] = way
        if opened is not None:
            plan.opened[name] = opened
    return plan


def changed_parameters(briefing: Briefing, chapter: str) -> dict[str, Any]:
    """Return the parameters of a chapter that differ from the published ones."""
    given = briefing.parameters.get(chapter, {})
    declared = {p.name: p.default for p in runner.declared_parameters(chapter)}
    return {name: value for name, value in given.items() if value != declared.get(name)}


def _way(
    places: Places,
    plan: Plan,
    name: str,
    overrides: Mapping[str, Any],
    published: Mapping[str, str],
) -> tuple[str, tuple[str, ...] | None]:
    own = _own_outputs(places, plan, name, overrides)
    if own is not None:
        return OWN, own
    if overrides:
        return EXECUTE, None
    notebook = places.root / "chapters" / f"{name}.ipynb"
    key = notebooks.cache_key(notebook, places.root, {})
    opened = runner.opened_by(notebook, places.root, key)
    if opened is not None and _same_data(opened, plan.data, published):
        return PUBLISHED, opened
    if opened is None and dict(plan.data) == dict(published):
        return SHARED, None
    return EXECUTE, None


def _same_data(opened: Sequence[str], mine: Mapping[str, str], theirs: Mapping[str, str]) -> bool:
    if set(mine) != set(theirs):
        return False
    return digests.opened_data(opened, mine) == digests.opened_data(opened, theirs)


def _own_outputs(
    places: Places, plan: Plan, name: str, overrides: Mapping[str, Any]
) -> tuple[str, ...] | None:
    """Put this client's earlier outputs of a chapter into the tree if they still hold."""
    known = ((manifest.read(places.target) or {}).get("executions") or {}).get(name)
    outputs = places.target / NOTEBOOKS / f"{name}.ipynb"
    if known is None or not outputs.is_file() or digests.file(outputs) != known.get("notebook"):
        return None
    if not digests.is_reusable(known, plan.sources[name], plan.code, overrides, plan.data):
        return None
    shutil.copyfile(outputs, places.chapter(name))
    return tuple(known["opened"])


def keep_notebooks(places: Places, shared: Mapping[str, Path]) -> None:
    """Keep the executed notebooks as they are: for the client, and for its next run.

    Parameters
    ----------
    places : Places
        Where; every chapter that had to be is executed.
    shared : mapping
        By chapter: outputs of the report that were executed afresh for all.
    """
    for name, path in shared.items():
        shutil.copyfile(path, places.chapter(name))
    kept = places.finished / NOTEBOOKS
    kept.mkdir()
    for name in tree.notebook_names(places.book):
        shutil.copyfile(places.chapter(name), kept / f"{name}.ipynb")


def make_pages(places: Places, briefing: Briefing, formats: Sequence[str]) -> None:
    """Put cover and changes into the tree, if pages are asked for, and mend its links.

    Parameters
    ----------
    places : Places
        Where.
    briefing : Briefing
        Whose.
    formats : sequence of str
        What is asked for.
    """
    from computebook.book import contents
    from computebook.briefing import changes, client_usage, cover

    if set(formats) & set(PAGE_FORMATS):
        old, new = contents.read_report(places.root), contents.read_report(places.book)
        difference = changes.compare({name: old[name] for name in new if name in old}, new)
        cover.write_pages(places.book, briefing, difference, client_usage.ledger_summary(briefing))
    links.unlink(places.book, places.root)


def write_formats(places: Places, briefing: Briefing, formats: Sequence[str]) -> None:
    """Write some of the formats into the folder to be.

    Parameters
    ----------
    places : Places
        Where; the tree has its pages.
    briefing : Briefing
        Whose.
    formats : sequence of str
        Some of `FORMATS`.
    """
    from computebook.briefing import outputs

    outputs.write(places.book, briefing, places.root, places.finished, tuple(formats))


def close_folder(
    places: Places,
    briefing: Briefing,
    plan: Plan,
    opened: Mapping[str, tuple[str, ...]],
    asked: Mapping[str, Any],
) -> None:
    """Write the manifest, the last file of a client's folder.

    Parameters
    ----------
    places : Places
        Where; all formats are written.
    briefing : Briefing
        Whose.
    plan : Plan
        From `prepare`.
    opened : mapping
        By chapter: which files of the data its kernel opened.
    asked : mapping
        From `manifest.request`.
    """
    records = {}
    for name in plan.ways:
        record = digests.record(
            plan.sources[name],
            plan.code,
            changed_parameters(briefing, name),
            opened.get(name, ("*",)),
            plan.data,
        )
        notebook = places.finished / NOTEBOOKS / f"{name}.ipynb"
        records[name] = record | {"notebook": digests.file(notebook)}
    manifest.write(places.finished, briefing, asked, records, plan.data)
