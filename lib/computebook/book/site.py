"""Render the report: a clean, strict build that is moved into place only when it is whole."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from computebook import errors
from computebook.book import editions
from computebook.book.page_foot import PDF_VARIABLE
from computebook.book.runner import book_root

_FALLBACK_EPOCH_S = "1767225600"  # 2026-01-01, for a copy without history
_LOG_SHOWN = 60
_JUPYTER_BOOK_BUILDERS = ("html", "dirhtml", "singlehtml")
_JUPYTER_BOOK = "from jupyter_book.cli.main import main; main()"


def build_site(
    source_root: Path | None = None,
    out: Path | None = None,
    strict: bool = True,
    builder: str = "html",
    pdf: Path | None = None,
    edition: str = "",
) -> Path:
    """Render the committed outputs of the chapters as a site.

    Parameters
    ----------
    source_root : pathlib.Path, optional
        Root of the report; found upwards from the working folder otherwise.
    out : pathlib.Path, optional
        Where the site goes, replaced whole; `_build/html` of the report otherwise.
    strict : bool
        Any warning fails the build, unresolved references among them.
    builder : str
        `html`, `dirhtml` or `singlehtml`, or another of Sphinx, such as `epub`.
    pdf : pathlib.Path, optional
        The report as a PDF, to be copied into the site and offered on its pages.
    edition : str
        The edition whose pages these are; empty for a site that stands alone.

    Returns
    -------
    pathlib.Path
        The folder of the site. The site that stood there remains when the build fails.

    Raises
    ------
    ComputebookError
        If the build fails; the message ends with what it said. If an id that a published
        edition promised has vanished.

    Notes
    -----
    No notebook is executed. Two builds of one source are equal byte for byte; the date in
    `SOURCE_DATE_EPOCH` is honoured and otherwise that of the last commit.
    """
    root = book_root(source_root)
    target = (out or root / "_build" / builder).resolve()
    if builder == "html":
        editions.require_promised(root)
    target.parent.mkdir(parents=True, exist_ok=True)
    # A clean build beside the target: a cached page would not repeat its warnings, and a
    # rename works only within one file system.
    with tempfile.TemporaryDirectory(prefix=".site-", dir=target.parent) as scratch:
        told = {PDF_VARIABLE: str(pdf.resolve()) if pdf else "", editions.VARIABLE: edition}
        _render(root, Path(scratch), strict, builder, told)
        built = Path(scratch) / "_build" / builder
        (built / ".buildinfo").unlink(missing_ok=True)
        _replace(built, target)
    return target


def _render(root: Path, scratch: Path, strict: bool, builder: str, told: Mapping[str, str]) -> None:
    command = [sys.executable, "-c", _JUPYTER_BOOK, "build", str(root)]
    known = builder in _JUPYTER_BOOK_BUILDERS
    kind = ["--builder", builder] if known else ["--builder", "custom", "--custom-builder", builder]
    command += ["--path-output", str(scratch), *kind, "--keep-going", "-n"]
    command += ["-W"] if strict else []
    done = subprocess.run(  # noqa: S603 - our own interpreter and fixed arguments
        command,
        env={**_environment(root, os.environ), **told},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    warnings = [line for line in done.stdout.splitlines() if "WARNING" in line or "ERROR" in line]
    if done.returncode != 0:
        said = warnings or done.stdout.splitlines()
        raise errors.ComputebookError("\n".join(["the site did not build:", *said[-_LOG_SHOWN:]]))
    if warnings:
        print("\n".join(warnings), file=sys.stderr)


def _environment(root: Path, inherited: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a build: same date, same hash order, plain text."""
    ours = dict(inherited) | {"PYTHONHASHSEED": "0", "NO_COLOR": "1", "TERM": "dumb"}
    ours.setdefault("SOURCE_DATE_EPOCH", commit_epoch_s(root))
    return ours


def commit_epoch_s(root: Path) -> str:
    """Return the time of the last commit, for builds that name no other date.

    Parameters
    ----------
    root : pathlib.Path
        Root of the report.

    Returns
    -------
    str
        Seconds since 1970; a fixed date for a copy without history.
    """
    git = shutil.which("git")
    if git is None:
        return _FALLBACK_EPOCH_S
    asked = [git, "-C", str(root), "log", "-1", "--format=%ct"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout.strip() or _FALLBACK_EPOCH_S


def _replace(built: Path, target: Path) -> None:
    """Put a finished folder where another may stand; the old one goes last."""
    old = built.parent / "old"
    if target.exists():
        target.rename(old)
    built.rename(target)


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the site, or a preview of single chapters, from the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        `--preview FILE...`, `--out FOLDER`, `--lenient`.

    Returns
    -------
    int
        0 when the build succeeded.
    """
    import argparse

    from computebook.book.preview import build_preview

    parser = argparse.ArgumentParser(prog="python -m computebook.book.site")
    parser.add_argument("--preview", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--lenient", action="store_true", help="warnings do not fail the build")
    options = parser.parse_args(arguments)
    try:
        if options.preview:
            site = build_preview(options.preview, options.out or Path("_build/preview"))
        else:
            site = build_site(out=options.out, strict=not options.lenient)
    except errors.ComputebookError as fault:
        print(fault, file=sys.stderr)
        return 1
    print(site)
    return 0


if __name__ == "__main__":
    sys.exit(main())
