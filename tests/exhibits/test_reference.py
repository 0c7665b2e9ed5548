"""The generated pages are complete: every table, column, unit, function and argument."""

import importlib
import inspect
import re
from pathlib import Path

import pytest

from computebook import datasets, units
from computebook.errors import ComputebookError
from computebook.exhibits import reference

ROOT = Path(__file__).parents[2]


def test_dictionary_has_a_section_for_every_table() -> None:
    page = (ROOT / "chapters" / "data_dictionary.ipynb").read_text(encoding="utf-8")
    for name in datasets.table_names():
        assert f"tab-data-{name.replace('_', '-')}" in page, f"{name} is missing: add its cells"


@pytest.mark.parametrize("name", datasets.table_names())
def test_every_column_is_explained(name: str) -> None:
    listed = set(reference.fields(name)["field"]) | set(reference.PROVENANCE_FIELDS)
    assert listed == {field.name for field in datasets.describe(name).fields}


def test_units_are_the_closed_list() -> None:
    assert list(reference.unit_list()["suffix"]) == [f"_{suffix}" for suffix in units.UNITS]


def test_every_public_function_says_what_it_returns_and_has_an_example() -> None:
    functions = reference.model_functions()
    assert len(functions) > 100
    for module, name, function in functions:
        text = inspect.getdoc(function) or ""
        assert ">>> " in text, f"{module}.{name} has no example"
        for argument in inspect.signature(function).parameters:
            documented = re.search(rf"\b{argument}\b", text)
            assert documented, f"{module}.{name} does not document {argument}"


def test_library_page_documents_every_module() -> None:
    page = (ROOT / "chapters" / "library.md").read_text(encoding="utf-8")
    modules = {p.stem for p in (ROOT / "lib/computebook").glob("*") if not p.name.startswith("_")}
    hidden = {"py", "data", "cli", "exhibits", "claim_checks"}
    for module in modules - hidden:
        assert f"automodule:: computebook.{module}\n" in page, f"{module} is missing"


def test_terms_name_things_that_exist() -> None:
    modules = [importlib.import_module(f"computebook.{m}") for m in reference.MODEL_MODULES]
    public = [getattr(m, name) for m in modules for name in getattr(m, "__all__", ())]
    classes = [thing for thing in public if inspect.isclass(thing)]
    words = {name for _, name, _ in reference.model_functions()}
    words |= {name for kind in classes for name in [*dir(kind), *kind.__annotations__]}
    arguments = set(reference.arguments()["name"].str.strip("`"))
    fields = {f.name for t in datasets.package().values() for f in t.fields}
    terms = reference.terms()
    named = terms[terms["code_name"].str.fullmatch(r"[a-z_0-9]+")]
    known = words | arguments | fields | set(units.UNITS)
    missing = [n for n in named["code_name"] if n.lstrip("_") not in known]
    assert missing == [], f"terms name what the library does not have: {missing}"


def test_citation_names_edition_and_date() -> None:
    assert reference.edition() in reference.citation("sentence")
    assert str(datasets.data_date().date()) in reference.citation("bibtex")
    with pytest.raises(ComputebookError, match="allowed bibtex, sentence"):
        reference.citation("ris")
