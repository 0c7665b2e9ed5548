"""What a run of briefings reports: its steps, and how each client ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["ClientOutcome", "Step"]


@dataclass(frozen=True)
class ClientOutcome:
    """How the briefing of one client ended.

    Parameters
    ----------
    slug : str
        Its folder's name.
    status : str
        `written`, `current` (nothing to do) or `failed`.
    folder : pathlib.Path
        Where to look: the finished folder, or the one that says why there is none.
    message : str
        For a failure: one sentence.
    executed, reused : int
        Chapters.
    seconds : dict
        Time by step.
    """

    slug: str
    status: str
    folder: Path
    message: str = ""
    executed: int = 0
    reused: int = 0
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether the client has no new folder."""
        return self.status == "failed"


@dataclass(frozen=True)
class Step:
    """Something was done: for progress.

    Parameters
    ----------
    slug, name : str
        For whom, and what.
    done, total : int
        Steps done and known so far, of all clients.
    error : str
        Why it failed, empty for success.
    """

    slug: str
    name: str
    done: int
    total: int
    error: str = ""
