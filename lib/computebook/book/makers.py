"""Which function of the library made an exhibit, and where it stands."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
_SHOWING = ("table", "figure")
_SHOWERS = ("tables", "charts", "computebook")


@dataclass(frozen=True)
class Maker:
    """A function of the library.

    Parameters
    ----------
    function : str
        Its dotted name.
    path : str
        Its file below the package, with forward slashes; empty where it was not found.
    line : int
        The line that its definition begins at, from 1.
    """

    function: str
    path: str = ""
    line: int = 0


def imported_modules(sources: list[str]) -> dict[str, str]:
    """Return the modules of this package that cells import, by the name they go by.

    Parameters
    ----------
    sources : list of str
        Code of cells.

    Returns
    -------
    dict of str to str
        Dotted name of the module by its alias.

    Examples
    --------
    >>> imported_modules(["from computebook.exhibits import colophon as exhibit"])
    {'exhibit': 'computebook.exhibits.colophon'}
    """
    return {name: path for source in sources for name, path in _imports(source).items()}


@cache
def _imports(source: str) -> dict[str, str]:
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("computebook")
        for alias in node.names
    }


def maker(code: str, sources: list[str]) -> Maker | None:
    """Return the function that computed what a cell shows.

    Parameters
    ----------
    code : str
        Source of the cell that shows the exhibit.
    sources : list of str
        Code of all cells of the chapter, for imports and for names assigned earlier.

    Returns
    -------
    Maker or None
        The first function of the library in the value shown, or where that value was assigned;
        None for a cell that only draws.

    Examples
    --------
    >>> cells = ["from computebook.exhibits import colophon as exhibit"]
    >>> maker("tables.table(exhibit.versions(), name='tab-versions')", cells).function
    'computebook.exhibits.colophon.versions'
    """
    makers = _makers(sources)
    shown = next(_shown_values(ast.parse(code)), None)
    if shown is None:
        return None
    assigned = _assignments([*sources, code])
    return _located(_first_call(shown, makers, assigned, depth=4), makers)


def _makers(sources: list[str]) -> dict[str, str]:
    modules = imported_modules(sources)
    return {alias: name for alias, name in modules.items() if alias not in _SHOWERS}


def called(code: str, sources: list[str]) -> set[str]:
    """Return all functions of the library that what a cell shows comes from.

    Parameters
    ----------
    code : str
        Source of the cell that shows the exhibit.
    sources : list of str
        Code of all cells of the chapter.

    Returns
    -------
    set of str
        Dotted names as the cells import them; those of values assigned earlier are among them.

    Examples
    --------
    >>> cells = ["from computebook.exhibits import colophon as exhibit", "v = exhibit.versions()"]
    >>> called("tables.table(v, name='tab-versions')", cells)
    {'computebook.exhibits.colophon.versions'}
    """
    makers = _makers(sources)
    assigned = _assignments([*sources, code])
    found: set[str] = set()
    values: list[ast.AST] = list(_shown_values(ast.parse(code)))
    names: set[str] = set()
    while values:
        for node in ast.walk(values.pop()):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                alias = makers.get(node.value.id)
                found |= {f"{alias}.{node.attr}"} if alias else set()
            if isinstance(node, ast.Name) and node.id in assigned.keys() - names:
                names.add(node.id)
                values.append(assigned[node.id])
    return found


def documentation(made: Maker) -> str:
    """Return what a function says of itself: its result, its inputs with units, its source.

    Parameters
    ----------
    made : Maker
        A function of the library.

    Returns
    -------
    str
        Its docstring in lines; empty where it has none.

    Examples
    --------
    >>> made = Maker("computebook.exhibits.how_to_cite.styles", "exhibits/how_to_cite.py")
    >>> documentation(made)
    'Return the forms of a citation, who reads them, and the command that prints them.'
    """
    if not made.path:
        return ""
    name = made.function.rpartition(".")[2]
    for node in ast.parse((PACKAGE / made.path).read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return ast.get_docstring(node) or ""
    return ""


def _shown_values(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield the first argument of each call that shows a table or a figure."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr in _SHOWING and node.args:
            yield node.args[0]


def _assignments(sources: list[str]) -> dict[str, ast.expr]:
    """Return the last value that each name gets."""
    return {name: value for source in sources for name, value in _assigned(source).items()}


@cache
def _assigned(source: str) -> dict[str, ast.expr]:
    return {
        name.id: node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Assign)
        for target in node.targets
        for name in ast.walk(target)
        if isinstance(name, ast.Name)
    }


def _first_call(
    value: ast.AST, makers: Mapping[str, str], assigned: Mapping[str, ast.expr], depth: int
) -> tuple[str, str] | None:
    """Return alias and name of the first function of the library that a value comes from."""
    for node in ast.walk(value):
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
            continue
        if node.value.id in makers:
            return node.value.id, node.attr
    for node in ast.walk(value):
        if depth and isinstance(node, ast.Name) and node.id in assigned:
            found = _first_call(assigned[node.id], makers, assigned, depth - 1)
            if found:
                return found
    return None


def _located(call: tuple[str, str] | None, makers: Mapping[str, str]) -> Maker | None:
    if call is None:
        return None
    module, name = makers[call[0]], call[1]
    home = PACKAGE.joinpath(*module.split(".")[1:])
    for folder in (home, home.parent):
        for path in _files(folder):
            line = _definitions(path).get(name)
            if line:
                own = path.relative_to(PACKAGE)
                parts = [part for part in own.with_suffix("").parts if part != "__init__"]
                return Maker(".".join(["computebook", *parts, name]), own.as_posix(), line)
    return Maker(f"{module}.{name}")


def _files(home: Path) -> list[Path]:
    single = home.with_suffix(".py")
    return [single] if single.is_file() else sorted(home.rglob("*.py"))


@cache
def _definitions(path: Path) -> dict[str, int]:
    text = path.read_text("utf-8")
    found = re.finditer(r"^(?:def (\w+)|class (\w+)|(\w+)(?:: [^=\n]+)? =)", text, re.MULTILINE)
    return {m[1] or m[2] or m[3]: text.count("\n", 0, m.start()) + 1 for m in found}
