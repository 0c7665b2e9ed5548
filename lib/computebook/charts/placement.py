"""Where labels stand: moved apart at line ends, beside points without overlap; frontiers."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

Numbers = npt.NDArray[np.float64]

_LINE_GAP = 16.0
_WIDTH = 520.0
_CHARACTER = 6.3
_LABEL_HEIGHT = 13.0


@dataclass(frozen=True)
class Side:
    """How a text stands beside its point, in pixels and Vega words.

    Parameters
    ----------
    align : str
        Horizontal anchor of the text.
    baseline : str
        Vertical anchor of the text.
    dx, dy : int
        Offset from the point in pixels, right and down.
    """

    align: Literal["left", "center", "right"]
    baseline: Literal["top", "middle", "bottom"]
    dx: int
    dy: int


SIDES: dict[str, Side] = {
    "above": Side("center", "bottom", 0, -7),
    "right": Side("left", "middle", 8, 0),
    "below": Side("center", "top", 0, 7),
    "left": Side("right", "middle", -8, 0),
}


def _pixels(values: Numbers, span_of: Numbers, length: float, log: bool) -> Numbers:
    """Return positions along an axis that spans the data."""
    place = np.log(values) if log else values
    ends = np.log(span_of) if log else span_of
    span = float(np.ptp(ends)) or 1.0
    return np.asarray((place - ends.min()) / span * length, dtype=float)


def move_apart(ends: Numbers, span_of: Numbers, height: float, log: bool) -> Numbers:
    """Return label positions, in data units, that are at least one line of text apart.

    Parameters
    ----------
    ends : ndarray of shape (series,)
        Last value of each series.
    span_of : ndarray
        All values on the axis.
    height : float
        Height of the axis in pixels.
    log : bool
        Logarithmic axis.

    Returns
    -------
    ndarray of shape (series,)
        Positions in the order of `ends`; unchanged where nothing collides.

    Examples
    --------
    >>> apart = move_apart(np.array([5.0, 5.0]), np.array([0.0, 10.0]), 100, False)
    >>> [round(float(value), 2) for value in apart]
    [4.2, 5.8]
    """
    pixels = _pixels(ends, span_of, height, log)
    order = np.argsort(pixels, kind="stable")
    placed = _separate(pixels[order])
    shifted = np.empty_like(placed)
    shifted[order] = placed
    place = np.log(span_of) if log else span_of
    back = place.min() + shifted / height * (float(np.ptp(place)) or 1.0)
    return np.asarray(np.exp(back) if log else back, dtype=float)


def _separate(positions: Numbers) -> Numbers:
    """Return ascending positions pushed apart, each cluster about its own centre."""
    clusters: list[list[float]] = []
    for position in positions:
        clusters.append([float(position)])
        while len(clusters) > 1 and _touch(clusters[-2], clusters[-1]):
            clusters[-2:] = [clusters[-2] + clusters[-1]]
    return np.concatenate([_centred(cluster) for cluster in clusters])


def _centred(cluster: list[float]) -> Numbers:
    steps = (np.arange(len(cluster)) - (len(cluster) - 1) / 2) * _LINE_GAP
    return np.asarray(np.mean(cluster) + steps, dtype=float)


def _touch(lower: list[float], upper: list[float]) -> bool:
    return bool(_centred(upper)[0] - _centred(lower)[-1] < _LINE_GAP)


def place_labels(
    data: pd.DataFrame,
    x: str,
    y: str,
    label: str,
    *,
    log_x: bool,
    log_y: bool,
    height: float,
    frontier: str | None = None,
) -> pd.DataFrame:
    """Return rows with the side on which the label of each point stands.

    Parameters
    ----------
    data : pandas.DataFrame
        One row per point.
    x, y, label : str
        Columns of position and text.
    log_x, log_y : bool
        Logarithmic axes.
    height : float
        Height of the axis in pixels.
    frontier : str, optional
        Best corner of the frontier whose line the labels keep off.

    Returns
    -------
    pandas.DataFrame
        A copy with the column `label_side`; the side with the least overlap, in the order
        above, right, below, left.
    """
    across = _pixels(data[x].to_numpy(float), data[x].to_numpy(float), _WIDTH, log_x)
    up = _pixels(data[y].to_numpy(float), data[y].to_numpy(float), height, log_y)
    marks = [(left - 5, low - 5, left + 5, low + 5) for left, low in zip(across, up, strict=True)]
    taken = marks + _frontier_boxes(
        data[x].to_numpy(float), data[y].to_numpy(float), across, up, frontier
    )
    sides = []
    for left, low, text in zip(across, up, data[label].astype(str), strict=True):
        boxes = {side: _box(left, low, text, side) for side in SIDES}
        best = min(boxes, key=lambda side: _overlap(boxes[side], taken))
        taken.append(boxes[best])
        sides.append(best)
    return data.assign(label_side=sides)


Box = tuple[float, float, float, float]


def _frontier_boxes(
    x: Numbers, y: Numbers, across: Numbers, up: Numbers, frontier: str | None
) -> list[Box]:
    """Return the ground that the steps of a frontier line cover, in pixels."""
    if frontier is None:
        return []
    best = np.flatnonzero(on_frontier(x, y, frontier))
    best = best[np.argsort(across[best], kind="stable")]
    boxes: list[Box] = []
    for here, there in itertools.pairwise(best):
        boxes.append((across[here], up[here] - 1, across[there], up[here] + 1))
        low, high = sorted((up[here], up[there]))
        boxes.append((across[there] - 1, low, across[there] + 1, high))
    return boxes


def _box(x: float, y: float, text: str, side: str) -> Box:
    style, width = SIDES[side], _CHARACTER * len(text)
    left = x + style.dx - {"left": 0.0, "center": width / 2, "right": width}[style.align]
    drop = {"top": _LABEL_HEIGHT, "middle": _LABEL_HEIGHT / 2, "bottom": 0.0}[style.baseline]
    low = y - style.dy - drop
    return left, low, left + width, low + _LABEL_HEIGHT


def _overlap(box: Box, taken: list[Box]) -> float:
    """Return the area shared with other boxes and with what lies outside the plot."""
    shared = sum(
        max(0.0, min(box[2], other[2]) - max(box[0], other[0]))
        * max(0.0, min(box[3], other[3]) - max(box[1], other[1]))
        for other in taken
    )
    outside = max(0.0, box[2] - _WIDTH - 40) + max(0.0, -box[0])
    return shared + outside * _LABEL_HEIGHT


def on_frontier(x: Numbers, y: Numbers, best: str) -> npt.NDArray[np.bool_]:
    """Return which points no other point dominates.

    Parameters
    ----------
    x, y : ndarray of shape (points,)
        Coordinates, finite.
    best : str
        The best corner: `min-x-max-y`, `max-x-max-y`, `min-x-min-y` or `max-x-min-y`.

    Returns
    -------
    ndarray of bool, shape (points,)
        True on the frontier.

    Examples
    --------
    >>> on_frontier(np.array([1.0, 2.0, 3.0]), np.array([5.0, 4.0, 9.0]), "min-x-max-y").tolist()
    [True, False, True]
    """
    cost = x if best.startswith("min-x") else -x
    gain = y if best.endswith("max-y") else -y
    no_worse: Any = (cost[None, :] <= cost[:, None]) & (gain[None, :] >= gain[:, None])
    better: Any = (cost[None, :] < cost[:, None]) | (gain[None, :] > gain[:, None])
    return np.asarray(~(no_worse & better).any(axis=1))
