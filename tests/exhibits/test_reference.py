"""The generated pages are complete: every table, column, unit, function and argument."""

import importlib
import inspect
import re
from pathlib import Path

import pytest

from computebook import datasets, units
from computebook.errors import ComputebookError
from computebook.exhibits import colophon, data_dictionary, how_to_cite, index, nomenclature

ROOT = Path(__file__).parents[2]


def test_dictionary_has_a_section_for_every_table() -> None:
    page = (ROOT / "chapters" / "data_dictionary.ipynb").read_text(encoding="utf-8")
    for name in datasets.table_names():
        assert f"tab-data-{name.replace('_', '-')}" in page, f"{name} is missing: add its cells"


@pytest.mark.parametrize("name", datasets.table_names())
def test_every_column_is_explained(name: str) -> None:
    listed = set(data_dictionary.fields(name)["field"]) | set(data_dictionary.PROVENANCE_FIELDS)
    assert listed == {field.name for field in datasets.describe(name).fields}


def test_units_are_the_closed_list() -> None:
    assert list(nomenclature.unit_list()["suffix"]) == [f"_{suffix}" for suffix in units.UNITS]


def test_every_public_function_says_what_it_returns_and_has_an_example() -> None:
    functions = nomenclature.model_functions()
    assert len(functions) > 100
    for module, name, function in functions:
        text = inspect.getdoc(function) or ""
        assert ">>> " in text, f"{module}.{name} has no example"
        for argument in inspect.signature(function).parameters:
            documented = re.search(rf"\b{argument}\b", text)
            assert documented, f"{module}.{name} does not document {argument}"


def test_library_page_documents_every_module() -> None:
    pages = sorted((ROOT / "chapters" / "library").glob("*.md"))
    page = "\n".join(path.read_text(encoding="utf-8") for path in pages)
    modules = {p.stem for p in (ROOT / "lib/computebook").glob("*") if not p.name.startswith("_")}
    hidden = {"py", "data", "cli", "exhibits", "claim_checks"}
    for module in modules - hidden:
        assert f"automodule:: computebook.{module}\n" in page, f"{module} is missing"


def test_terms_name_things_that_exist() -> None:
    modules = [importlib.import_module(f"computebook.{m}") for m in nomenclature.MODEL_MODULES]
    public = [getattr(m, name) for m in modules for name in getattr(m, "__all__", ())]
    classes = [thing for thing in public if inspect.isclass(thing)]
    words = {name for _, name, _ in nomenclature.model_functions()}
    words |= {name for kind in classes for name in [*dir(kind), *kind.__annotations__]}
    arguments = set(nomenclature.arguments()["name"].str.strip("`"))
    fields = {f.name for t in datasets.package().values() for f in t.fields}
    terms = nomenclature.terms()
    named = terms[terms["code_name"].str.fullmatch(r"[a-z_0-9]+")]
    known = words | arguments | fields | set(units.UNITS)
    missing = [n for n in named["code_name"] if n.lstrip("_") not in known]
    assert missing == [], f"terms name what the library does not have: {missing}"


def test_citation_names_edition_and_date() -> None:
    assert colophon.edition() in how_to_cite.citation("text")
    assert str(datasets.data_date().date()) in how_to_cite.citation("bibtex")
    with pytest.raises(ComputebookError, match="style"):
        how_to_cite.citation("ris")


def test_pages_answer_to_their_parameters() -> None:
    assert len(nomenclature.functions(["memory"])) < len(nomenclature.functions())
    assert len(nomenclature.arguments(["memory"])) < len(nomenclature.arguments())
    assert list(colophon.versions(["numpy"])["package"]) == ["numpy"]
    shown, hidden = (data_dictionary.fields("accelerators", flag) for flag in (True, False))
    assert len(shown) - len(hidden) == len(data_dictionary.PROVENANCE_FIELDS)
    assert how_to_cite.cited("text") == how_to_cite.citation("text")
    assert index.cards(["benchmarks"]).text.count("grid-item-card") == 1
