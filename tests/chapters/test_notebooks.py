"""The committed chapters: executed, complete, honest about their numbers, and readable."""

import ast
import importlib
import json
import re
import statistics
from pathlib import Path
from typing import Any

import pytest

from computebook import claims, datasets, provenance
from computebook.calculators import CALCULATOR_MIME
from computebook.tables.raw import TABLE_MIME

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted([ROOT / "index.ipynb", *(ROOT / "chapters").glob("*.ipynb")])
REFERENCE = {"nomenclature", "data_dictionary", "how_to_cite", "colophon"}
CHAPTERS = [path for path in NOTEBOOKS if path.stem not in REFERENCE | {"index"}]
#: What the report consists of; a chapter that vanishes fails here.
EXPECTED = {
    "benchmarks",
    "gpu_sizing",
    "training_clusters",
    "api_economics",
    "competition",
    "infrastructure_planning",
    "validation",
    "source_audit",
}
FIGURE = "application/vnd.vegalite.v6+json"
MACHINE_PATH = re.compile(r"/(?:tmp|root|home|work|Users)/[A-Za-z]")
LABEL = re.compile(r"\{(?:numref|eq|ref)\}`(?:[^`<]*<)?([a-z0-9-]+)>?`")
DEFINED = re.compile(r"^:name: (tab-[a-z0-9-]+)$", re.MULTILINE)
#: A number with a unit or a share, typed by hand: what rule 2 of the house forbids.
TYPED_NUMBER = re.compile(
    r"(?<![\w.-])\d[\d,.]*\s?(?:%|percent|x\b|times\b|[kMGT]?B/s|GB\b|TB\b|GiB\b|kW\b|MW\b|GW\b"
    r"|tokens?\b|million\b|billion\b|trillion\b|hours?\b|days\b|dollars\b)|\\\$\s?\d",
)


def read(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def code_cells(path: Path) -> list[dict[str, Any]]:
    return [cell for cell in read(path)["cells"] if cell["cell_type"] == "code"]


def prose(path: Path) -> str:
    cells = [cell for cell in read(path)["cells"] if cell["cell_type"] == "markdown"]
    return "\n\n".join("".join(cell["source"]) for cell in cells)


def outputs(path: Path) -> list[dict[str, Any]]:
    return [output for cell in code_cells(path) for output in cell["outputs"]]


def markdown_output(path: Path) -> str:
    texts = (output.get("data", {}).get("text/markdown", "") for output in outputs(path))
    return "\n\n".join("".join(text) for text in texts)


def figures(path: Path) -> list[dict[str, Any]]:
    shown = [output["data"] for output in outputs(path) if FIGURE in output.get("data", {})]
    return [data[FIGURE] for data in shown]


def parameters_cell(path: Path) -> list[dict[str, Any]]:
    return [c for c in code_cells(path) if "parameters" in c["metadata"].get("tags", [])]


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def named(path: Path) -> list[str]:
    """Return the names of the figures and tables that a notebook shows."""
    own = [spec["usermeta"]["computebook"]["name"] for spec in figures(path)]
    return own + DEFINED.findall(markdown_output(path))


each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def test_all_chapters_are_there() -> None:
    assert {path.stem for path in CHAPTERS} == EXPECTED
    assert {path.stem for path in NOTEBOOKS} == EXPECTED | REFERENCE | {"index"}


@each
def test_every_cell_was_executed_in_order_without_error(path: Path) -> None:
    counts = [cell["execution_count"] for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1))
    kinds = {output["output_type"] for output in outputs(path)}
    assert kinds <= {"execute_result", "display_data"}, "no error and nothing printed"


@each
def test_outputs_are_portable(path: Path) -> None:
    mimes = {mime for output in outputs(path) for mime in output["data"]}
    assert mimes <= {FIGURE, TABLE_MIME, CALCULATOR_MIME, "text/plain", "text/markdown"}
    assert not MACHINE_PATH.search(path.read_text(encoding="utf-8"))


@each
def test_notebook_is_in_normal_form(path: Path) -> None:
    notebook = read(path)
    ids = [cell["id"] for cell in notebook["cells"]]
    assert ids == [f"c{number:03d}" for number in range(len(ids))]
    assert "papermill" not in notebook["metadata"]
    assert not any({"papermill", "execution"} & set(c["metadata"]) for c in notebook["cells"])


@each
def test_cells_are_short_and_hold_no_logic(path: Path) -> None:
    sources = [source(cell) for cell in code_cells(path)]
    lengths = [len([line for line in text.splitlines() if line.strip()]) for text in sources]
    assert max(lengths) <= 30
    assert statistics.median(lengths) <= 7
    for text in sources:
        nodes = list(ast.walk(ast.parse(text)))
        assert not any(isinstance(node, ast.ClassDef | ast.FunctionDef) for node in nodes)
        calls = {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)}
        assert not calls & {"open", "print", "pd.read_csv", "Path"}


@each
def test_no_number_is_typed_into_prose(path: Path) -> None:
    text = re.sub(r"`[^`]*`|\$\$.*?\$\$|\$[^$]+\$|\]\([^)]*\)", " ", prose(path), flags=re.DOTALL)
    assert TYPED_NUMBER.findall(text) == []


@each
def test_one_parameters_cell_of_literals_that_equals_its_schema(path: Path) -> None:
    cells = parameters_cell(path)
    assert len(cells) == 1
    assignments = ast.parse(source(cells[0])).body
    assert all(isinstance(node, ast.Assign) for node in assignments)
    typed = {ast.unparse(n.targets[0]): ast.literal_eval(n.value) for n in assignments}  # type: ignore[attr-defined]
    declared = importlib.import_module(f"computebook.exhibits.{path.stem}").PARAMETERS
    assert typed == {parameter.name: parameter.default for parameter in declared}
    assert all(parameter.meaning for parameter in declared)


@each_chapter
def test_at_least_two_figures_each_with_words_for_who_cannot_see(path: Path) -> None:
    shown = [spec["usermeta"]["computebook"] for spec in figures(path)]
    assert len(shown) >= 2
    for figure in shown:
        assert len(figure["alt"]) > 40
        assert figure["caption"].startswith("**"), "the finding comes first"
        assert figure["sources"], f"{figure['name']} names no source"


@each_chapter
def test_takeaways_come_before_the_first_section(path: Path) -> None:
    cells = read(path)["cells"]
    first = next(
        n
        for n, c in enumerate(cells)
        if c["cell_type"] == "markdown" and "\n## " in "\n" + source(c)
    )
    before = [c for c in cells[:first] if c["cell_type"] == "code" and c["outputs"]]
    shown = ["".join(o["data"].get("text/markdown", "")) for c in before for o in c["outputs"]]
    assert any(":class: takeaways" in text for text in shown)


@each_chapter
def test_chapter_says_what_would_change_our_mind_and_its_limits(path: Path) -> None:
    headings = [line for line in prose(path).splitlines() if line.startswith("## ")]
    assert any("change our mind" in line for line in headings)
    assert any("limits" in line.lower() for line in headings)


@each
def test_each_figure_and_table_is_referred_to(path: Path) -> None:
    text = prose(path) + markdown_output(path)
    assert set(named(path)) <= set(LABEL.findall(text))


def test_names_are_unique_and_references_resolve() -> None:
    names = [name for path in NOTEBOOKS for name in named(path)]
    assert len(names) == len(set(names))
    text = "\n".join(prose(path) + markdown_output(path) for path in NOTEBOOKS)
    wanted = {label for label in LABEL.findall(text) if label.startswith(("fig-", "tab-"))}
    captions = " ".join(
        spec["usermeta"]["computebook"]["caption"] for p in NOTEBOOKS for spec in figures(p)
    )
    wanted |= {label for label in LABEL.findall(captions) if label.startswith(("fig-", "tab-"))}
    assert wanted <= set(names)


@each
def test_each_citation_is_in_the_bibliography(path: Path) -> None:
    texts = [prose(path), markdown_output(path)]
    texts += [json.dumps(spec["usermeta"]) for spec in figures(path)]
    assert provenance.cited_keys(texts) <= set(provenance.reference_keys())


def shown_tables() -> list[str]:
    """Return the text of every numbered table of the report, without escapes."""
    texts = "\n".join(markdown_output(path) for path in NOTEBOOKS)
    tables = re.findall(r"^:::\{table\}.*?^:::$", texts, re.MULTILINE | re.DOTALL)
    return [re.sub(r"\\([^\w\s])", r"\1", table) for table in tables]


@pytest.mark.parametrize("number", range(1, 15))
def test_each_table_of_the_article_stands_whole_in_the_report(number: int) -> None:
    """One table holds every printed cell and every row label of the article's."""
    cells = claims.claims_of_table(number)
    wanted = {*cells["value_text"], *cells["row_label"]} - {""}
    missing = [{word for word in wanted if word not in table} for table in shown_tables()]
    assert min(missing, key=len) == set()


def test_the_takeaways_of_the_article_stand_whole_in_the_report() -> None:
    wanted = set(claims.claims_of_table(15)["statement"])
    missing = [{word for word in wanted if word not in table} for table in shown_tables()]
    assert min(missing, key=len) == set()


def test_the_reference_list_of_the_article_stands_whole_in_the_report() -> None:
    titles = set(datasets.load("footnotes")["printed_title"])
    missing = [{title for title in titles if title not in table} for table in shown_tables()]
    assert min(missing, key=len) == set()
