"""A chart with its name, caption, alternative text and sources, equal on every run."""

from __future__ import annotations

import copy
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from computebook import errors
from computebook.charts import theme

if TYPE_CHECKING:
    import altair as alt

VEGALITE_MIME = "application/vnd.vegalite.v6+json"
SIGNIFICANT_DIGITS = 6
_NAME = re.compile(r"fig-[a-z0-9]+(-[a-z0-9]+)*")
_GENERATED = re.compile(r"(view|param|data|concat|layer|selector|brush)[_-]?[0-9a-f]+")
_LAYERED = ("layer", "hconcat", "vconcat", "concat")


class Figure:
    """A figure of the report: displayed as one Vega-Lite output with its description.

    Parameters
    ----------
    spec : dict
        A normalised Vega-Lite specification whose `usermeta.computebook` holds name, caption,
        alternative text and sources.
    """

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec

    @property
    def name(self) -> str:
        """The label by which text refers to the figure."""
        return str(self.spec["usermeta"]["computebook"]["name"])

    @property
    def alt(self) -> str:
        """What the chart shows, for a reader who does not see it."""
        return str(self.spec["usermeta"]["computebook"]["alt"])

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {VEGALITE_MIME: self.spec, "text/plain": self.alt}

    def __repr__(self) -> str:
        return f"Figure({self.name!r})"


def figure(
    chart: alt.TopLevelMixin | Mapping[str, Any],
    *,
    name: str,
    caption: str,
    alt: str,
    sources: Sequence[str] = (),
) -> Figure:
    """Return a numbered figure of the report.

    Parameters
    ----------
    chart : altair chart or mapping
        An Altair chart or a Vega-Lite specification; its width follows the page.
    name : str
        Label for references, `fig-` and lower-case words joined by hyphens.
    caption : str
        MyST inline text; its first sentence states the finding in bold.
    alt : str
        What is seen, in words; not empty.
    sources : sequence of str
        Keys of references.bib, printed under the chart.

    Returns
    -------
    Figure
        Displays itself; numbers are rounded to six significant digits.

    Raises
    ------
    ComputebookError
        If name, caption or alternative text do not serve, an axis of numbers has no title, or a
        number is not finite.

    Examples
    --------
    >>> spec = {"mark": "point", "data": {"values": [{"a": 1 / 3}]},
    ...         "encoding": {"x": {"field": "a", "type": "quantitative", "title": "Share (1)"}}}
    >>> drawn = figure(spec, name="fig-share", caption="**A third.**", alt="One point at 0.333.")
    >>> drawn.spec["data"]
    {'values': [{'a': 0.333333}]}
    """
    if not _NAME.fullmatch(name):
        raise errors.ComputebookError(f"name = {name!r} must read like 'fig-kv-cache'")
    texts = {"caption": _text(name, "caption", caption), "alt": _text(name, "alt", alt)}
    spec = copy.deepcopy(dict(chart)) if isinstance(chart, Mapping) else chart.to_dict()
    require_axis_titles(spec)
    spec = rounded(with_stable_names(spec))
    spec.update(
        width="container",
        autosize={"type": "fit-x", "contains": "padding"},
        config=_config(spec),
        usermeta={"computebook": {"name": name, **texts, "sources": list(sources)}},
    )
    spec.setdefault("$schema", "https://vega.github.io/schema/vega-lite/v6.json")
    return Figure(dict(sorted(spec.items())))


def _config(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return the theme; a chart that names no tooltip shows what its marks encode."""
    own = {key: value for key, value in spec.get("config", {}).items() if key != "view"}
    config = theme.config() | own
    if '"tooltip"' not in json.dumps(spec):
        config["mark"] = {**config.get("mark", {}), "tooltip": True}
    return config


def _text(name: str, kind: str, value: str) -> str:
    """Return a text on one line; newlines would end a caption."""
    joined = " ".join(value.split())
    if not joined:
        raise errors.ComputebookError(f"{kind} of {name!r} is empty: say what the chart shows")
    return joined


def rounded(value: Any) -> Any:
    """Return a JSON value whose numbers have six significant digits.

    Parameters
    ----------
    value : any
        Numbers, texts, lists and mappings.

    Returns
    -------
    any
        A copy.

    Raises
    ------
    ComputebookError
        If a number is not finite.

    Examples
    --------
    >>> rounded({"a": [1234567.89, 2]})
    {'a': [1234570.0, 2]}
    """
    if isinstance(value, Mapping):
        return {str(key): rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    if isinstance(value, float):
        if not math.isfinite(value):
            raise errors.ComputebookError(f"a chart cannot show the number {value}")
        return float(f"{value:.{SIGNIFICANT_DIGITS}g}")
    return value


def with_stable_names(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a specification without generated names that differ from run to run.

    Parameters
    ----------
    spec : mapping
        A Vega-Lite specification; Altair numbers views and parameters through a whole process
        and names data sets by a hash.

    Returns
    -------
    dict
        A copy in which such names count from one, in order of appearance.

    Examples
    --------
    >>> with_stable_names({"name": "view_17", "data": {"name": "data-0af3"}})
    {'name': 'view_1', 'data': {'name': 'table_1'}}
    """
    renamed: dict[str, str] = {}
    for text in _names(spec):
        kind = _GENERATED.fullmatch(text)
        if kind is not None and text not in renamed:
            # Vega calls its own data sets data_0, data_1: ours must not collide with them.
            stem = "table" if kind[1] == "data" else kind[1]
            count = sum(new.startswith(f"{stem}_") for new in renamed.values())
            renamed[text] = f"{stem}_{count + 1}"
    pattern = re.compile("|".join(rf"\b{re.escape(old)}\b" for old in renamed) or r"(?!)")
    copied: dict[str, Any] = json.loads(
        pattern.sub(lambda match: renamed[match[0]], json.dumps(spec))
    )
    return copied


def _names(value: Any) -> Iterator[str]:
    """Yield the names of views, parameters and data sets, in order."""
    if isinstance(value, Mapping):
        if isinstance(value.get("name"), str):
            yield value["name"]
        for key, item in value.items():
            if key == "datasets":
                yield from item
            elif key != "values":
                yield from _names(item)
    elif isinstance(value, list):
        for item in value:
            yield from _names(item)


def require_axis_titles(spec: Mapping[str, Any]) -> None:
    """Raise when an axis of numbers has no title with its quantity and unit.

    Parameters
    ----------
    spec : mapping
        A Vega-Lite specification.

    Raises
    ------
    ComputebookError
        If a quantitative x or y has neither a title nor `axis: null`.
    """
    for channel in ("x", "y"):
        encodings = [
            item for item in _channels(spec, channel) if item.get("type") == "quantitative"
        ]
        for item in encodings:
            if item.get("axis", {}) is not None and not _title(item):
                raise errors.ComputebookError(
                    f"the {channel} axis of {item.get('field')!r} has no title: "
                    "give quantity and unit"
                )


def _channels(spec: Mapping[str, Any], channel: str) -> Iterator[Mapping[str, Any]]:
    encoding = spec.get("encoding", {}).get(channel)
    if isinstance(encoding, Mapping):
        yield encoding
    for part in (item for key in _LAYERED for item in spec.get(key, [])):
        yield from _channels(part, channel)
    if isinstance(spec.get("spec"), Mapping):
        yield from _channels(spec["spec"], channel)


def _title(encoding: Mapping[str, Any]) -> str:
    axis = encoding.get("axis") or {}
    title = axis.get("title", encoding.get("title"))
    return title.strip() if isinstance(title, str) else ""
