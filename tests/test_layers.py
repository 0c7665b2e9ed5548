"""Imports point one way: each module uses its own floor and those below."""

import ast
from pathlib import Path

import pytest

LIBRARY = Path(__file__).parents[1] / "lib" / "computebook"

#: From the ground up. A name is a module or a package directly below `computebook`.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("errors",),
    ("units",),
    ("hardware", "architectures", "tracing"),
    ("datapackage",),
    ("datasets",),
    ("provenance",),
    ("memory", "roofline", "network"),
    ("serving", "training", "power"),
    (
        *("usage", "rates", "pricing", "price_comparison", "price_cards", "price_crosscheck"),
        "tco",
        *("price_package", "price_quotes", "price_proposals", "ledger"),
        *("request_lengths", "budgets", "caching", "levers", "self_hosting"),
    ),
    (
        "proportions",
        "task_costs",
        "benchmarks",
        "market",
        "claims",
        "claim_checks",
        "inference",
        "training_cases",
        "validation",
    ),
    ("portfolio", "composites"),
    ("sizing",),
    ("parameters", "scenarios", "citation"),
    ("training_plans",),
    ("charts", "tables"),
    ("calculators",),
    ("exhibits",),
    ("book",),
    ("briefing",),
    ("cli",),
)
FLOOR_OF = {name: number for number, floor in enumerate(FLOORS) for name in floor}
#: Physics and systems are pure functions over arrays: no tables, no files.
PURE = {"memory", "roofline", "network", "serving", "training", "power"}
MODULES = sorted(LIBRARY.rglob("*.py"))


def noun(path: Path) -> str:
    """Return the name of the module or package below `computebook` that a file belongs to."""
    return path.relative_to(LIBRARY).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """Return the nouns of this package that a file imports, wherever the import stands."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {a.name.split(".")[1] for a in node.names if a.name.startswith("computebook.")}
        elif isinstance(node, ast.ImportFrom) and node.module == "computebook":
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("computebook."):
            names.add((node.module or "").split(".")[1])
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(LIBRARY)))
def test_imports_point_down(path: Path) -> None:
    own = noun(path)
    if own == "__init__":
        assert imported(path) == set()
        return
    assert own in FLOOR_OF, f"{own} has no floor: give it one in FLOORS"
    above = {name for name in imported(path) if FLOOR_OF.get(name, -1) > FLOOR_OF[own]}
    assert not above, f"{own} imports {above} from above"


@pytest.mark.parametrize("path", [p for p in MODULES if noun(p) in PURE], ids=lambda p: p.name)
def test_physics_reads_no_tables(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "pandas" not in text
    assert not {"datasets", "datapackage"} & imported(path)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(LIBRARY)))
def test_modules_stay_small(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= 400, f"{path.name} has {lines} lines: split it by its nouns"


def test_no_module_is_a_drawer_for_odds_and_ends() -> None:
    banned = {"utils", "util", "helpers", "common", "misc"}
    assert not {p.stem for p in MODULES} & banned
