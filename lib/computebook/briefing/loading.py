"""Read briefings from YAML files; every fault of every file in one error."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from computebook.briefing.request import Briefing

__all__ = ["load", "load_all"]


def load(path: Path) -> Briefing:
    """Return the briefing that a YAML file asks for."""
    import yaml

    values = yaml.safe_load(Path(path).read_text("utf-8"))
    values.setdefault("slug", values["client"].lower().replace(" ", "-"))
    return Briefing(**values, source=Path(path).resolve())


def load_all(paths: Iterable[Path]) -> list[Briefing]:
    """Return several briefings."""
    return [load(path) for path in paths]
