"""Files that the build itself writes into the site: chart library, chart script, colours."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from computebook.book.figures import VEGALITE_VERSION
from computebook.charts.theme import colour_variables

FOLDER = "computebook"
CHART_SCRIPT = f"{FOLDER}/charts.js"
EDITION_SCRIPT = f"{FOLDER}/edition.js"
CALCULATOR_SCRIPT = f"{FOLDER}/calculator.js"
CALCULATOR_STYLE = f"{FOLDER}/calculator.css"
COLOURS_STYLE = f"{FOLDER}/colours.css"
VEGA_BUNDLE = f"{FOLDER}/vega.js"


def colours_css() -> str:
    """Return the theme colours as CSS variables, for light, dark and print.

    Returns
    -------
    str
        A style sheet.

    Examples
    --------
    >>> "--cb-ink" in colours_css()
    True
    """
    light, dark = (_declarations(theme) for theme in ("light", "dark"))
    return (
        f":root {{\n{light}}}\nhtml[data-theme=dark] {{\n{dark}}}\n"
        f"@media print {{\nhtml[data-theme] {{\n{light}}}\n}}\n"
    )


def _declarations(theme: str) -> str:
    return "".join(f"  {name}: {value};\n" for name, value in colour_variables(theme).items())


def vega_bundle() -> str:
    """Return the chart library as one script that defines one global name.

    Returns
    -------
    str
        JavaScript; equal on every call.
    """
    import vl_convert

    snippet = "window.computebookVega = vegaEmbed;"
    bundle: str = vl_convert.javascript_bundle(snippet, vl_version=VEGALITE_VERSION)
    # The bundle declares globals at top level: a function keeps them out of the page.
    return f"(function () {{\n{bundle}\n}})();\n"


def write_assets(static: Path) -> None:
    """Write scripts and colours into the static folder of a site.

    Parameters
    ----------
    static : pathlib.Path
        The folder `_static` of the output.
    """
    (static / FOLDER).mkdir(parents=True, exist_ok=True)
    own = resources.files("computebook.book")
    for name, text in {
        CHART_SCRIPT: own.joinpath("charts.js").read_text("utf-8"),
        EDITION_SCRIPT: own.joinpath("edition.js").read_text("utf-8"),
        CALCULATOR_SCRIPT: own.joinpath("calculator.js").read_text("utf-8"),
        CALCULATOR_STYLE: own.joinpath("calculator.css").read_text("utf-8"),
        COLOURS_STYLE: colours_css(),
        VEGA_BUNDLE: vega_bundle(),
    }.items():
        (static / name).write_text(text, encoding="utf-8", newline="\n")
