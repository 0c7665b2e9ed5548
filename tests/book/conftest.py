"""A small report of two pages, made in a temporary folder."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from computebook import charts, tables
from computebook.book import notebooks, publishing
from computebook.exhibits import colophon

ROOT = Path(__file__).resolve().parents[2]

FIRST = """# Which GPU?

Seen in {numref}`fig-bandwidth` and {numref}`tab-gpu`, {eq}`eq-cache`, {cite}`demo2026`.

$$
M = 2\\, L\\, n
$$ (eq-cache)
"""
SECOND = "# What does it cost?\n\nSee {numref}`fig-price` and {doc}`first`."
BIB = "@misc{demo2026, author = {{Demo}}, title = {A source}, year = {2026}}\n"


def gpu_frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "gpu": ["H100 SXM", "B200", "MI355X"],
            "tb_s": [3.35, 8.0, 8.0],
            "vendor": ["NVIDIA", "NVIDIA", "AMD"],
            "price": [27500.0, 42000.0, None],
            "mark": ["confirmed", "contradicted", "unverified"],
        }
    )


def bandwidth_figure() -> charts.Figure:
    chart = charts.bars(
        gpu_frame(), category="gpu", value="tb_s", value_title="Bandwidth (TB/s)", vendor="vendor"
    )
    return charts.figure(
        chart,
        name="fig-bandwidth",
        caption="**Two are level.** Costs $5, see {cite}`demo2026`.",
        alt='Bars: B200 and MI355X "8" TB/s, H100 <4.',
        sources=["demo2026"],
    )


def gpu_table() -> tables.Table:
    return tables.table(
        gpu_frame(),
        name="tab-gpu",
        caption="Accelerators.",
        sources=["demo2026"],
        columns={
            "gpu": "Accelerator",
            "tb_s": "Bandwidth (TB/s)",
            "price": "Price ($)",
            "mark": "Verdict",
        },
        formats={"mark": "verdict"},
    )


def shown(value: object, source: str, tags: tuple[str, ...] = ()) -> nbformat.NotebookNode:
    """Return a code cell that displays a value, as if it had been executed."""
    data = json.loads(json.dumps(value._repr_mimebundle_()))  # type: ignore[attr-defined]
    output = nbformat.v4.new_output("execute_result", data, execution_count=1)
    metadata = {"tags": list(tags)} if tags else {}
    return nbformat.v4.new_code_cell(source, execution_count=1, outputs=[output], metadata=metadata)


def save(path: Path, cells: list[nbformat.NotebookNode]) -> Path:
    notebook = notebooks.normalised(nbformat.v4.new_notebook(cells=cells))
    notebooks.write(path, notebooks.as_text(notebook))
    return path


@pytest.fixture(scope="session")
def bandwidth() -> charts.Figure:
    """A figure with sources, quotes and a dollar sign."""
    return bandwidth_figure()


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """Root of a report with a landing page, two chapters and references."""
    return write_report(tmp_path / "report")


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Root of a small report under git, whose edition is published in `_build/public`."""
    root = write_report(tmp_path_factory.mktemp("published") / "report")
    (root / ".gitignore").write_text("_build/\n")
    name = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "."], [*name, "commit", "-q", "-m", "An edition"]):
        subprocess.run(["git", "-C", str(root), *words], check=True, capture_output=True)
    printed = root.with_name("report.pdf")
    printed.write_bytes(b"%PDF-1.7")
    publishing.publish(root, colophon.edition(), pdf=printed)
    return root


def write_report(root: Path) -> Path:
    """Write a report with a landing page, two chapters and references."""
    (root / "chapters").mkdir(parents=True)
    shutil.copy(ROOT / "_config.yml", root)
    shutil.copytree(ROOT / "_static", root / "_static")
    (root / "references.bib").write_text(BIB)
    numbered = [{"file": "chapters/first"}, {"file": "chapters/second"}]
    toc = {
        "format": "jb-book",
        "root": "index",
        "parts": [
            {"caption": "The report", "numbered": True, "chapters": numbered},
            {"caption": "Reference", "chapters": [{"file": "chapters/references"}]},
        ],
    }
    (root / "_toc.yml").write_text(json.dumps(toc))
    (root / "chapters/references.md").write_text("# References\n\n```{bibliography}\n```\n")
    findings = tables.takeaways([("It costs $5 and $6.", ("fig-bandwidth", "tab-gpu"))])
    markdown = nbformat.v4.new_markdown_cell
    save(root / "index.ipynb", [markdown("# Landing"), shown(findings, "f", ("remove-input",))])
    save(
        root / "chapters/first.ipynb",
        [
            markdown(FIRST),
            nbformat.v4.new_code_cell(
                "users = 5", execution_count=1, metadata={"tags": ["parameters"]}
            ),
            shown(bandwidth_figure(), "charts.figure(...)"),
            shown(gpu_table(), "tables.table(...)"),
        ],
    )
    price = charts.figure(
        charts.bars(gpu_frame(), category="gpu", value="tb_s", value_title="Price ($)"),
        name="fig-price",
        caption="**One price.**",
        alt="Bars of prices.",
    )
    save(root / "chapters/second.ipynb", [markdown(SECOND), shown(price, "charts.figure(...)")])
    return root
