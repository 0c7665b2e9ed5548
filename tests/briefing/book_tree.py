"""A report of two small chapters, and briefings for it: the engine without the models."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat

ROOT = Path(__file__).parents[2]
READS_TERMS = "from computebook import datasets; len(datasets.load('terms'))"
READS_SYSTEMS = "from computebook import datasets; len(datasets.load('systems'))"


def notebook(path: Path, sources: list[str]) -> None:
    cells = [nbformat.v4.new_markdown_cell(f"# {path.stem}")]
    cells += [nbformat.v4.new_code_cell(source) for source in sources]
    cells[1].metadata["tags"] = ["parameters"]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=cells)))


def make_report(root: Path, last_cell: str = "users * 3") -> Path:
    """Return the root of a report whose chapters have the names of two real ones."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "_toc.yml").write_text("root: index\n")
    (root / "_config.yml").write_text("title: Small\n")
    notebook(root / "chapters/gpu_sizing.ipynb", ["users = 64", last_cell])
    notebook(root / "chapters/benchmarks.ipynb", ["confidence_percent = 95.0", READS_TERMS])
    return root


def make_briefing(root: Path, name: str, users: int, **more: Any) -> Path:
    content = {
        "client": name.capitalize(),
        "title": "A test",
        "date": "2026-01-15",
        "edition": "2026.1.0",
        "chapters": ["benchmarks", "gpu_sizing"],
        "parameters": {"gpu_sizing": {"users": users}},
    }
    path = root / f"{name}.yaml"
    path.write_text(json.dumps(content | more))  # JSON is YAML
    return path


def command(*words: str | Path) -> list[str]:
    start = "from computebook.cli import main; main()"
    return [sys.executable, "-c", start, *map(str, words)]


def computebook(root: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ) | {"COLUMNS": "400"}
    return subprocess.run(
        command(*words), cwd=root, env=environment, capture_output=True, text=True, check=False
    )


def brief(root: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the real command with neither site nor workbook: notebooks and manifest only."""
    return computebook(root, "brief", *words, "--formats", "", "--out", root / "out")


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def strays(mark: str) -> list[str]:
    """Return the command lines of processes that work in a folder: kernels, workers, browsers."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            place = os.readlink(folder / "cwd")  # noqa: PTH115 - Path.readlink is the same
        except OSError:
            continue
        if mark in words or place.startswith(mark):
            found.append(words)
    return found
