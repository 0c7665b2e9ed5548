"""Remember which responses were counted, in eight bytes each and on disk beyond a bound.

Ids are kept as 64-bit digests in sorted runs; a run beyond the bound lies in a temporary file
that the system pages in as needed, so that memory stays bounded however long the input is. Two
different ids share a digest once in about 3,700 inputs of a hundred million rows.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Hashable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["CONFLICTING", "NEW", "REPEATED", "Identities"]

NEW: Final = 0
REPEATED: Final = 1
CONFLICTING: Final = 2
"""An id that was counted before with other tokens."""

_RUN_ROWS: Final = 2**18
_MASK: Final = 2**64 - 1


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def _digests(texts: Sequence[str]) -> NDArray[np.uint64]:
    return np.frombuffer(b"".join(map(_digest, texts)), dtype="<u8")


class Identities:
    """The ids counted so far, each with a fingerprint of its tokens.

    Parameters
    ----------
    run_rows : int
        Ids held in memory before they move to a temporary file, >= 1.

    Examples
    --------
    >>> with Identities() as seen:
    ...     first = seen.classify(["a", "b", "a", ""], [(1,), (2,), (1,), (3,)])
    ...     second = seen.classify(["b", ""], [(9,), (3,)])
    >>> first.tolist(), second.tolist()
    ([0, 0, 1, 0], [2, 0])
    """

    def __init__(self, run_rows: int = _RUN_ROWS) -> None:
        self.run_rows = run_rows
        self.runs: list[NDArray[np.uint64]] = []
        self.recent: dict[int, int] = {}
        self.folder: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Self:
        """Return itself; the temporary files go when the block ends."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove the temporary files."""
        self.runs.clear()
        if self.folder is not None:
            self.folder.cleanup()

    def classify(self, ids: Sequence[str], contents: Sequence[Hashable]) -> NDArray[np.uint8]:
        """Return for each row whether its id is new, repeated, or conflicting; keep the new ones.

        Parameters
        ----------
        ids : sequence of str
            Id of each row; "" is always new, for it cannot be told.
        contents : sequence of hashable
            What must be equal in a repetition, the token counts say.
        """
        keys = _digests(ids).tolist()
        prints = [hash(content) & _MASK for content in contents]
        states = np.zeros(len(ids), np.uint8)
        older = self._older(np.array(keys, np.uint64))
        for i, (key, fingerprint) in enumerate(zip(keys, prints, strict=True)):
            if not ids[i]:
                continue
            known = self.recent.get(key, older.get(key))
            if known is None:
                self.recent[key] = fingerprint
            else:
                states[i] = REPEATED if known == fingerprint else CONFLICTING
        if len(self.recent) >= self.run_rows:
            self._seal()
        return states

    def _older(self, keys: NDArray[np.uint64]) -> dict[int, int]:
        """Return those keys that lie in sealed runs, with their fingerprints."""
        found: dict[int, int] = {}
        for run in self.runs:
            at = np.minimum(np.searchsorted(run[0], keys), run.shape[1] - 1)
            hit = run[0][at] == keys
            found |= dict(zip(keys[hit].tolist(), run[1][at[hit]].tolist(), strict=True))
        return found

    def _seal(self) -> None:
        if self.folder is None:
            self.folder = tempfile.TemporaryDirectory(prefix="computebook-ledger-")
        items = np.array([list(self.recent), list(self.recent.values())], np.uint64)
        path = Path(self.folder.name) / f"{len(self.runs)}.npy"
        np.save(path, items[:, np.argsort(items[0])])
        self.runs.append(np.load(path, mmap_mode="r"))
        self.recent = {}
