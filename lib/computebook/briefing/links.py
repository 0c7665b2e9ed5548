"""Turn links to chapters that a briefing leaves out into words that stand without them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

from computebook.book import contents, notebooks

__all__ = ["missing_targets", "unlink", "unlinked"]

_ROLE: Final = re.compile(
    r"\{(?P<role>doc|numref|eq|ref)\}`(?:(?P<text>[^`<]*?)\s*<)?(?P<target>[^`<>]+)>?`"
)
_TITLE: Final = re.compile(r"^#\s+(.+)$", re.MULTILINE)
#: How a page names what can be pointed at: an exhibit's name, an equation's, a section's.
_LABELS: Final = re.compile(
    r"name\W{1,6}((?:fig|tab)-[\w-]+)|\((eq-[\w-]+)\)|^\(([a-z][\w-]*)\)=", re.MULTILINE
)
_KINDS: Final = {"fig": "a figure", "tab": "a table", "eq": "an equation"}


def unlink(tree: Path, root: Path) -> None:
    """Rewrite the chapters of a tree so that none points at a page that is not there.

    Parameters
    ----------
    tree : pathlib.Path
        Root of the tree, its notebooks executed; what they show is changed, not their code.
    root : pathlib.Path
        Root of the published report.
    """
    missing = missing_targets(tree, root)
    for path in sorted((tree / "chapters").glob("[!.]*.ipynb")):
        notebook = notebooks.read(path)
        for cell in notebook["cells"]:
            if cell["cell_type"] == "markdown":
                cell["source"] = unlinked(cell["source"], missing)
            elif "outputs" in cell:
                cell["outputs"] = [_unlinked_values(o, missing) for o in cell["outputs"]]
        notebooks.write(path, notebooks.as_text(notebook))


def missing_targets(tree: Path, root: Path) -> dict[str, str]:
    """Return what only the published report has: pages and labels, with the words for each.

    Parameters
    ----------
    tree, root : pathlib.Path
        Roots of the tree and of the published report.
    """
    here = {path.stem for path in (tree / "chapters").glob("[!.]*")}
    words: dict[str, str] = {}
    for page in sorted((root / "chapters").glob("[!.]*")):
        if page.suffix not in (".ipynb", ".md") or page.stem in here:
            continue
        text = page_text(page)
        found = _TITLE.search(text)
        title = found[1] if found else page.stem
        words[page.stem] = f"*{title}* in the published report"
        for label in labels_of(page):
            kind = _KINDS.get(label.split("-")[0], "a section")
            words[label] = f"{kind} of *{title}* in the published report"
    return words


def labels_of(page: Path) -> set[str]:
    """Return what one can point at on a page: sections, equations, and its exhibits as executed.

    An exhibit may get its name anywhere in the library, so its name is read off what it shows.
    """
    found = {next(filter(None, groups)) for groups in _LABELS.findall(page_text(page))}
    if page.suffix != ".ipynb":
        return found
    record = contents.read_chapter(page)
    return found | set(record.tables) | set(record.figures)


def page_text(page: Path) -> str:
    """Return what a page says: its text, and the code of its cells."""
    if page.suffix != ".ipynb":
        return page.read_text("utf-8")
    return "\n".join(cell["source"] for cell in notebooks.read(page)["cells"])


def unlinked(text: str, missing: dict[str, str]) -> str:
    """Return a text in which links to missing targets are words.

    Parameters
    ----------
    text : str
        MyST.
    missing : dict
        From `missing_targets`.

    Examples
    --------
    >>> missing = {"validation": "*Right?* in the published report"}
    >>> unlinked("See {doc}`validation` and the {doc}`model <validation>`.", missing)
    'See *Right?* in the published report and the model.'
    """

    def words(role: re.Match[str]) -> str:
        target = role["target"].strip().rsplit("/", 1)[-1]
        if target not in missing:
            return role[0]
        return (role["text"] or "").strip() or missing[target]

    return _ROLE.sub(words, text)


def _unlinked_values(value: Any, missing: dict[str, str]) -> Any:
    """Return an output with every text in it unlinked."""
    if "{" not in json.dumps(value):
        return value
    if isinstance(value, str):
        return unlinked(value, missing)
    if isinstance(value, dict):
        return type(value)({key: _unlinked_values(item, missing) for key, item in value.items()})
    return [_unlinked_values(item, missing) for item in value] if isinstance(value, list) else value
