"""Charts of the report: one theme, one colour and shape per vendor, one form per kind of question.

A form (`bars`, `lines`, ...) takes a long data frame and returns an Altair chart; `figure` gives
that chart its name, caption and alternative text and makes its output equal on every run.
"""

from computebook.charts.comparisons import bars, dots_with_intervals, stacked_bars
from computebook.charts.figure import Figure, figure
from computebook.charts.planes import heatmap, scatter
from computebook.charts.ranges import dumbbell, range_bars
from computebook.charts.series import lines
from computebook.charts.theme import ACCENT, PALETTE, vendor_colour, vendor_scale, vendor_shape

__all__ = [
    "ACCENT",
    "PALETTE",
    "Figure",
    "bars",
    "dots_with_intervals",
    "dumbbell",
    "figure",
    "heatmap",
    "lines",
    "range_bars",
    "scatter",
    "stacked_bars",
    "vendor_colour",
    "vendor_scale",
    "vendor_shape",
]
