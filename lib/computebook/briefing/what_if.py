"""Two sheets that compute: change a yellow cell, and the bill or the price per token follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from openpyxl.styles import Font

from computebook import datasets
from computebook.book.execution import declared_parameters
from computebook.briefing.sheets import INPUT_FILL, head_row, put, text_rows, widths
from computebook.errors import ComputebookError
from computebook.price_cards import price_card
from computebook.pricing import rate_usd_per_mtok
from computebook.units import HOURS_PER_YEAR

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

__all__ = ["API", "GPU", "Line", "api_lines", "gpu_lines", "write_lines"]

API: Final = "What-if API bill"
GPU: Final = "What-if GPU"
CHAPTER: Final = "api_economics"
_BENCHMARK: Final = {"model": "llama-2-70b", "scenario": "server", "accelerator_id": "h200-sxm"}


@dataclass(frozen=True)
class Line:
    """One row of a what-if sheet.

    Parameters
    ----------
    key : str
        Name by which formulas of other lines refer to it, in braces.
    label, unit : str
        What it is.
    value : any
        A number to change, or a formula that begins with an equals sign.
    form : str
        Number format.
    note : str
        Where the value comes from, or what the formula does.
    """

    key: str
    label: str
    unit: str
    value: Any
    form: str = "#,##0.00"
    note: str = ""

    @property
    def is_formula(self) -> bool:
        """Whether the line is computed."""
        return isinstance(self.value, str) and self.value.startswith("=")


def _parameters(given: Mapping[str, Any]) -> dict[str, Any]:
    defaults = {p.name: p.default for p in declared_parameters(CHAPTER)}
    return defaults | {name: value for name, value in given.items() if name in defaults}


def api_lines(given: Mapping[str, Any]) -> list[Line]:
    """Return the bill of an API as inputs and formulas.

    Parameters
    ----------
    given : mapping
        Parameters of the chapter on API prices; defaults for the rest.

    Returns
    -------
    list of Line
        Equal to the chapter's own bill for the same inputs: every token is a new input token, one
        read from a cache, a visible or a reasoning token, each at its rate (source:
        `openai2025pricing`).
    """
    at = _parameters(given)
    rates = _rates(at["model"], at["price_date"], at["input_tokens"])
    why, listed = "parameter of the chapter", f"list price of {at['model']} on {at['price_date']}"
    tokens, fraction, rate = "#,##0", "0.0%", "$#,##0.000"
    return [
        Line("requests", "Requests", "a month", at["requests_per_month"], tokens, why),
        Line("input", "Prompt", "tokens a request", at["input_tokens"], tokens, why),
        Line("visible", "Visible answer", "tokens a request", at["visible_output_tokens"], "", why),
        Line(
            "thinks", "Share of output that is reasoning", "", at["reasoning_fraction"], "0%", why
        ),
        Line(
            "cached", "Share of input read from a cache", "", at["cached_fraction"], fraction, why
        ),
        Line("batch", "Share of requests in batch", "", at["batch_fraction"], fraction, why),
        Line("new_rate", "New input", "$ per M tokens", rates["new"], rate, listed),
        Line("cached_rate", "Cached input", "$ per M tokens", rates["cached"], rate, listed),
        Line("out_rate", "Output", "$ per M tokens", rates["output"], rate, listed),
        Line("batch_rate", "Price in batch, of the standard", "", rates["batch"], fraction, listed),
        Line("new", "New input", "tokens a request", "={input}*(1-{cached})", tokens),
        Line("read", "Cached input", "tokens a request", "={input}*{cached}", tokens),
        Line("output", "All output", "tokens a request", "={visible}/(1-{thinks})", tokens),
        Line("usd_new", "New input", "$ per 1,000 requests", "={new}*{new_rate}/1000"),
        Line("usd_read", "Cached input", "$ per 1,000 requests", "={read}*{cached_rate}/1000"),
        Line("usd_seen", "Visible answer", "$ per 1,000 requests", "={visible}*{out_rate}/1000"),
        Line(
            *("usd_thought", "Reasoning", "$ per 1,000 requests"),
            "=({output}-{visible})*{out_rate}/1000",
        ),
        Line("total", "Bill", "$ per 1,000 requests", "=SUM({usd_new}:{usd_thought})"),
        Line(
            *("month", "Bill", "$ a month"),
            "={total}/1000*{requests}*(1-{batch}*(1-{batch_rate}))",
            "$#,##0",
            "standard requests at full price, those in batch at the share above",
        ),
        Line("year", "Bill", "$ a year", "={month}*12", "$#,##0"),
        Line("per_mtok", "All-in", "$ per M output tokens", "={total}/{output}*1000", "$#,##0.00"),
    ]


def _rates(model: str, day: str, input_tokens: float) -> dict[str, float]:
    card = price_card(model, day)

    def rate(name: str) -> float:
        return float(rate_usd_per_mtok(card, f"{name}_usd_per_mtok", input_tokens))

    found = {
        "new": rate("uncached_input"),
        "cached": rate("cached_input"),
        "output": rate("output"),
    }
    # A model without a price for cached input bills it as new.
    found["cached"] = found["new"] if found["cached"] != found["cached"] else found["cached"]
    try:
        batch = price_card(model, day, "batch")
    except ComputebookError:
        return {**found, "batch": 1.0}
    reduced = float(rate_usd_per_mtok(batch, "output_usd_per_mtok", input_tokens))
    return {**found, "batch": reduced / found["output"]}


def gpu_lines(given: Mapping[str, Any]) -> list[Line]:
    """Return dollars per million tokens from the price of a GPU-hour, as inputs and formulas.

    Parameters
    ----------
    given : mapping
        Parameters of the chapter on API prices; defaults for the rest.

    Returns
    -------
    list of Line
        $/M tokens = GPU-hour price / (tokens per second x use x 3600) x 10^6.
    """
    at = _parameters(given)
    speed, source = _benchmark_speed()
    why = "parameter of the chapter on API prices"
    return [
        Line("price", "Price of one GPU", "$ per GPU-hour", at["gpu_hour_usd"], "$#,##0.00", why),
        Line("gpus", "GPUs", "", 8, "#,##0", "one server; change it"),
        Line("speed", "Output at full load", "tokens per s per GPU", speed, "#,##0", source),
        Line(
            *("use", "Mean load, of full load", "", 1 / at["peak_to_mean"], "0%"),
            "one over the peak-to-mean load of the chapter on API prices",
        ),
        Line(
            "hours", "Hours", "a month", HOURS_PER_YEAR / 12, "#,##0", "8,760 hours a year over 12"
        ),
        Line("month", "GPUs", "$ a month", "={price}*{gpus}*{hours}", "$#,##0"),
        Line("tokens", "Output", "M tokens a month", "={speed}*{gpus}*{use}*{hours}*3600/1000000"),
        Line("per_mtok", "Price of output", "$ per M tokens", "={month}/{tokens}", "$#,##0.000"),
        Line("api", "The API", "$ per M output tokens", f"='{API}'!{{API.per_mtok}}", "$#,##0.000"),
        Line(
            *("ratio", "Own GPUs over API", "", "={per_mtok}/{api}", "0.00"),
            "below 1 own GPUs cost less, staff and spares left out; another model, other speed",
        ),
    ]


def _benchmark_speed() -> tuple[float, str]:
    """Return the median speed of one benchmark on one GPU, tokens/s, and what it is."""
    results = datasets.load("mlperf_inference")
    for column, value in _BENCHMARK.items():
        results = results[results[column] == value]
    speed = results["tokens_per_s_per_accelerator"].dropna()
    named = ", ".join(_BENCHMARK.values())
    rounds = ", ".join(sorted(set(results["round"])))
    return float(speed.median()), f"median of {len(speed)} MLPerf results: {named}; {rounds}"


def write_lines(
    sheet: Worksheet, title: str, about: str, lines: list[Line], others: Mapping[str, str]
) -> dict[str, str]:
    """Write a what-if sheet.

    Parameters
    ----------
    sheet : openpyxl Worksheet
        An empty sheet.
    title, about : str
        Its heading and what to do.
    lines : list of Line
        Inputs first.
    others : mapping of str to str
        Cells of other sheets by name, for formulas.

    Returns
    -------
    dict of str to str
        The cell of each line, by its key.
    """
    first = text_rows(sheet, [title, about])
    head_row(sheet, first, ["What", "Value", "Unit", "Note"])
    cells = {line.key: f"B{first + number}" for number, line in enumerate(lines, start=1)}
    for number, line in enumerate(lines, start=1):
        row = first + number
        put(sheet, row, 1, line.label)
        put(sheet, row, 3, line.unit)
        put(sheet, row, 4, line.note)
        cell = put(sheet, row, 2, None if line.is_formula else line.value)
        if line.is_formula:
            cell.value = _filled(line.value, {**others, **cells})
            cell.font = Font(bold=line.key in ("total", "month", "year", "per_mtok", "ratio"))
        else:
            cell.fill = INPUT_FILL
        cell.number_format = line.form or "#,##0"
    widths(sheet, [(line.label, 0.0, line.unit, line.note) for line in lines])
    sheet.column_dimensions["B"].width = 16
    return cells


def _filled(formula: str, cells: Mapping[str, str]) -> str:
    for key, place in cells.items():
        formula = formula.replace(f"{{{key}}}", place)
    return formula
