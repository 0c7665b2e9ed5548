"""The folder that says why a client has no new briefing."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from computebook.briefing import staging
from computebook.briefing.processes import Ended
from computebook.briefing.request import Briefing

__all__ = ["Fault", "told", "write_folder"]

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Fault:
    """One thing that went wrong.

    Parameters
    ----------
    step : str
        A chapter, or another step.
    message : str
        Cell and error, or a sentence.
    detail : str
        Source of the cell and traceback.
    """

    step: str
    message: str
    detail: str

    def sentence(self) -> str:
        """Return step and message."""
        return f"{self.step}: {self.message}"


def told(step: str, ended: Ended) -> Fault:
    """Return how a job failed, in plain text: builders and kernels print in colour."""
    return Fault(step, *(_COLOUR.sub("", text) for text in (ended.error, ended.detail)))


def write_folder(scratch: Path, target: Path, briefing: Briefing, faults: Sequence[Fault]) -> None:
    """Write why a briefing failed, for people (`FAILED.md`) and programs (`failure.json`).

    Parameters
    ----------
    scratch : pathlib.Path
        Hidden folder on the same file system; need not exist.
    target : pathlib.Path
        Where the explanation goes; replaced whole.
    briefing : Briefing
        Whose.
    faults : sequence of Fault
        In the order in which they came.
    """
    made = scratch / "failed"
    made.mkdir(parents=True, exist_ok=True)
    parameters = {f.step: briefing.parameters.get(f.step, {}) for f in faults}
    content = {
        "client": briefing.client,
        "briefing": briefing.source.name,
        "faults": [asdict(f) | {"parameters": parameters[f.step]} for f in faults],
    }
    text = json.dumps(content, indent=1, ensure_ascii=False, default=str)
    (made / "failure.json").write_text(text + "\n", encoding="utf-8")
    (made / "FAILED.md").write_text(_page(briefing, faults), encoding="utf-8")
    staging.put_in_place(made, target)
    shutil.rmtree(scratch, ignore_errors=True)


def _page(briefing: Briefing, faults: Sequence[Fault]) -> str:
    lines = [
        f"# No briefing for {briefing.client}",
        "",
        f"`{briefing.source.name}` was accepted, but its report could not be made. An earlier "
        "finished folder, if there is one, was left as it was.",
    ]
    for fault in faults:
        given = briefing.parameters.get(fault.step, {})
        lines += ["", f"## {fault.step}", "", fault.message, ""]
        lines += ["Parameters given:", ""] if given else []
        lines += [f"- `{name}`: `{value!r}`" for name, value in given.items()]
        lines += ["", "```", fault.detail.strip(), "```"] if fault.detail.strip() else []
    return "\n".join(lines) + "\n"
