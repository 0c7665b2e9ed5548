"""Put an edition where it stays: built, described by a manifest, never changed again."""

from __future__ import annotations

import hashlib
import html
import importlib.metadata
import itertools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from computebook import datasets
from computebook.book import edition_changes, editions, site
from computebook.book.register import Register, read_register
from computebook.book.runner import book_root
from computebook.charts.theme import COLOURS
from computebook.citation import REPORT
from computebook.errors import ComputebookError
from computebook.exhibits.colophon import PINNED

MANIFEST = "manifest.json"
#: Bytes that a rebuild cannot repeat: Chromium writes the time of printing into a PDF.
NOT_REPEATED = ("downloads/report.pdf",)
_LIST = "editions.json"
_PAINT = "body{{background:{paper};color:{ink}}}a{{color:{accent}}}"
_STYLE = (
    ":root{color-scheme:light dark}body{font:1rem/1.6 system-ui,sans-serif;max-width:44rem;"
    "margin:3rem auto;padding:0 1rem}table{border-collapse:collapse;font-size:.9rem}"
    "th,td{text-align:left;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #8888;"
    "vertical-align:top}caption{text-align:left;font-weight:600;padding:.5rem 0}"
    ".wide{overflow-x:auto}"
)


def publish(
    source_root: Path | None, edition: str, out: Path | None = None, pdf: Path | None = None
) -> Path:
    """Build an edition and put it at `editions/<edition>/`, once and for all.

    Parameters
    ----------
    source_root : pathlib.Path or None
        Root of the report; found upwards from the working folder otherwise.
    edition : str
        The edition that the checkout is.
    out : pathlib.Path, optional
        Folder of all editions; `_build/public` of the report otherwise.
    pdf : pathlib.Path, optional
        The report as a PDF, to be offered by the pages.

    Returns
    -------
    pathlib.Path
        Folder of the edition.

    Raises
    ------
    ComputebookError
        If the edition is published, is not what the checkout is, has uncommitted changes, or a
        published edition is no longer what its manifest says.
    """
    root = book_root(source_root)
    public = (out or root / "_build" / "public").resolve()
    target = public / "editions" / edition
    register = read_register(root)
    _require_publishable(root, register, edition, target)
    for folder in published_folders(public):
        require_untouched(folder)
    staging = target.with_name(f".{edition}-unfinished")
    try:
        build_edition(root, register, staging, pdf)
        staging.rename(target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    _write_record(root, register)
    write_front(public)
    return target


def _require_publishable(root: Path, register: Register, edition: str, target: Path) -> None:
    if target.exists():
        raise ComputebookError(
            f"edition {edition} is published in {target} and does not change: give the report a "
            f"new version, or compare with `computebook rebuild {edition}`"
        )
    if edition != register.edition:
        raise ComputebookError(
            f"edition = {edition!r} is not this checkout: its version says {register.edition}"
        )
    changed = _git(root, "status", "--porcelain")
    if changed:
        raise ComputebookError(
            f"an edition is built from a commit, and {len(changed.splitlines())} files differ "
            "from it: commit them first"
        )


def _git(root: Path, *words: str) -> str:
    """Return what git says, empty where there is no git or no history."""
    git = shutil.which("git")
    if git is None or not (root / ".git").exists():
        return ""
    done = subprocess.run(  # noqa: S603 - fixed program and arguments
        [git, "-C", str(root), *words], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def build_edition(root: Path, register: Register, out: Path, pdf: Path | None) -> None:
    """Build the site of an edition with its manifest.

    Parameters
    ----------
    root : pathlib.Path
        Root of the report.
    register : Register
        Its exhibits.
    out : pathlib.Path
        Where the folder goes.
    pdf : pathlib.Path or None
        The report as a PDF.
    """
    site.build_site(root, out, pdf=pdf, edition=register.edition)
    content = json.dumps(manifest(root, register, out), ensure_ascii=False, indent=1)
    (out / MANIFEST).write_text(f"{content}\n", encoding="utf-8")


def manifest(root: Path, register: Register, folder: Path) -> dict[str, Any]:
    """Return everything that an edition is made of, with hashes.

    Parameters
    ----------
    root : pathlib.Path
        Root of the report.
    register : Register
        Its exhibits.
    folder : pathlib.Path
        The built site.

    Returns
    -------
    dict
        Edition, commit, versions, parameters, findings, hashes of code, data and files.
    """
    records = {page.record.chapter: page.record for page in register.pages}
    return {
        **register.as_json(),
        "commit": _git(root, "rev-parse", "HEAD"),
        "source_date_epoch": os.environ.get("SOURCE_DATE_EPOCH") or site.commit_epoch_s(root),
        "python": ".".join(map(str, sys.version_info[:2])),
        "packages": {name: importlib.metadata.version(name) for name in PINNED},
        "parameters": {name: record.parameters for name, record in records.items()},
        "takeaways": {n: [t.text for t in r.takeaways] for n, r in records.items()},
        "inputs": {
            "code": hashes(Path(__file__).resolve().parents[1], ("*.py", "*.js")),
            "data": hashes(datasets.data_folder(), ("*.csv", "*.json")),
            "notebooks": {page.name: _sha256(page.path) for page in register.pages},
            "other": {n: _sha256(root / n) for n in _OTHER if (root / n).is_file()},
        },
        "redirects": editions.redirects(root),
        "files": hashes(folder, ("*",)),
    }


_OTHER = ("requirements.lock", "references.bib", "_config.yml", "_toc.yml", "pyproject.toml")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def hashes(folder: Path, patterns: tuple[str, ...]) -> dict[str, str]:
    """Return the SHA-256 of the files of a folder.

    Parameters
    ----------
    folder : pathlib.Path
        Searched with all below it.
    patterns : tuple of str
        Which names count.

    Returns
    -------
    dict of str to str
        By path below the folder, sorted.
    """
    found = {path for pattern in patterns for path in folder.rglob(pattern) if path.is_file()}
    return {path.relative_to(folder).as_posix(): _sha256(path) for path in sorted(found)}


def published_folders(public: Path) -> list[Path]:
    """Return the folders of the published editions, oldest first.

    Parameters
    ----------
    public : pathlib.Path
        Folder of all editions.

    Returns
    -------
    list of pathlib.Path
        Each with a manifest.
    """
    found = [path.parent for path in (public / "editions").glob(f"[0-9]*/{MANIFEST}")]
    return sorted(found, key=lambda folder: editions.version_key(folder.name))


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a published edition.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of the edition.

    Returns
    -------
    dict
        As `manifest` wrote it.

    Raises
    ------
    ComputebookError
        If there is none.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise ComputebookError(f"no published edition at {folder}: {MANIFEST} is missing")
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return content


def require_untouched(folder: Path) -> None:
    """Raise when a published edition is no longer what its manifest says.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of the edition.

    Raises
    ------
    ComputebookError
        If a file was changed, added or removed; the sentence names the first ones.
    """
    promised = read_manifest(folder)["files"]
    found = hashes(folder, ("*",))
    found.pop(MANIFEST, None)
    odd = sorted(name for name in promised | found if promised.get(name) != found.get(name))
    if odd:
        raise ComputebookError(
            f"edition {folder.name} in {folder} was changed after publication: "
            f"{', '.join(odd[:5])}{' and more' if len(odd) > 5 else ''}"
        )


def _write_record(root: Path, register: Register) -> None:
    """Leave what later editions have to keep, to be committed with the report."""
    path = root / editions.RECORDS / f"{register.edition}.json"
    path.parent.mkdir(exist_ok=True)
    text = json.dumps(register.as_json(), ensure_ascii=False, indent=1)
    path.write_text(f"{text}\n", encoding="utf-8")
    editions.published.cache_clear()


def write_front(public: Path) -> None:
    """Write what stands beside the editions: front page, list of editions, what changed.

    Parameters
    ----------
    public : pathlib.Path
        Folder of all editions.
    """
    folders = published_folders(public)
    told = listing(folders)
    text = json.dumps(told, ensure_ascii=False, indent=1)
    (public / _LIST).write_text(f"{text}\n", encoding="utf-8")
    script = f"window.computebookEditions = {text};\n"
    (public / "editions.js").write_text(script, encoding="utf-8")
    links = []
    for old, new in itertools.pairwise(folders):
        name = f"changes-{old.name}-{new.name}.html"
        body = edition_changes.changes_html(edition_changes.compare(old, new))
        title = f"What changed from edition {old.name} to {new.name}"
        (public / name).write_text(front_page(title, body), encoding="utf-8")
        links.append((name, title))
    (public / "index.html").write_text(_index(told, links), encoding="utf-8")


def listing(folders: list[Path]) -> dict[str, Any]:
    """Return what old pages have to know of the current edition.

    Parameters
    ----------
    folders : list of pathlib.Path
        Folders of the editions, oldest first.

    Returns
    -------
    dict
        `current`, `editions`, the `pages` of the current one and where its `exhibits` stand.
    """
    current = folders[-1]
    shown = read_manifest(current)["exhibits"]
    pages = [path.relative_to(current).as_posix() for path in current.rglob("*.html")]
    places = {item["name"]: f"{item['page']}.html#{item['name']}" for item in shown}
    return {
        "current": current.name,
        "editions": [
            {"edition": f.name, "data_date": read_manifest(f)["data_date"]} for f in folders
        ],
        "pages": sorted(name for name in pages if not name.startswith("_")),
        "exhibits": places | _former(current, places),
    }


def _former(current: Path, places: Mapping[str, str]) -> dict[str, str]:
    """Return where exhibits went that earlier editions showed under another id."""
    targets = read_manifest(current).get("redirects", {})
    return {old: places[new] for old, new in targets.items() if new in places}


def front_page(title: str, body: str) -> str:
    """Return a page that stands beside the editions: no script, no other file.

    Parameters
    ----------
    title : str
        Plain text.
    body : str
        HTML.

    Returns
    -------
    str
        HTML.
    """
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}{_paint('light')}"
        f"@media(prefers-color-scheme:dark){{{_paint('dark')}}}</style></head>\n"
        f"<body><main><h1>{html.escape(title)}</h1>\n{body}</main></body></html>\n"
    )


def _paint(theme: str) -> str:
    return _PAINT.format(**{name: getattr(colour, theme) for name, colour in COLOURS.items()})


def _index(told: Mapping[str, Any], changes: list[tuple[str, str]]) -> str:
    current = told["current"]
    rows = [
        f'<li><a href="editions/{e["edition"]}/index.html">Edition {e["edition"]}</a>, data of '
        f"{e['data_date']}{' (current)' if e['edition'] == current else ''}: "
        f'<a href="editions/{e["edition"]}/{MANIFEST}">manifest</a></li>'
        for e in reversed(told["editions"])
    ]
    rows += [f'<li><a href="{name}">{title}</a></li>' for name, title in reversed(changes)]
    body = (
        f'<p>The current edition is <strong><a href="editions/{current}/index.html">{current}</a>'
        f"</strong>.</p>\n<h2>All editions</h2>\n<ul>{''.join(rows)}</ul>\n"
    )
    return front_page(REPORT, body)
