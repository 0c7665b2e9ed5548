"""Figures on the page: numbered, drawn without JavaScript, live where JavaScript runs.

The notebook holds one Vega-Lite specification per figure. In HTML it becomes an inline SVG that
needs no script, with the specification beside it for the live chart; elsewhere an image.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxTranslator
from sphinx.writers.html5 import HTML5Translator

from computebook.book import calculators
from computebook.calculators import CALCULATOR_MIME
from computebook.charts.figure import VEGALITE_MIME
from computebook.charts.theme import colour_variables, with_variables
from computebook.tables import protect_dollars
from computebook.tables.raw import TABLE_MIME

VEGALITE_VERSION = "6.4"
STATIC_WIDTH = 680
_PNG_SCALE = 2.0
_HTML_BUILDERS = ("html", "dirhtml", "singlehtml")
_ROOT_SIZE = re.compile(r'(<svg\b[^>]*?) width="[\d.]+" height="[\d.]+"')
_ROOT = re.compile(r"<svg\b[^>]*>")
_ID = re.compile(r'\bid="([^"]+)"')
_FONT = re.compile(r' font-family="[^"]*"')
_ROLE = re.compile(r' (?:role|aria-[a-z]+)="[^"]*"')


class vega_chart(nodes.General, nodes.Element):  # noqa: N801 - docutils names nodes so
    """A chart: `spec` (Vega-Lite), `name` and `alt`."""


class FigureRenderer:
    """Turn outputs into numbered figures and calculators; found by an entry point."""

    mime_priority_overrides: ClassVar[Sequence[tuple[str, str, int | None]]] = (
        ("*", VEGALITE_MIME, 1),
        ("*", CALCULATOR_MIME, 1),
    )

    @staticmethod
    def handle_mime(renderer: Any, data: Any, inline: bool) -> list[nodes.Element] | None:
        """Return the figure or calculator of an output, or None for any other output.

        Parameters
        ----------
        renderer : myst_nb NbElementRenderer
            Renderer of the page.
        data : myst_nb MimeData
            One representation of one output.
        inline : bool
            Whether inline content is asked for, which neither is.

        Returns
        -------
        list of docutils nodes or None
            One of them. A chart without name and caption is left to fail as an unknown output.
        """
        if data.mime_type == CALCULATOR_MIME and not inline:
            return calculators.rendered(renderer, data)
        if data.mime_type == TABLE_MIME:  # the Markdown beside it is what the page shows
            return []
        if inline or data.mime_type != VEGALITE_MIME:
            return None
        about = data.content.get("usermeta", {}).get("computebook")
        return None if about is None else [_figure(renderer, data, about)]


def _figure(renderer: Any, data: Any, about: dict[str, Any]) -> nodes.figure:
    chart = vega_chart(spec=data.content, name=about["name"], alt=about["alt"])
    figure = nodes.figure("", chart, classes=["cb-figure"])
    figure["names"].append(nodes.fully_normalize_name(about["name"]))
    renderer.renderer.document.note_explicit_target(figure, figure)
    figure += nodes.caption(about["caption"], "", *_inline(renderer, data, about["caption"]))
    if about["sources"]:
        cited = f"Sources: {{cite}}`{','.join(about['sources'])}`."
        figure += nodes.legend("", nodes.paragraph(cited, "", *_inline(renderer, data, cited)))
    for node in (figure, figure[1]):
        node.line, node.source = data.line, renderer.source
    return figure


def _inline(renderer: Any, data: Any, text: str) -> list[nodes.Node]:
    """Return MyST inline text, with bare dollar signs kept as such, as nodes."""
    holder = nodes.Element()
    with renderer.renderer.current_node_context(holder):
        renderer.renderer.nested_render_text(protect_dollars(text), data.line or 0, inline=True)
    return list(holder.children)


def static_svg(spec: dict[str, Any], name: str) -> str:
    """Return a chart as SVG that stands in a page: scalable, themed, with ids of its own.

    Parameters
    ----------
    spec : dict
        Vega-Lite specification of `charts.figure`.
    name : str
        Name of the figure, which prefixes every id.

    Returns
    -------
    str
        An `svg` element that takes font and colours from the page.
    """
    drawn = _drawn(json.dumps(with_variables({**spec, "width": STATIC_WIDTH})))
    svg = _ROLE.sub("", _FONT.sub("", _ROOT_SIZE.sub(r"\1", drawn, count=1)))
    for identifier in dict.fromkeys(_ID.findall(svg)):
        svg = svg.replace(f'id="{identifier}"', f'id="{name}-{identifier}"')
        svg = svg.replace(f"#{identifier})", f"#{name}-{identifier})")
    return svg


@lru_cache(maxsize=256)  # the page and the picture to take away show the same drawing
def _drawn(text: str) -> str:
    import vl_convert

    svg: str = vl_convert.vegalite_to_svg(text, vl_version=VEGALITE_VERSION)
    return svg


def picture_svg(spec: dict[str, Any]) -> str:
    """Return a chart as an SVG file of its own: light colours on white, with fonts named.

    Parameters
    ----------
    spec : dict
        Vega-Lite specification of `charts.figure`.

    Returns
    -------
    str
        An `svg` document; equal for equal charts.
    """
    svg = _drawn(json.dumps(with_variables({**spec, "width": STATIC_WIDTH})))
    for variable, colour in colour_variables("light").items():
        svg = svg.replace(f"var({variable})", colour)
    return _ROOT.sub(r'\g<0><rect width="100%" height="100%" fill="#ffffff"/>', svg, count=1)


def picture_png(spec: dict[str, Any]) -> bytes:
    """Return a chart as a PNG file: the picture of `picture_svg`, for slides and previews.

    Parameters
    ----------
    spec : dict
        Vega-Lite specification of `charts.figure`.

    Returns
    -------
    bytes
        A PNG file; equal for equal charts.
    """
    import vl_convert

    png: bytes = vl_convert.svg_to_png(picture_svg(spec), scale=_PNG_SCALE)
    return png


def chart_html(spec: dict[str, Any], name: str, alt: str) -> str:
    """Return the HTML of one chart: static SVG, and the specification for the live one.

    Parameters
    ----------
    spec : dict
        Vega-Lite specification of `charts.figure`.
    name : str
        Name of the figure.
    alt : str
        Alternative text.

    Returns
    -------
    str
        A `div` element.
    """
    live = {key: value for key, value in with_variables(spec).items() if key != "usermeta"}
    text = json.dumps(live, separators=(",", ":"), ensure_ascii=False).replace("</", "<\\/")
    return (
        f'<div class="cb-chart" data-name="{name}">'
        f'<div class="cb-view" role="img" aria-label="{html.escape(alt)}">'
        f'<div class="cb-static">{static_svg(spec, name)}</div></div>'
        f'<script type="application/json" class="cb-spec">{text}</script></div>\n'
    )


def visit_chart_html(translator: HTML5Translator, node: vega_chart) -> None:
    """Write a chart into an HTML page.

    Parameters
    ----------
    translator : HTML5Translator
        Writer of the page.
    node : vega_chart
        The chart.
    """
    translator.body.append(chart_html(node["spec"], node["name"], node["alt"]))
    raise nodes.SkipNode


def visit_chart_text(translator: SphinxTranslator, node: vega_chart) -> None:
    """Write the alternative text where no image can stand.

    Parameters
    ----------
    translator : sphinx translator
        Writer of a text or manual page.
    node : vega_chart
        The chart.
    """
    translator.add_text(f"[{node['alt']}]")  # type: ignore[attr-defined]  # text writers only
    raise nodes.SkipNode


class ChartsAsImages(SphinxPostTransform):
    """Replace charts by images for builders that write no HTML pages (LaTeX, EPUB)."""

    default_priority = 8

    def run(self, **_: Any) -> None:
        """Write one PNG per chart and refer to it."""
        builder = self.app.builder
        if builder.name in _HTML_BUILDERS or not builder.supported_image_types:
            return
        folder = Path(builder.outdir).parent / "chart-images"
        for chart in list(self.document.findall(vega_chart)):
            path = str(_png(chart, folder))
            self.env.images.add_file(self.env.docname, path)
            image = nodes.image(uri=path, candidates={"*": path}, alt=chart["alt"])
            chart.replace_self(image)


def _png(chart: vega_chart, folder: Path) -> Path:
    import vl_convert

    text = json.dumps({**chart["spec"], "width": STATIC_WIDTH, "background": "white"})
    path = folder / f"{chart['name']}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.png"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        vl_convert.vegalite_to_png(text, vl_version=VEGALITE_VERSION, scale=_PNG_SCALE)
    )
    return path


def has_chart(doctree: nodes.document | None) -> bool:
    """Return whether a page shows a chart.

    Parameters
    ----------
    doctree : docutils document or None
        The page; None for generated pages.

    Returns
    -------
    bool
        True with at least one chart.
    """
    return doctree is not None and next(iter(doctree.findall(vega_chart)), None) is not None


def setup_figures(app: Sphinx) -> None:
    """Register the chart node with all writers.

    Parameters
    ----------
    app : sphinx Application
        The build.
    """
    text = (visit_chart_text, None)
    app.add_node(vega_chart, html=(visit_chart_html, None), text=text, man=text, texinfo=text)
    app.add_post_transform(ChartsAsImages)
