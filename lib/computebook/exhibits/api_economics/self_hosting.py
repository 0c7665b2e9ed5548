"""When serving open weights oneself costs less than the API that serves the same weights.

Published fleets of one model size (DeepSeek V3 and R1, 671 billion parameters) are held against
the vendor's own API price for that size. A closed model cannot be self-hosted: no comparison
with its price says anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from computebook import datasets, tco
from computebook.exhibits.api_economics.workloads import Request
from computebook.price_cards import ARTICLE_DATE, price_card
from computebook.pricing import bill, cost_per_thousand_requests_usd
from computebook.units import HOURS_PER_YEAR, SECONDS_PER_DAY
from computebook.usage import Usage

__all__ = [
    "break_even",
    "cost_by_utilization",
    "own_usd_per_krequest",
    "published_cases",
    "smallest_fleet_in_words",
    "span_in_words",
]

HOURS_PER_MONTH: Final = HOURS_PER_YEAR / 12
MEASURED_DAY: Final = "2025-02-28"
DEEPSEEK: Final = "deepseek-2025-02"
SGLANG: Final = "sglang-2025-05"
UTILIZATIONS: Final = np.round(np.arange(0.05, 1.001, 0.05), 2)


@dataclass(frozen=True)
class Fleet:
    """A published fleet: its size and what one GPU does in each phase.

    Parameters
    ----------
    name : str
        Name for the reader.
    accelerators : float
        GPUs of the published fleet.
    prefill_tokens_per_s, decode_tokens_per_s : float
        Tokens per second of one GPU in prefill and in decode, at full load.
    counts_cached : bool
        Whether the prefill rate counts tokens read from the cache: DeepSeek's does.
    """

    name: str
    accelerators: float
    prefill_tokens_per_s: float
    decode_tokens_per_s: float
    counts_cached: bool


def _case(case_id: str) -> dict[str, float]:
    """Return the published quantities of one case by name."""
    rows = datasets.load("self_host_cases")
    own = rows[rows["case_id"] == case_id]
    return {
        str(name): float(value) for name, value in zip(own["quantity"], own["value"], strict=True)
    }


def _fleet(case_id: str, name: str, accelerators: float, counts_cached: bool) -> Fleet:
    case = _case(case_id)
    per_node = case["accelerators_per_node"]
    return Fleet(
        name,
        accelerators,
        case["input_tokens_per_s_per_node"] / per_node,
        case["output_tokens_per_s_per_node"] / per_node,
        counts_cached,
    )


def fleets() -> tuple[Fleet, Fleet]:
    """Return the two published fleets: DeepSeek's own and the SGLang reproduction."""
    case = _case(DEEPSEEK)
    size = case["nodes_average"] * case["accelerators_per_node"]
    return (
        _fleet(DEEPSEEK, "DeepSeek fleet", size, True),
        _fleet(SGLANG, "SGLang fleet", 96.0, False),
    )


def api_cards() -> dict[str, Any]:
    """Return the API prices of the same model size: when measured, and on the article's date."""
    return {
        "R1 API, 2025": price_card("deepseek-r1", MEASURED_DAY),
        "V3.2 API, 2026": price_card("deepseek-v3.2", ARTICLE_DATE),
    }


def own_usd_per_krequest(
    fleet: Fleet,
    request: Request,
    *,
    cached_fraction: float,
    gpu_hour_usd: float,
    utilization_fraction: Any = 1.0,
    overhead_fraction: float = 0.0,
) -> Any:
    r"""Return what 1,000 requests cost on an own fleet, US dollars.

    .. math:: \frac{c_\text{GPU-h}(1+o)}{3600\,u}
        \left(\frac{n_\text{prefill}}{t_\text{prefill}} + \frac{n_\text{out}}{t_\text{decode}}
        \right)

    Source: `deepseek2025inference`, which publishes all of its terms.

    Parameters
    ----------
    fleet : Fleet
        Rates of one GPU in each phase.
    request : Request
        Mean request.
    cached_fraction : float
        Share of the input found in the prefix cache, 0 to 1.
    gpu_hour_usd : float
        Price of one GPU for one hour, $/GPU-h.
    utilization_fraction : float or array
        Average load over the load that the fleet is sized for, above 0, at most 1.
    overhead_fraction : float
        Spare capacity, staff and software on top, >= 0.

    Examples
    --------
    >>> deepseek, _ = fleets()
    >>> round(own_usd_per_krequest(deepseek, Request(0, 1_000), cached_fraction=0,
    ...                            gpu_hour_usd=2.0), 3)
    0.3
    """
    counted = 1.0 if fleet.counts_cached else 1.0 - cached_fraction
    load = (utilization_fraction, overhead_fraction)
    prefill = tco.serving_usd_per_mtok(gpu_hour_usd, fleet.prefill_tokens_per_s, *load)
    decode = tco.serving_usd_per_mtok(gpu_hour_usd, fleet.decode_tokens_per_s, *load)
    usd = prefill * request.input_tokens * counted + decode * request.output_tokens
    return usd / 1e3


def _api_usd_per_krequest(card: Any, request: Request, cached_fraction: float) -> float:
    return float(cost_per_thousand_requests_usd(request.usage(cached_fraction), card))


def break_even(
    request: Request,
    *,
    cached_fraction: float,
    gpu_hour_usd: float,
    utilization_fraction: float,
    overhead_fraction: float,
    requests_per_month: float,
) -> pd.DataFrame:
    """Return when each published fleet costs less than each API price of the same model size.

    Parameters
    ----------
    request : Request
        Mean request.
    cached_fraction, gpu_hour_usd, utilization_fraction, overhead_fraction
        As in `own_usd_per_krequest`.
    requests_per_month : float
        The reader's traffic.

    Returns
    -------
    DataFrame
        `fleet`, `api`, `accelerators`; $ per 1,000 requests `api_usd`, `full_load_usd` and
        `own_usd` (at the utilization given); `break_even_fraction` (above 1: never);
        `break_even_requests` a month that the fleet must serve (nan if never) and
        `traffic_multiple`, those over the reader's.
    """
    rows = []
    for fleet in fleets():
        full = own_usd_per_krequest(
            fleet,
            request,
            cached_fraction=cached_fraction,
            gpu_hour_usd=gpu_hour_usd,
            overhead_fraction=overhead_fraction,
        )
        month = fleet.accelerators * gpu_hour_usd * (1 + overhead_fraction) * HOURS_PER_MONTH
        for api, card in api_cards().items():
            price = _api_usd_per_krequest(card, request, cached_fraction)
            needed = 1e3 * month / price if full <= price else float("nan")
            rows.append(
                {
                    "fleet": fleet.name,
                    "api": api,
                    "accelerators": fleet.accelerators,
                    "api_usd": price,
                    "full_load_usd": full,
                    "own_usd": full / utilization_fraction,
                    "break_even_fraction": full / price,
                    "break_even_requests": needed,
                    "traffic_multiple": needed / requests_per_month,
                }
            )
    return pd.DataFrame(rows)


def cost_by_utilization(
    request: Request, *, cached_fraction: float, gpu_hour_usd: float, overhead_fraction: float
) -> pd.DataFrame:
    """Return the cost of 1,000 requests by utilization on each fleet, and each API price.

    Returns
    -------
    DataFrame
        `series`, `utilization_percent`, `usd_per_krequest`, in long form.
    """
    own = [
        pd.DataFrame(
            {
                "series": fleet.name,
                "utilization_percent": 100 * UTILIZATIONS,
                "usd_per_krequest": own_usd_per_krequest(
                    fleet,
                    request,
                    cached_fraction=cached_fraction,
                    gpu_hour_usd=gpu_hour_usd,
                    utilization_fraction=UTILIZATIONS,
                    overhead_fraction=overhead_fraction,
                ),
            }
        )
        for fleet in fleets()
    ]
    listed = [
        pd.DataFrame(
            {
                "series": name,
                "utilization_percent": 100 * UTILIZATIONS,
                "usd_per_krequest": _api_usd_per_krequest(card, request, cached_fraction),
            }
        )
        for name, card in api_cards().items()
    ]
    return pd.concat([*own, *listed], ignore_index=True)


def smallest_fleet_in_words(own: pd.DataFrame) -> str:
    """Return the size of the smallest fleet and the traffic that pays for it, in words.

    Parameters
    ----------
    own : DataFrame
        From `break_even`.
    """
    rows = own[own["accelerators"] == own["accelerators"].min()].dropna(subset=["traffic_multiple"])
    size = f"the smaller fleet has {own['accelerators'].min():,.0f} GPUs"
    if rows.empty:
        return f"{size}, and no traffic pays for it at either price"
    least, most = rows["traffic_multiple"].min(), rows["traffic_multiple"].max()
    span = f"{least:,.3g}" if len(rows) == 1 else f"{least:,.3g} to {most:,.3g}"
    return f"{size}, and it takes {span} times the traffic assumed here to pay for it"


def span_in_words(low: float, high: float) -> str:
    """Return from which utilization own serving costs less, over the published fleets, in words.

    Examples
    --------
    >>> span_in_words(0.19, 0.28), span_in_words(1.1, 1.3)
    ('above 19% to 28% utilization, depending on the fleet', 'at no utilization')
    >>> span_in_words(0.7, 1.3)
    'above 70% utilization on the better fleet only'
    """
    if low > 1:
        return "at no utilization"
    if high > 1:
        return f"above {low:.0%} utilization on the better fleet only"
    return f"above {low:.0%} to {high:.0%} utilization, depending on the fleet"


def _deepseek_day() -> list[tuple[str, str, float, float]]:
    case = _case(DEEPSEEK)
    gpus = case["nodes_average"] * case["accelerators_per_node"]
    cost = tco.run_usd(gpus, SECONDS_PER_DAY, case["usd_per_gpu_hour"])
    # A day's total, priced at the rates of short requests: DeepSeek's card has one tier.
    day = Usage.from_totals(
        case["input_tokens_per_day"],
        case["output_tokens_per_day"],
        cached_input_tokens=case["cached_input_tokens_per_day"],
    )
    revenue = bill(day, price_card("deepseek-r1", MEASURED_DAY), request_input_tokens=0.0).total_usd
    per_gpu = 1 / case["accelerators_per_node"]
    busy = sum(
        tco.phase_accelerators(
            case[f"{kind}_tokens_per_day"],
            SECONDS_PER_DAY,
            case[f"{kind}_tokens_per_s_per_node"] * per_gpu,
        )
        for kind in ("input", "output")
    )
    return [
        ("DeepSeek: cost of the day", "$", case["cost_usd_per_day"], cost),
        (
            "DeepSeek: day billed at R1 prices",
            "$",
            case["theoretical_revenue_usd_per_day"],
            revenue,
        ),
        ("DeepSeek: nodes busy", "nodes", case["nodes_average"], busy * per_gpu),
    ]


def _output_cost(case_id: str) -> tuple[float, float]:
    case = _case(case_id)
    per_gpu = case.get("output_tokens_per_s_per_gpu")
    if per_gpu is None:
        per_gpu = case["output_tokens_per_s_per_node"] / case["accelerators_per_node"]
    computed = tco.serving_usd_per_mtok(case["usd_per_gpu_hour"], per_gpu)
    return float(case["usd_per_mtok_output"]), float(computed)


def published_cases() -> pd.DataFrame:
    """Return the cost model held against what its published cases report.

    Returns
    -------
    DataFrame
        `quantity`, `unit`, `published`, `computed`, `error` (computed over published, minus
        one), `source_key`.

    Examples
    --------
    >>> bool((published_cases()["error"].abs() < 0.05).all())
    True
    """
    sources = datasets.load("self_host_cases").drop_duplicates("case_id").set_index("case_id")
    rows = [(*row, DEEPSEEK) for row in _deepseek_day()]
    named = {
        SGLANG: "SGLang, H100: output",
        "nvidia-r1-h200": "NVIDIA, H200: output",
        "nvidia-r1-gb300": "NVIDIA, GB300: output",
    }
    for case_id, name in named.items():
        rows.append((name, "$/M tokens", *_output_cost(case_id), case_id))
    frame = pd.DataFrame(rows, columns=["quantity", "unit", "published", "computed", "case_id"])
    return frame.assign(
        error=frame["computed"] / frame["published"] - 1,
        source_key=frame["case_id"].map(sources["source_key"]),
        verification=frame["case_id"].map(sources["verification"]),
    )
