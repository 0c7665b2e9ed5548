"""The nomenclature: terms, units, functions and arguments, generated from the library."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType

import pandas as pd

from computebook import datasets, units
from computebook.parameters import Parameter

#: Modules whose public functions make up the models, from the ground up.
MODEL_MODULES = (
    "hardware",
    "architectures",
    "memory",
    "roofline",
    "network",
    "serving",
    "training",
    "power",
    "usage",
    "pricing",
    "tco",
    "proportions",
    "benchmarks",
    "market",
)

PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        "modules",
        "list",
        "",
        list(MODEL_MODULES),
        choices=MODEL_MODULES,
        meaning="Modules whose functions and arguments are listed.",
    ),
)


def unit_list() -> pd.DataFrame:
    """Return the closed list of units with symbol and meaning."""
    return pd.DataFrame(
        {"suffix": f"_{u.suffix}", "symbol": u.symbol, "meaning": u.meaning}
        for u in units.UNITS.values()
    )


def terms() -> pd.DataFrame:
    """Return the terms of the field with symbol, name in the code, unit, meaning and source."""
    return datasets.load("terms")


def _public_functions(module: ModuleType) -> Iterator[tuple[str, Callable[..., object]]]:
    for name in getattr(module, "__all__", ()):
        thing = getattr(module, name)
        if inspect.isfunction(thing):
            yield name, thing


def model_functions(
    modules: Sequence[str] = MODEL_MODULES,
) -> list[tuple[str, str, Callable[..., object]]]:
    """Return (module, name, function) for every public function of the models."""
    return [
        (module, name, function)
        for module in modules
        for name, function in _public_functions(importlib.import_module(f"computebook.{module}"))
    ]


def functions(modules: Sequence[str] = MODEL_MODULES) -> pd.DataFrame:
    """Return every public function of the models with its module and first sentence."""
    return pd.DataFrame(
        {
            "function": f"`{module}.{name}`",
            "returns": (inspect.getdoc(function) or "").split("\n")[0].rstrip("."),
        }
        for module, name, function in model_functions(modules)
    )


def arguments(modules: Sequence[str] = MODEL_MODULES) -> pd.DataFrame:
    """Return every argument name of the models' public functions, its unit and its users."""
    users: dict[str, list[str]] = {}
    for module, _, function in model_functions(modules):
        for name in inspect.signature(function).parameters:
            if module not in users.setdefault(name, []):
                users[name].append(module)
    return pd.DataFrame(
        {"name": f"`{name}`", "unit": _symbol(name), "modules": ", ".join(named)}
        for name, named in sorted(users.items())
    )


def _symbol(name: str) -> str:
    unit = units.unit_of(name)
    return unit.symbol if unit else ""
