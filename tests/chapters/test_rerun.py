"""Each chapter reruns with other parameters, from any folder, and its page changes."""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from computebook.book import execution
from computebook.errors import ComputebookError
from computebook.parameters import Parameter

ROOT = Path(__file__).parents[2]
CHAPTERS = [
    "benchmarks",
    "gpu_sizing",
    "training_clusters",
    "api_economics",
    "competition",
    "infrastructure_planning",
    "validation",
    "source_audit",
]


def declared(chapter: str) -> tuple[Parameter, ...]:
    found: tuple[Parameter, ...] = importlib.import_module(
        f"computebook.exhibits.{chapter}"
    ).PARAMETERS
    return found


def another(parameter: Parameter) -> Any:
    """Return an allowed value that differs from the default: a fifth of the way to a bound."""
    if parameter.kind == "bool":
        return not parameter.default
    if parameter.kind == "list" and not isinstance(parameter.default[0], str):
        # The length may carry a meaning (low, central, high): the numbers move, together.
        most = parameter.high if parameter.high is not None else float("inf")
        return [type(entry)(min(1.05 * entry, most)) for entry in parameter.default]
    if parameter.kind == "list":
        return parameter.default[:-1] if len(parameter.default) > 1 else parameter.default
    if parameter.choices:
        return next(choice for choice in parameter.choices if choice != parameter.default)
    if parameter.kind == "str":
        return parameter.default
    high = parameter.high if parameter.high is not None else 2 * parameter.default
    low = parameter.low if parameter.low is not None else 0
    bound = high if high > parameter.default else low
    step = parameter.default + 0.2 * (bound - parameter.default)
    closer = min(step, 1.25 * parameter.default) if 0 < parameter.default < step else step
    return (
        round(closer) + (round(closer) == parameter.default) if parameter.kind == "int" else closer
    )


def shown(path: Path) -> list[str]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [json.dumps(cell["outputs"]) for cell in cells if cell["cell_type"] == "code"]


@pytest.mark.slow
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_rerun_with_other_parameters_changes_the_page(
    chapter: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {parameter.name: another(parameter) for parameter in declared(chapter)}
    path, out = ROOT / "chapters" / f"{chapter}.ipynb", tmp_path / f"{chapter}.ipynb"
    before = path.read_bytes()
    monkeypatch.chdir(tmp_path)
    outcome = execution.execute_chapter(path, values, out)
    assert not outcome.failed, f"{outcome.message}\n{outcome.detail}"
    assert path.read_bytes() == before
    default = {text for text in shown(path) if text != "[]"}
    changed = [text for text in shown(out) if text != "[]" and text not in default]
    assert len(changed) >= 3


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_an_unknown_parameter_is_refused_with_the_nearest_name(
    chapter: str, tmp_path: Path
) -> None:
    known = declared(chapter)[0].name
    out = tmp_path / "out.ipynb"
    with pytest.raises(ComputebookError, match=f"did you mean '{known}'"):
        execution.execute_chapter(
            ROOT / "chapters" / f"{chapter}.ipynb", {known + "x": declared(chapter)[0].default}, out
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("chapter", CHAPTERS)
@pytest.mark.parametrize("value", [float("nan"), -1e30, "many"])
def test_a_number_that_is_none_is_refused(chapter: str, value: object, tmp_path: Path) -> None:
    numeric = next(p for p in declared(chapter) if p.kind in {"int", "float"})
    path, out = ROOT / "chapters" / f"{chapter}.ipynb", tmp_path / "out.ipynb"
    with pytest.raises(ComputebookError, match=numeric.name):
        execution.execute_chapter(path, {numeric.name: value}, out)
    assert list(tmp_path.iterdir()) == []
