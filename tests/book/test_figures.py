from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from types import SimpleNamespace

import pytest

from computebook.book import assets, figures, mathml
from computebook.charts import Figure, theme


@pytest.fixture(scope="module")
def svg(bandwidth: Figure) -> str:
    return figures.static_svg(bandwidth.spec, "fig-bandwidth")


def test_static_picture_is_well_formed_scalable_and_themed(svg: str) -> None:
    root = ElementTree.fromstring(svg)  # noqa: S314 - made by our own build
    assert root.get("viewBox", "").startswith("0 0 680 ")
    assert root.get("width") is None
    assert root.get("height") is None
    assert "font-family" not in svg
    assert 'fill="var(--cb-lime)"' in svg
    assert not [c.light for c in theme.COLOURS.values() if f'"{c.light}"' in svg]


def test_ids_carry_the_name_of_the_figure_and_resolve() -> None:
    spec = {
        "data": {"values": [{"a": 1}]},
        "mark": {"type": "bar", "clip": True, "color": {
            "x1": 0, "gradient": "linear", "stops": [{"offset": 0, "color": "red"}]}},
        "encoding": {"x": {"field": "a", "type": "quantitative"}},
    }  # fmt: skip
    svg = figures.static_svg(spec, "fig-a")
    ids = re.findall(r'\bid="([^"]+)"', svg)
    assert len(ids) >= 2
    assert all(identifier.startswith("fig-a-") for identifier in ids)
    assert set(re.findall(r"url\(#([^)]+)\)", svg)) == set(ids)


def test_pictures_of_one_chart_are_equal(svg: str, bandwidth: Figure) -> None:
    assert figures.static_svg(bandwidth.spec, "fig-bandwidth") == svg


def test_markup_escapes_text_and_keeps_no_private_data(bandwidth: Figure) -> None:
    markup = figures.chart_html(bandwidth.spec, bandwidth.name, bandwidth.alt)
    assert 'aria-label="Bars: B200 and MI355X &quot;8&quot; TB/s, H100 &lt;4."' in markup
    assert "usermeta" not in markup
    assert markup.count("</script>") == 1


def test_other_outputs_and_unnamed_charts_are_left_alone() -> None:
    plain = SimpleNamespace(mime_type="text/plain", content="x")
    unnamed = SimpleNamespace(mime_type=figures.VEGALITE_MIME, content={"mark": "bar"})
    for data in (plain, unnamed):
        assert figures.FigureRenderer.handle_mime(None, data, False) is None
    assert figures.FigureRenderer.handle_mime(None, unnamed, True) is None


def test_bundle_defines_one_global_and_is_stable() -> None:
    bundle = assets.vega_bundle()
    assert bundle.startswith("(function () {")
    assert "window.computebookVega = " in bundle or "window.computebookVega=" in bundle
    assert bundle == assets.vega_bundle()


def test_colours_are_declared_for_both_themes_and_print() -> None:
    css = assets.colours_css()
    assert css.count("--cb-ink:") == 3
    assert css.index("@media print") > css.index("data-theme=dark")


@pytest.mark.parametrize(
    "latex",
    [
        r"M_{\mathrm{kv}} = 2\, L\, n_{\mathrm{kv}}\, d\, b\, T",
        r"\begin{aligned} t &= \max\left(\frac{W}{B}, \frac{2N}{F}\right) \\ X &= 1 \end{aligned}",
        r"\sum_{i=1}^{n} x_i \le \lceil y \rceil \approx 5\% \quad \text{(s)}",
        r"\begin{cases} a & x < 1 \\ b & x \ge 1 \end{cases}",
    ],
)
def test_formulas_become_well_formed_mathml(latex: str) -> None:
    written = mathml.to_mathml(latex, block=True)
    assert ElementTree.fromstring(written).get("display") == "block"  # noqa: S314
    assert "\\" not in written


def test_an_unknown_command_is_a_fault_and_not_shown_as_letters() -> None:
    with pytest.raises(ValueError, match="formula not understood"):
        mathml.to_mathml(r"\frobnicate x", block=False)
