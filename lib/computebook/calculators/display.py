"""What a notebook holds of a calculator: its inputs, published results and traced program."""

from __future__ import annotations

import json
from typing import Any, Final

from computebook.calculators.calculator import Calculator, Field, Result

__all__ = ["CALCULATOR_MIME", "Display", "content"]

CALCULATOR_MIME: Final = "application/vnd.computebook.calculator.v1+json"


class Display:
    """A calculator as the output of a cell.

    Parameters
    ----------
    calculator : Calculator
        What is shown.
    """

    def __init__(self, calculator: Calculator) -> None:
        self.calculator = calculator

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {CALCULATOR_MIME: content(self.calculator), "text/plain": repr(self)}

    def __repr__(self) -> str:
        found = self.calculator.evaluate()
        lines = [f"{r.label}: {_with_unit(r, found[r.name])}" for r in self.calculator.results]
        return "\n".join([self.calculator.title, *lines])


def _with_unit(result: Result, value: float) -> str:
    text = result.value_text(value)
    return text if text == result.absent or not result.unit else f"{text} {result.unit}"


def content(calculator: Calculator) -> dict[str, Any]:
    """Return a calculator as JSON for the page.

    Parameters
    ----------
    calculator : Calculator
        What is shown.

    Returns
    -------
    dict
        `name`, `title`, `about`, `fields` and `results` with their published values in words,
        and `page`, the text that `calculator.js` reads.
    """
    found = calculator.evaluate()
    return {
        "name": calculator.name,
        "title": calculator.title,
        "about": calculator.about,
        "fields": [_shown(each) for each in calculator.fields],
        "results": [
            {"label": _label(each.label, each.unit), "value": each.value_text(found[each.name])}
            for each in calculator.results
        ],
        "page": _page(calculator),
    }


def _label(label: str, unit: str) -> str:
    return f"{label} ({unit})" if unit else label


def _shown(field: Field) -> dict[str, str]:
    parameter = field.parameter
    return {
        "label": field.label,
        "meaning": parameter.meaning,
        "value": f"{field.value_text(parameter.default)} {parameter.unit}".strip(),
        "bounds": field.bounds_text(),
    }


def _page(calculator: Calculator) -> str:
    """Return what the script needs, as compact JSON."""
    rest = {
        "name": calculator.name,
        "fields": [_for_script(each) for each in calculator.fields],
        "results": [
            {"name": r.name, "label": r.label, "unit": r.unit, "kind": r.kind, "absent": r.absent}
            for r in calculator.results
        ],
    }
    text = json.dumps(rest, separators=(",", ":"), ensure_ascii=False)
    return f'{text[:-1]},"program":{calculator.program.to_json()}}}'


def _for_script(field: Field) -> dict[str, Any]:
    parameter = field.parameter
    every: dict[str, Any] = {
        "name": field.name, "label": field.label, "kind": parameter.kind, "unit": parameter.unit,
        "value": parameter.default, "low": parameter.low, "high": parameter.high,
        "choices": list(parameter.choices), "labels": list(field.choices),
        "fills": {name: list(values) for name, values in field.fills.items()},
        "below": field.below,
    }  # fmt: skip
    return {key: value for key, value in every.items() if value not in ("", [], {}, None)}
