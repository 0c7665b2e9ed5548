"""Which tables of the data stand behind an exhibit, as the code says that computed it.

Nothing is executed: the names of tables that a function mentions are its own, with those of the
functions and constants of the library that it mentions, and so on to the end.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from computebook import datasets
from computebook.book.makers import PACKAGE

__all__ = ["tables_behind"]

_MOST_STEPS = 6  # a name passed on from module to module


def tables_behind(functions: Iterable[str]) -> tuple[str, ...]:
    """Return the tables that functions of the library read.

    Parameters
    ----------
    functions : iterable of str
        Dotted names, as a cell imports them.

    Returns
    -------
    tuple of str
        Names of tables of the data package, sorted; those that a function reads in some branch
        only are among them.

    Examples
    --------
    >>> tables_behind(["computebook.exhibits.nomenclature.terms"])
    ('terms',)
    """
    known = frozenset(datasets.table_names())
    waiting = [place for name in functions if (place := _found(name))]
    seen: set[tuple[str, str]] = set()
    tables: set[str] = set()
    while waiting:
        place = waiting.pop()
        if place not in seen:
            seen.add(place)
            words, others = _mentioned(*place)
            tables |= words & known
            waiting += others
    return tuple(sorted(tables))


@cache
def _file(module: str) -> Path | None:
    path = PACKAGE.joinpath(*module.split(".")[1:])
    files = (path.with_suffix(".py"), path / "__init__.py")
    return next((file for file in files if file.is_file()), None)


@cache
def _tree(module: str) -> ast.Module:
    path = _file(module)
    return ast.parse(path.read_text("utf-8") if path else "")


@cache
def _definitions(module: str) -> dict[str, ast.stmt]:
    return {name: node for node in _tree(module).body for name in _defined(node)}


def _defined(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign):
        yield from (target.id for target in node.targets if isinstance(target, ast.Name))
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id


@cache
def _imported(module: str) -> dict[str, str]:
    """Return what a module imports of this package, within functions too, by its name there."""
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(_tree(module))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("computebook")
        for alias in node.names
    }


def _found(name: str, steps: int = _MOST_STEPS) -> tuple[str, str] | None:
    """Return module and name of the definition that a dotted name leads to."""
    module, _, own = name.rpartition(".")
    if steps == 0 or _file(module) is None:
        return None
    if own in _definitions(module):
        return module, own
    further = _imported(module).get(own)
    return _found(further, steps - 1) if further else None


@cache
def _mentioned(module: str, name: str) -> tuple[frozenset[str], frozenset[tuple[str, str]]]:
    """Return the texts and the definitions of the library that one definition mentions."""
    nodes = list(ast.walk(_definitions(module)[name]))
    texts = {node.value for node in nodes if isinstance(node, ast.Constant)}
    others = {_found(dotted) for node in nodes for dotted in _dotted(node, module)}
    words = frozenset(text for text in texts if isinstance(text, str))
    return words, frozenset(place for place in others if place is not None)


def _dotted(node: ast.AST, module: str) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield _imported(module).get(node.id, f"{module}.{node.id}")
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        base = _imported(module).get(node.value.id)
        if base:
            yield f"{base}.{node.attr}"
