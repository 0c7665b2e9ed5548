"""Build a published edition again from its commit, and compare byte for byte."""

from __future__ import annotations

import contextlib
import filecmp
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from computebook.book import page_foot, publishing
from computebook.book.register import read_register
from computebook.book.runner import book_root
from computebook.errors import ComputebookError

_AGAIN = "from computebook.book.rebuilding import build_again; build_again()"
_SHOWN = 8


@dataclass(frozen=True)
class Comparison:
    """How a rebuilt edition compares with the published one.

    Parameters
    ----------
    edition, source : str
        The edition, and the tag or commit that it was built again from.
    differing, missing, added : tuple of str
        Files of other bytes, files that were not built again, files that were not published.
    packages : tuple of str
        Packages that are not those of the edition, as `name was, is`.
    inputs : tuple of str
        Files of code, data and text that are not those of the edition.
    """

    edition: str
    source: str
    differing: tuple[str, ...]
    missing: tuple[str, ...]
    added: tuple[str, ...]
    packages: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        """Whether every byte is the same."""
        return not (self.differing or self.missing or self.added)


def rebuild(
    edition: str,
    public: Path | None = None,
    source: str | None = None,
    source_root: Path | None = None,
) -> Comparison:
    """Build an edition from its tag in a folder of its own and compare it with the published one.

    Parameters
    ----------
    edition : str
        A published edition.
    public : pathlib.Path, optional
        Folder of all editions; `_build/public` of the report otherwise.
    source : str, optional
        Tag or commit; the tag `edition-<edition>` where there is one, else the commit that the
        manifest names.
    source_root : pathlib.Path, optional
        Root of the report; found upwards from the working folder otherwise.

    Returns
    -------
    Comparison
        Equal, or which files differ. The PDF is not compared: it holds the time of its printing.

    Raises
    ------
    ComputebookError
        If there is no such edition, tag or commit, or the build fails.
    """
    root = book_root(source_root)
    folder = (public or root / "_build" / "public").resolve() / "editions" / edition
    told = publishing.read_manifest(folder)
    commit = source or _tag(root, edition) or told["commit"]
    if not commit:
        raise ComputebookError(f"edition {edition} names no commit: give its tag with --source")
    with tempfile.TemporaryDirectory(prefix="computebook-rebuild-") as scratch:
        with _worktree(root, commit, Path(scratch) / "source") as tree:
            built = Path(scratch) / edition
            _build(tree, built, told["source_date_epoch"], folder / publishing.NOT_REPEATED[0])
        return compare_folders(edition, commit, folder, built)


def compare_folders(edition: str, source: str, folder: Path, built: Path) -> Comparison:
    """Compare a published edition with one that was built again.

    Parameters
    ----------
    edition, source : str
        The edition, and what it was built from.
    folder, built : pathlib.Path
        The published folder, and the other.

    Returns
    -------
    Comparison
        Of all files but those that no build repeats.
    """
    old, new = (set(publishing.hashes(top, ("*",))) for top in (folder, built))
    both = sorted((old & new) - set(publishing.NOT_REPEATED))
    _, differing, unreadable = filecmp.cmpfiles(folder, built, both, shallow=False)
    then, now = publishing.read_manifest(folder), publishing.read_manifest(built)
    return Comparison(
        edition,
        source,
        tuple(differing + unreadable),
        tuple(sorted(old - new)),
        tuple(sorted(new - old)),
        tuple(_other_packages(then["packages"], now["packages"])),
        tuple(_other_inputs(then["inputs"], now["inputs"])),
    )


def _other_packages(then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for name, version in then.items():
        if now.get(name) != version:
            yield f"{name} {version}, {now.get(name)}"


def _other_inputs(
    then: Mapping[str, Mapping[str, str]], now: Mapping[str, Mapping[str, str]]
) -> Iterator[str]:
    for kind, before in then.items():
        after = now.get(kind, {})
        odd = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        yield from (f"{kind} {name}" for name in sorted(odd))


def _tag(root: Path, edition: str) -> str:
    name = f"edition-{edition}"
    return name if _git(root, "tag", "--list", name) else ""


def _git(root: Path, *words: str) -> str:
    git = shutil.which("git")
    if git is None:
        raise ComputebookError("a rebuild needs git, which was not found")
    done = subprocess.run(  # noqa: S603 - fixed program, checked arguments
        [git, "-C", str(root), *words], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise ComputebookError(f"git {' '.join(words[:2])}: {done.stderr.strip()}")
    return done.stdout.strip()


@contextlib.contextmanager
def _worktree(root: Path, commit: str, folder: Path) -> Iterator[Path]:
    """Check a commit out beside the report, and leave nothing of it behind."""
    _git(root, "rev-parse", "--verify", "--end-of-options", f"{commit}^{{commit}}")
    _git(root, "worktree", "add", "--detach", str(folder), commit)
    try:
        yield folder
    finally:
        _git(root, "worktree", "remove", "--force", str(folder))


def _build(tree: Path, out: Path, epoch: str, pdf: Path) -> None:
    """Build with the library of the commit, in a process that sees no other."""
    inherited = {n: v for n, v in os.environ.items() if n != "COMPUTEBOOK_DATA"}
    environment = inherited | {
        "PYTHONPATH": os.pathsep.join([str(tree / "lib"), inherited.get("PYTHONPATH", "")]),
        "SOURCE_DATE_EPOCH": epoch,
        "COMPUTEBOOK_OUT": str(out),
        page_foot.PDF_VARIABLE: str(pdf) if pdf.is_file() else "",
    }
    done = subprocess.run(  # noqa: S603 - our own interpreter and fixed arguments
        [sys.executable, "-c", _AGAIN],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ComputebookError(f"the edition did not build again:\n{done.stderr[-4000:]}")


def build_again() -> None:
    """Build the edition of the working folder's report into the folder `COMPUTEBOOK_OUT`."""
    root = book_root()
    register = read_register(root)
    pdf = page_foot.pdf_file()
    publishing.build_edition(root, register, Path(os.environ["COMPUTEBOOK_OUT"]), pdf)


def told(comparison: Comparison) -> str:
    """Return a comparison in words.

    Parameters
    ----------
    comparison : Comparison
        Of a rebuilt edition.

    Returns
    -------
    str
        One line when equal; otherwise one line per file.

    Examples
    --------
    >>> told(Comparison("2026.1", "abc", (), (), ()))
    'edition 2026.1, built again from abc, is equal byte for byte'
    """
    head = f"edition {comparison.edition}, built again from {comparison.source}"
    if comparison.equal:
        return f"{head}, is equal byte for byte"
    kinds = {"differs": "differing", "not built again": "missing", "not published": "added"}
    lines = [
        f"{name}: {kind}" for kind, field in kinds.items() for name in getattr(comparison, field)
    ]
    for kind in ("packages", "inputs"):
        odd = getattr(comparison, kind)
        if odd:
            lines.append(f"{kind} that are not those of the edition: {'; '.join(odd[:_SHOWN])}")
    return "\n".join([f"{head}, is not equal:", *lines])
