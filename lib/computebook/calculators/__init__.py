"""Calculators of the page: the library's functions, traced and evaluated in the browser.

`calculator` holds inputs, results and formula; one module per calculator; `display` is what a
notebook shows. No formula is written here that the library has: each calls its functions.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Final

from computebook import errors
from computebook.calculators.calculator import Calculator, Field, Result
from computebook.calculators.display import CALCULATOR_MIME, Display

__all__ = [
    "CALCULATORS",
    "CALCULATOR_MIME",
    "Calculator",
    "Display",
    "Field",
    "Result",
    "calculator",
    "show",
]

CALCULATORS: Final[Mapping[str, str]] = {
    name: name.replace("-", "_")
    for name in ("gpu-sizing", "api-bill", "break-even", "training-run")
}
"""The module of every calculator, and the function in it; read when it is asked for."""


def calculator(name: str) -> Calculator:
    """Return a calculator.

    Parameters
    ----------
    name : str
        One of `CALCULATORS`.

    Raises
    ------
    ComputebookError
        If the name is unknown.

    Examples
    --------
    >>> calculator("gpu-sizing").title
    'How many GPUs for your load?'
    """
    module = CALCULATORS[errors.require_known("calculator", name, CALCULATORS)]
    made: Calculator = getattr(importlib.import_module(f"{__name__}.{module}"), module)()
    return made


def show(name: str) -> Display:
    """Return a calculator as the output of a cell.

    Parameters
    ----------
    name : str
        One of `CALCULATORS`.

    Returns
    -------
    Display
        In the page a form that computes; elsewhere the published values.

    Raises
    ------
    ComputebookError
        If the name is unknown.
    """
    return Display(calculator(name))
