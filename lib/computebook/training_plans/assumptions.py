"""What a run is assumed to meet: every input with its range, unit and source, from the tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from computebook import datasets, errors, units
from computebook.hardware import Accelerator
from computebook.sizing import hour_price
from computebook.training import STATE_FORMATS, scale_out_bytes_per_s
from computebook.training_cases.calibration import family_of
from computebook.training_cases.table import TABLE, intervals_from_table
from computebook.training_plans.inputs import Uncertain
from computebook.training_plans.request import Request

__all__ = ["is_calibrated", "layout_inputs", "model_error", "run_inputs"]

Row = Mapping[Any, Any]

_UNMEASURED: Final = (0.5, 2.0)
"""Multiples of a prediction where nothing was measured on the generation."""

_STAND_INS: Final = {
    "h800-sxm": "h100-sxm", "gb200": "b200-sxm", "b300-sxm": "b200-sxm", "gb300": "b200-sxm",
    "h200-sxm": "h200-sxm", "gh200": "h100-sxm", "mi325x": "mi300x", "mi350x": "mi300x",
    "mi355x": "mi300x",
}  # fmt: skip
"""Accelerators of one family whose price stands in where none is published."""

_COMMITTED: Final = ("google-h100-sxm-reserved-3y", "google-h100-sxm-on-demand")
"""Offers of one provider whose ratio says what a commitment over three years saves."""

_SERVER: Final = ("seller-hgx-h100-2025-01", "epoch-2025-h100")


@dataclass(frozen=True)
class _Own:
    """A range of ours that no table holds."""

    low: float
    central: float
    high: float
    unit: str
    meaning: str
    note: str


_OWN: Final[dict[str, _Own]] = {
    "checkpoint_s": _Own(10.0, 30.0, 60.0, "s", "standstill of one checkpoint",
                         "From overlapped to plain writing."),
    "restart_s": _Own(60.0, 300.0, 900.0, "s", "from an interruption to the first new step",
                      "Detection, replacement, start and loading together."),
    "straggler_fraction": _Own(0.95, 0.98, 1.0, "", "speed left by parts slower than measured",
                               "Calibration runs are short and on checked machines."),
    "ramp_fraction": _Own(0.90, 0.95, 1.0, "", "share of the cluster at work over the run",
                          "Growth of batch and cluster, planned stops, longer contexts at the end; "
                          "Llama 3.1 405B leaves 0.9 after failures."),
    "server_years": _Own(3.0, 4.0, 6.0, "years", "life of servers and network", ""),
    "cost_of_capital": _Own(0.05, 0.10, 0.15, "per year", "cost of money", ""),
    "utilisation": _Own(0.70, 0.85, 0.95, "", "share of hours in which an own cluster works",
                        "The rest waits between runs and in repair."),
    "building_years": _Own(10.0, 15.0, 20.0, "years", "life of building, power and cooling", ""),
    "electricity_usd_per_kwh": _Own(0.05, 0.0826, 0.15, "$/kWh", "tariff",
                                    "Central: US industrial customers of 2025."),
    "operations_fraction": _Own(0.01, 0.02, 0.04, "per year",
                                "staff, maintenance and insurance over servers and network",
                                "Research staff is not in it."),
}  # fmt: skip


def _sourced(row: Row) -> dict[str, str]:
    """Return basis and source of a row of a table."""
    return {
        "basis": str(row["basis"]), "source_key": str(row["source_key"]),
        "locator": str(row["locator"]), "as_of": str(row["as_of"].date()),
        "note": str(row["note"]),
    }  # fmt: skip


def _factor(name: str, factor_id: str, unit: str, meaning: str, **more: Any) -> Uncertain:
    """Return an input from one row of the table of site factors."""
    row = datasets.row_of("facility_factors", "factor_id", factor_id)
    central = float(row["central"])
    ends = {e: central if pd.isna(row[e]) else float(row[e]) for e in ("low", "high")}
    return Uncertain(name=name, unit=unit, meaning=meaning, central=central,
                     **{**_sourced(row), **ends, **more})  # fmt: skip


def _own(name: str) -> Uncertain:
    it = _OWN[name]
    return Uncertain(name=name, low=it.low, central=it.central, high=it.high, unit=it.unit,
                     meaning=it.meaning, note=it.note)  # fmt: skip


def is_calibrated(device: Accelerator) -> bool:
    """Return whether measured runs on this kind of accelerator stand behind its constants.

    Parameters
    ----------
    device : Accelerator
        Of the table.

    Examples
    --------
    >>> is_calibrated(datasets.accelerator("h100")), is_calibrated(datasets.accelerator("mi300x"))
    (True, False)
    """
    rows = datasets.load(TABLE)
    family = family_of(device.generation)
    same = (rows["field"] == "matrix_fraction") & rows["scope"].str.endswith(f".{family}")
    return bool((rows.loc[same, "cases"].fillna(0) > 0).any())


def model_error(device: Accelerator, routed: bool) -> Uncertain:
    """Return how far measured throughput lies from the step model, out of sample.

    Parameters
    ----------
    device : Accelerator
        Of the table; the widest range where no run on its kind was measured.
    routed : bool
        Whether the model has experts.

    Examples
    --------
    >>> error = model_error(datasets.accelerator("h100"), routed=False)
    >>> error.low < 1.0 < error.high
    True
    """
    kind = "experts" if routed else "dense"
    scope, words = f"{kind}.throughput", "measured over predicted throughput"
    if not is_calibrated(device) or scope not in intervals_from_table():
        return Uncertain(name="model_error", low=_UNMEASURED[0], central=1.0, high=_UNMEASURED[1],
                         unit="", meaning=words, distribution="lognormal",
                         note=f"No run on {device.name} was measured.")  # fmt: skip
    rows = datasets.load(TABLE)
    row = rows[(rows["field"] == "interval_factor") & (rows["scope"] == scope)].iloc[0].to_dict()
    low, high = intervals_from_table()[scope]
    return Uncertain(name="model_error", low=min(low, 1.0), central=1.0, high=max(high, 1.0),
                     unit="", meaning=f"{words}, {kind} models, out of sample",
                     distribution="lognormal", **_sourced(row))  # fmt: skip


def _rack(device: Accelerator) -> Uncertain:
    """Return the rating of servers or racks per accelerator, W.

    Where none is published, the span of published ratings over the boards in them.
    """
    systems = datasets.load("systems")
    inner = systems[systems["power_boundary"].isin(["node", "rack"])]
    own = inner[(inner["accelerator_id"] == device.accelerator_id) & (inner["accelerators"] >= 8)]
    rows = own if not own.empty else inner[inner["accelerators"] >= 8]
    each = rows["rated_power_kw"] * units.WATTS_PER_KW / rows["accelerators"]
    if own.empty:
        boards = rows["accelerator_id"].map(lambda name: datasets.accelerator(name).tdp_w)
        each = each / boards * device.tdp_w
    middle = rows.iloc[int((each - each.median()).abs().to_numpy().argmin())].to_dict()
    words = f"Ratings of {', '.join(rows['system_id'])}."
    found = _sourced(middle) | {"note": words} | ({"basis": "derived"} if own.empty else {})
    return Uncertain(name="rack_w_per_gpu", low=float(each.min()), central=float(each.median()),
                     high=float(each.max()), unit="W",
                     meaning="rating of server or rack per accelerator in it",
                     **found)  # fmt: skip


def _rent(device: Accelerator) -> Uncertain:
    """Return the rent: offers on demand, at the low end with a commitment over three years."""
    name = device.accelerator_id
    offered = name if hour_price(name).offers else _STAND_INS.get(name, "")
    price = hour_price(offered)
    if not price.offers:
        raise errors.ComputebookError(
            f"gpu {name!r}: no rent is published for it or for one of its kind; give one with "
            "--price"
        )
    committed, spot = (datasets.row_of("gpu_hour_prices", "price_id", key) for key in _COMMITTED)
    share = float(committed["usd_per_gpu_hour"]) / float(spot["usd_per_gpu_hour"])
    note = f"Low end: a commitment over three years at {share:.2f} of the list price."
    stand_in = "" if offered == name else f" Offers of {offered} stand in."
    return Uncertain(
        name="rental_usd_per_gpu_hour", low=price.low_usd_per_gpu_hour * share,
        central=price.central_usd_per_gpu_hour, high=price.high_usd_per_gpu_hour, unit="$/GPU-h",
        meaning=f"rent, median of {price.offers} offers on demand", distribution="lognormal",
        basis="assumed" if stand_in else "published", source_key="; ".join(price.source_keys),
        locator="table gpu_hour_prices", as_of=price.as_of, note=note + stand_in,
    )  # fmt: skip


def _purchase(device: Accelerator) -> Uncertain:
    """Return the price of one accelerator: the newest estimate of the table, or a stand-in's."""
    table = datasets.load("accelerator_prices")
    chips = table[table["scope"] == "accelerator"].sort_values("as_of")
    name = device.accelerator_id
    known = set(chips["accelerator_id"])
    near = {"h200-sxm": "h100-sxm", "gh200": "h100-sxm", "b200-sxm": "gb200", "b300-sxm": "gb300",
            "h800-sxm": "h100-sxm", "a100-40gb-sxm": "a100-80gb-sxm",
            "a100-80gb-pcie": "a100-80gb-sxm"}  # fmt: skip
    priced = name if name in known else near.get(name, "")
    if not priced:
        raise errors.ComputebookError(
            f"gpu {name!r} has no purchase price: known for {', '.join(sorted(known | set(near)))}"
        )
    row = chips[chips["accelerator_id"] == priced].iloc[-1].to_dict()
    found = _sourced(row)
    if priced != name:
        found |= {"basis": "assumed", "note": f"The price of {priced} stands in. {found['note']}"}
    return Uncertain(name="accelerator_usd", low=float(row["low_usd"]), unit="$",
                     central=float(row["central_usd"]), high=float(row["high_usd"]),
                     meaning="price of one accelerator", distribution="lognormal",
                     **found)  # fmt: skip


def _server_overhead() -> Uncertain:
    """Return server over accelerator prices: one seller's at the low end, Epoch's default."""
    server, chip = (datasets.row_of("accelerator_prices", "price_id", key) for key in _SERVER)
    low = float(server["central_usd"]) / float(chip["central_usd"])
    note = f"Low end: {server['locator']}, over the price of its chips."
    return _factor("server_overhead", "server-cost-overhead-default", "",
                   "price of a server over its accelerators", low=low,
                   high=float(datasets.row_of("facility_factors", "factor_id",
                                              "server-cost-overhead-a100")["central"]),
                   note=note)  # fmt: skip


def _failures() -> Uncertain:
    name, meaning = "gpu_hours_per_interruption", "GPU-hours between two interruptions"
    early = datasets.row_of("facility_factors", "factor_id", "gpu-hours-per-failure-rsc1")
    central = _factor(name, "gpu-hours-per-interruption-llama3", "GPU-h", meaning).central
    note = f"Low end: {early['population']}. High end: assumed, half as many failures."
    return _factor(name, "gpu-hours-per-interruption-llama3", "GPU-h", meaning,
                   low=float(early["central"]), high=2 * central, distribution="lognormal",
                   note=note)  # fmt: skip


def _site() -> list[Uncertain]:
    """Return inputs of the site: overheads, load, water, grid, building."""
    water = datasets.row_of("facility_factors", "factor_id", "wue-aws-google")
    return [
        _factor("it_overhead", "it-overhead-epoch", "", "IT power over servers or racks"),
        _factor("pue", "pue-planning-hyperscale", "", "facility over IT power (PUE)"),
        _factor("load_fraction", "load-fraction-planning", "", "mean power over the rating"),
        _factor("water_l_per_kwh", "wue-microsoft-us", "L/kWh", "water per kWh of IT",
                low=float(water["low"]), high=float(water["high"])),
        _factor("grid_kg_per_kwh", "grid-planning", "kg/kWh", "CO2 per kWh"),
        _factor("household_kwh_per_year", "household-us-2022", "kWh/year",
                "electricity of a US residential customer: what a household means here"),
        _factor("building_usd_per_mw", "facility-usd-per-mw", "$/MW",
                "building, power and cooling per MW of IT"),
        _factor("network_share", "interconnect-cost-share", "",
                "network over servers and network", low=0.13, high=0.25,
                note="Low end: bernstein2025gw for GB200 racks. High end: assumed."),
    ]  # fmt: skip


def layout_inputs(request: Request) -> tuple[Uncertain, ...]:
    """Return what the search for a layout takes for granted.

    Parameters
    ----------
    request : Request
        What is asked.

    Examples
    --------
    >>> ask = Request(model="llama-3.1-8b", tokens=1e12, gpu="h100", count=64)
    >>> [each.name for each in layout_inputs(ask)][:2]
    ['sequence_tokens', 'batch_tokens']
    """
    states = STATE_FORMATS["mixed"]
    rate = scale_out_bytes_per_s(request.device.generation) / units.BYTES_PER_GB
    rows = (
        ("sequence_tokens", request.sequence_tokens, "tokens", "length of a training sequence",
         "grattafiori2024llama3", "As Llama 3.1 unless asked."),
        ("batch_tokens", request.step_tokens, "tokens", "optimizer step that is aimed at",
         "grattafiori2024llama3; deepseek2024v3",
         "As Llama 3.1 405B up to 16,384 GPUs, then in proportion up to DeepSeek-V3's, unless "
         "asked."),
        ("scale_out_gb_s", rate, "GB/s", "network between scale-up domains per accelerator and "
         "direction", "bekman2026mlengineering", "Reference systems of the generation."),
        ("state_bytes", states.weights + states.gradients + states.optimizer, "B",
         "weights, gradients and optimizer states per parameter", states.source_key, ""),
    )  # fmt: skip
    return tuple(
        Uncertain(name=name, low=value, central=value, high=value, unit=unit, meaning=meaning,
                  source_key=key, note=note)
        for name, value, unit, meaning, key, note in rows
    )  # fmt: skip


def _run_error() -> Uncertain:
    """Return how far whole runs lie from what their steps and failures add up to.

    Its ends are the spread of published runs; its centre stays at 1, so that no run moves the
    central answer.
    """
    runs = datasets.load("training_runs")
    keys = "; ".join(sorted(set(runs["source_key"])))
    return Uncertain(
        name="run_error", low=0.75, central=1.0, high=1.4, unit="",
        meaning="GPU-hours of published whole runs over those computed", distribution="lognormal",
        basis="derived", source_key=keys, locator="table training_runs",
        as_of=str(runs["as_of"].max().date()),
        note="Dense runs of the table lie at 0.9 to 1.4, mixtures of experts at 0.6 to 0.9.",
    )  # fmt: skip


def run_inputs(device: Accelerator, *, rent: float | None = None) -> tuple[Uncertain, ...]:
    """Return every input of a run but the model, its error and its tokens.

    Parameters
    ----------
    device : Accelerator
        Of the table, with a published board power.
    rent : float, optional
        Price of a GPU-hour that was asked for, in place of the offers, $/GPU-h.

    Raises
    ------
    ComputebookError
        If no price is known for the accelerator.

    Examples
    --------
    >>> [each.name for each in run_inputs(datasets.accelerator("h100"))][:3]
    ['run_error', 'gpu_hours_per_interruption', 'checkpoint_s']
    """
    asked = Uncertain(name="rental_usd_per_gpu_hour", low=rent or 0.0, central=rent or 0.0,
                      high=rent or 0.0, unit="$/GPU-h", meaning="rent", basis="asked")  # fmt: skip
    hours = ["checkpoint_s", "restart_s", "straggler_fraction", "ramp_fraction"]
    money = [name for name in _OWN if name not in hours]
    tariff = datasets.row_of("facility_factors", "factor_id", "electricity-us-industrial-2025")
    rest = [_tariff(_own(name), tariff) for name in money]
    return (
        _run_error(), _failures(), *(_own(name) for name in hours), _rack(device), *_site(),
        _rent(device) if rent is None else asked, _purchase(device), _server_overhead(), *rest,
    )  # fmt: skip


def _tariff(each: Uncertain, row: Row) -> Uncertain:
    """Return an input of ours, the tariff with the source of its central value."""
    if each.name != "electricity_usd_per_kwh":
        return each
    return Uncertain(name=each.name, low=each.low, central=float(row["central"]), high=each.high,
                     unit=each.unit, meaning=each.meaning,
                     **{**_sourced(row), "basis": "assumed", "note": each.note})  # fmt: skip
