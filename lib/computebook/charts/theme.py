"""The one theme of all charts: colours for light and dark, vendor marks, type scale.

Every colour is a pair. Charts are drawn with the light one; the site replaces it by a CSS
variable (`colour_variables`), so that a chart follows the reader's light or dark theme.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from computebook import errors

if TYPE_CHECKING:
    import altair as alt


@dataclass(frozen=True)
class Colour:
    """One colour of the theme in its light and its dark form.

    Parameters
    ----------
    light, dark : str
        Hexadecimal RGB, drawn on a white and on a near-black page.
    """

    light: str
    dark: str


COLOURS: dict[str, Colour] = {
    "ink": Colour("#1b2430", "#e4e8ee"),
    "muted": Colour("#566272", "#a3aebc"),
    "grid": Colour("#e2e6eb", "#2e3742"),
    "paper": Colour("#fffffe", "#14181e"),
    "accent": Colour("#0b5cad", "#6cb2ff"),
    "blue": Colour("#1769c2", "#5aa9f7"),
    "orange": Colour("#c25400", "#ff9c47"),
    "green": Colour("#00785a", "#3fc49f"),
    "purple": Colour("#7d4bb0", "#c39bef"),
    "red": Colour("#b8261f", "#ff7f76"),
    "gold": Colour("#8f6a00", "#e2ba45"),
    "pink": Colour("#bd3a7c", "#f48cc0"),
    "teal": Colour("#0a7a88", "#55c6d2"),
    "brown": Colour("#7c5230", "#cda47f"),
    "lime": Colour("#547d00", "#a6cf45"),
    "slate": Colour("#5d6a7b", "#a9b5c4"),
}

ACCENT = COLOURS["accent"].light
INK = COLOURS["ink"].light
MUTED = COLOURS["muted"].light
GRID = COLOURS["grid"].light
PAPER = COLOURS["paper"].light

PALETTE: tuple[str, ...] = tuple(
    COLOURS[name].light for name in ("blue", "orange", "green", "purple", "gold", "red", "teal")
)
SHAPES: tuple[str, ...] = (
    "circle",
    "square",
    "triangle-up",
    "diamond",
    "cross",
    "triangle-down",
    "triangle-right",
)
#: The verdicts on a claim keep the colours of their badges in every chart.
VERDICT_COLOURS: dict[str, str] = {
    "confirmed": COLOURS["green"].light,
    "imprecise": COLOURS["gold"].light,
    "contradicted": COLOURS["red"].light,
    "inconsistent": COLOURS["purple"].light,
    "unverified": COLOURS["slate"].light,
}
DASHES: tuple[tuple[int, ...], ...] = (
    (1, 0),
    (7, 3),
    (2, 2),
    (9, 3, 2, 3),
    (12, 4),
    (4, 4),
    (1, 3),
)

# Sequential scale of heat maps. These hues are the same on light and dark pages.
SEQUENTIAL: tuple[str, ...] = ("#e8f1fb", "#b3d2f2", "#71aee6", "#2f80cc", "#0c549e", "#062f63")

_VENDORS: dict[str, tuple[str, str]] = {
    "OpenAI": ("green", "circle"),
    "Anthropic": ("orange", "square"),
    "Google": ("blue", "triangle-up"),
    "xAI": ("slate", "diamond"),
    "Meta": ("teal", "cross"),
    "Microsoft": ("gold", "square"),
    "Amazon": ("brown", "triangle-down"),
    "NVIDIA": ("lime", "circle"),
    "AMD": ("red", "square"),
    "DeepSeek": ("purple", "triangle-up"),
    "Moonshot AI": ("pink", "diamond"),
    "Alibaba": ("gold", "triangle-right"),
    "Mistral": ("red", "triangle-down"),
    "Z.ai": ("teal", "triangle-left"),
    "MiniMax": ("brown", "cross"),
    "Oracle": ("red", "diamond"),
    "CoreWeave": ("blue", "cross"),
    "Intel": ("teal", "square"),
    "Other": ("slate", "circle"),
}
_ALIASES: dict[str, str] = {
    "google deepmind": "Google",
    "alphabet": "Google",
    "moonshot": "Moonshot AI",
    "kimi": "Moonshot AI",
    "qwen": "Alibaba",
    "qwen/alibaba": "Alibaba",
    "alibaba cloud": "Alibaba",
    "aws": "Amazon",
    "amazon web services": "Amazon",
    "azure": "Microsoft",
    "meta ai": "Meta",
    "mistral ai": "Mistral",
    "zhipu": "Z.ai",
    "zhipu ai": "Z.ai",
    "x.ai": "xAI",
}
_BY_FOLDED = {name.casefold(): name for name in _VENDORS}


def _vendor_marks(vendor: str) -> tuple[str, str]:
    folded = vendor.strip().casefold()
    name = _ALIASES.get(folded, _BY_FOLDED.get(folded, "Other"))
    return _VENDORS[name]


def vendor_colour(vendor: str) -> str:
    """Return the colour that a vendor has in every chapter.

    Parameters
    ----------
    vendor : str
        Name of a vendor; case and common aliases do not matter. Others are grey.

    Returns
    -------
    str
        Hexadecimal RGB of the light theme.

    Examples
    --------
    >>> vendor_colour("Qwen") == vendor_colour("Alibaba")
    True
    """
    return COLOURS[_vendor_marks(vendor)[0]].light


def vendor_shape(vendor: str) -> str:
    """Return the point shape that a vendor has in every chapter.

    Parameters
    ----------
    vendor : str
        Name of a vendor, as in `vendor_colour`.

    Returns
    -------
    str
        A Vega symbol name.

    Examples
    --------
    >>> vendor_shape("Anthropic")
    'square'
    """
    return _vendor_marks(vendor)[1]


def vendor_scale(vendors: Iterable[str], *, shape: bool = False) -> alt.Scale:
    """Return the Altair scale from vendor names to their fixed colours or shapes.

    Parameters
    ----------
    vendors : iterable of str
        The vendors that occur in the chart.
    shape : bool
        Give shapes instead of colours.

    Returns
    -------
    altair.Scale
        Names in order of first appearance.

    Examples
    --------
    >>> vendor_scale(["AMD", "NVIDIA", "AMD"]).to_dict()["domain"]
    ['AMD', 'NVIDIA']
    """
    import altair as alt

    names = list(dict.fromkeys(str(vendor) for vendor in vendors))
    marks = [vendor_shape(name) if shape else vendor_colour(name) for name in names]
    return alt.Scale(domain=names, range=marks)


def require_palette(field: str, names: Iterable[object]) -> list[str]:
    """Return names in order of appearance, if the palette can tell them apart.

    Parameters
    ----------
    field : str
        What is named, for the message.
    names : iterable
        Names, possibly repeated.

    Returns
    -------
    list of str
        Each name once.

    Raises
    ------
    ComputebookError
        If there are more names than colours.

    Examples
    --------
    >>> require_palette("gpu", ["H100", "B200", "H100"])
    ['H100', 'B200']
    """
    distinct = list(dict.fromkeys(str(name) for name in names))
    if len(distinct) > len(PALETTE):
        raise errors.ComputebookError(
            f"{field} has {len(distinct)} names: at most {len(PALETTE)} can be told apart"
        )
    return distinct


def colour_variables(theme: str) -> dict[str, str]:
    """Return the CSS variable of every theme colour, for one theme.

    Parameters
    ----------
    theme : str
        `light` or `dark`.

    Returns
    -------
    dict of str to str
        From variable (`--cb-ink`) to hexadecimal RGB.

    Examples
    --------
    >>> colour_variables("dark")["--cb-accent"]
    '#6cb2ff'
    """
    return {f"--cb-{name}": getattr(colour, theme) for name, colour in COLOURS.items()}


def with_variables(spec: dict[str, Any]) -> dict[str, Any]:
    """Return a chart specification whose theme colours are CSS variables.

    Parameters
    ----------
    spec : dict
        A Vega-Lite specification drawn in light colours.

    Returns
    -------
    dict
        A copy, fit for Vega's SVG output in a page that defines `colour_variables`.

    Examples
    --------
    >>> with_variables({"mark": {"color": ACCENT}})
    {'mark': {'color': 'var(--cb-accent)'}}
    """
    text = json.dumps(spec)
    for name, colour in COLOURS.items():
        text = text.replace(f'"{colour.light}"', f'"var(--cb-{name})"')
    copy: dict[str, Any] = json.loads(text)
    return copy


def config() -> dict[str, Any]:
    """Return the Vega-Lite configuration shared by all charts.

    Returns
    -------
    dict
        Type scale, axes, legend and mark defaults.
    """
    text = {"labelFontSize": 12, "titleFontSize": 12, "labelColor": INK, "titleColor": MUTED}
    return {
        "font": "Liberation Sans, Arial, sans-serif",
        "background": None,
        "aria": False,
        "view": {"stroke": None},
        "axis": {
            **text,
            "titleFontWeight": "normal",
            "titlePadding": 8,
            "labelLimit": 230,
            "labelPadding": 6,
            "gridColor": GRID,
            "domainColor": MUTED,
            "tickColor": MUTED,
            "ticks": False,
            "labelOverlap": True,
        },
        "axisX": {"tickCount": 5, "domain": False, "titleAnchor": "start"},
        "axisY": {"tickCount": 6, "domain": False},
        "legend": {
            **text,
            "orient": "top",
            "direction": "horizontal",
            "title": None,
            "labelLimit": 200,
            "symbolSize": 90,
            "titleFontWeight": "normal",
            "columnPadding": 16,
            "rowPadding": 4,
            "offset": 10,
        },
        "mark": {"aria": False},
        "bar": {"color": ACCENT},
        "point": {"color": ACCENT, "filled": True, "size": 70},
        "line": {"color": ACCENT, "strokeWidth": 2},
        "rule": {"color": MUTED},
        "text": {"color": INK, "fontSize": 12},
        "range": {"category": list(PALETTE), "ramp": list(SEQUENTIAL)},
        "locale": {
            "number": {
                "decimal": ".",
                "thousands": ",",
                "grouping": [3],
                "currency": ["$", ""],
                "minus": "−",
            }
        },
    }


def named_colours(names: Sequence[str]) -> list[str]:
    """Return a colour for each name: the palette in order, fixed ones for verdicts.

    Examples
    --------
    >>> named_colours(["H100", "B200"]) == list(PALETTE[:2])
    True
    >>> named_colours(["contradicted"]) == [VERDICT_COLOURS["contradicted"]]
    True
    """
    if set(names) <= set(VERDICT_COLOURS):
        return [VERDICT_COLOURS[name] for name in names]
    return list(PALETTE[: len(names)])
