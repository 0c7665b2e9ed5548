"""`computebook size`: the fleet that serves a load within limits, and what stands around it."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import click
import numpy as np
import pandas as pd

from computebook import sizing
from computebook.cli import output
from computebook.sizing import quantities, wording
from computebook.sizing.formats import WEIGHT_FORMATS
from computebook.sizing.request import KV_FORMATS

#: Option, field of the request, kind of quantity.
QUANTITIES = {
    "input_": ("input", "input_tokens", "tokens"),
    "output_": ("output", "output_tokens", "tokens"),
    "users": ("users", "users", "count"),
    "rate": ("rate", "requests_per_s", "rate"),
    "ttft": ("ttft", "time_to_first_token_s", "duration"),
    "tpot": ("tpot", "time_per_output_token_s", "duration"),
    "cached": ("cached", "cached_fraction", "share"),
    "headroom": ("headroom", "headroom_fraction", "share"),
    "price": ("price", "usd_per_gpu_hour", "price"),
    "utilisation": ("utilisation", "utilisation", "share"),
    "max_gpus": ("max-gpus", "max_gpus", "count"),
    "speculative": ("speculative", "draft_tokens", "count"),
    "acceptance": ("acceptance", "acceptance_fraction", "share"),
}


@click.command("size")
@click.option("--model", required=True, help="Open architecture: id, hub name or usual alias.")
@click.option("--gpu", multiple=True, help="Accelerator; repeat to compare, or `all`.")
@click.option("--input", "input_", required=True, help="Prompt tokens: 8000, 8k, 128Ki.")
@click.option("--output", "output_", required=True, help="Generated tokens, likewise.")
@click.option("--users", help="Users at once, each with one request under way.")
@click.option("--rate", help="Or requests that arrive: 12/s, 700/min.")
@click.option("--ttft", help="Limit on the time to the first token: 2s, 500ms.")
@click.option("--tpot", help="Limit on the time per output token, likewise.")
@click.option("--percentile", type=float, help="Percent of requests within the limits (--rate).")
@click.option("--weights", help=f"One of {', '.join(WEIGHT_FORMATS)}; as published if left out.")
@click.option("--kv", help=f"Format of the cache: {' or '.join(KV_FORMATS)}.")
@click.option("--cached", default="0", show_default=True, help="Share of prompts in the cache.")
@click.option("--headroom", default="20%", show_default=True, help="Spare capacity.")
@click.option("--price", help="$ per GPU-hour for all; else the median on-demand offer of each.")
@click.option("--utilisation", default="100%", show_default=True, help="Paid hours with the load.")
@click.option("--engine", default="vllm", show_default=True, help=", ".join(sizing.ENGINES))
@click.option("--max-gpus", help="Accelerators of the fleet at most.")
@click.option("--objective", default="usd", show_default=True, help="Least of: usd or gpus.")
@click.option("--robust", is_flag=True, help="Hold limits at the slow end of the interval.")
@click.option("--speculative", default="0", help="Tokens drafted per step, to compare.")
@click.option("--acceptance", default="0.7", show_default=True, help="Share of drafts accepted.")
@output.format_options
@click.pass_context
def size(context: click.Context, /, form: str | None, **typed: Any) -> None:
    """Say which fleet serves a model at a load within latency limits, and how sure that is.

    Exit status 1 if none does: the answer then says what binds and what would be feasible.

    \b
    computebook size --model llama-3.1-405b --gpu b200 --input 8000 --output 1000 \\
        --users 200 --ttft 2s --tpot 50ms
    computebook size --model deepseek-v3 --gpu h200 --gpu gb200 --input 4k --output 1k \\
        --rate 20/s --percentile 95 --ttft 5s --tpot 80ms --json
    """
    answer = sizing.plan(request_from(typed))
    if form == "json":
        click.echo(json.dumps(document(answer), indent=2, ensure_ascii=False, allow_nan=False))
    elif form == "csv":
        click.echo(rows(answer).to_csv(index=False), nl=False)
    elif answer.feasible:
        show(answer)
    else:
        click.echo(f"Error: {wording.refusal(answer)}", err=True)
    if not answer.feasible:
        context.exit(1)


def request_from(typed: dict[str, Any]) -> sizing.Request:
    """Return the request that the options mean."""
    parsed: dict[str, Any] = {
        field: quantities.parse(f"--{option}", typed[name], kind)
        for name, (option, field, kind) in QUANTITIES.items()
        if typed[name] is not None
    }
    same = ("model", "weights", "engine", "percentile", "objective", "robust")
    plain = {name: typed[name] for name in same}
    return sizing.Request(**plain, gpus=tuple(typed["gpu"]), kv_cache=typed["kv"], **parsed)


def document(answer: sizing.Plan) -> dict[str, Any]:
    """Return the whole answer as JSON values; what is not a finite number becomes null."""
    asked = dataclasses.asdict(answer.request)
    asked["max_gpus"] = asked["max_gpus"] if asked["max_gpus"] < sizing.UNLIMITED_GPUS else None
    return dict(clean({
        "feasible": answer.feasible,
        "binding": list(answer.binding),
        "nearest": [offer.changes for offer in answer.nearest],
        "request": asked,
        "plan": records(answer.options.head(1))[0] if answer.feasible else None,
        "alternatives": records(answer.alternatives),
        "disaggregated": answer.disaggregated or None,
        "speculative_tpot_ms": answer.speculative_tpot_ms,
        "front": records(answer.front),
        "assumptions": records(answer.assumptions),
        "warnings": list(answer.warnings),
    }))  # fmt: skip


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a frame as one record per row."""
    return [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]


def clean(value: Any) -> Any:
    """Return a value that JSON can hold.

    Examples
    --------
    >>> clean({"a": float("nan"), "b": (1.0, float("inf"))})
    {'a': None, 'b': [1.0, None]}
    """
    if isinstance(value, dict):
        return {key: clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item) for item in value]
    if isinstance(value, np.generic):
        return clean(value.item())
    return None if isinstance(value, float) and not np.isfinite(value) else value


def rows(answer: sizing.Plan) -> pd.DataFrame:
    """Return the plan and its alternatives, or what would be feasible, as one flat table."""
    if answer.feasible:
        first = ["role"]
        rest = [name for name in answer.alternatives.columns if name != "role"]
        return answer.alternatives[first + rest]
    changes = [
        {"field": field, "asked": getattr(answer.request, field), "feasible_at": value, "offer": n}
        for n, offer in enumerate(answer.nearest, 1)
        for field, value in offer.changes.items()
    ]
    columns = ["binding", "offer", "field", "asked", "feasible_at"]
    return pd.DataFrame(changes, columns=columns).assign(binding="; ".join(answer.binding))


def show(answer: sizing.Plan) -> None:
    """Write the plan, its alternatives and what it rests on for the eye."""
    click.echo(wording.headline(answer))
    output.write(wording.rounded(answer.frame()), None, "Plan (80 % interval from low to high)")
    output.write(wording.short(answer.alternatives), None, "Alternatives")
    for sentence in wording.beside(answer):
        click.echo(sentence)
    click.echo()
    output.write(wording.front(answer.front), None, "Speed against throughput, limits left out")
    click.echo("\nAssumptions")
    for topic, text, key, as_of in answer.assumptions.itertuples(index=False):
        click.echo(f"- {topic}: {text}{wording.source(str(key), str(as_of))}")


COMMANDS = {"size": size}
