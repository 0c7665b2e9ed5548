"""`computebook memory`: what a model needs, and what fits, on one kind of accelerator."""

from __future__ import annotations

import click
import numpy as np
import pandas as pd

from computebook import datasets, memory, units
from computebook.architectures import Transformer
from computebook.cli import output
from computebook.hardware import PRECISIONS, Accelerator
from computebook.memory import Placement

PRECISION_HELP = f"One of {', '.join(PRECISIONS)}."


@click.command("memory")
@click.option("--model", required=True, help="Open architecture: id, hub name or usual alias.")
@click.option("--gpu", required=True, help="Accelerator: id or usual alias.")
@click.option("--context", type=float, required=True, help="Tokens held per sequence.")
@click.option("--batch", type=float, default=1, show_default=True, help="Sequences at once.")
@click.option("--weights", default="bf16", show_default=True, help=PRECISION_HELP)
@click.option("--kv", default="bf16", show_default=True, help="Format of the cache, likewise.")
@click.option("--gpus", type=int, help="Accelerators of one copy; the smallest number if left out.")
@output.format_options
def memory_command(
    model: str,
    gpu: str,
    context: float,
    batch: float,
    weights: str,
    kv: str,
    gpus: int | None,
    form: str | None,
) -> None:
    """Say how much memory a model needs, and how many accelerators hold it.

    \b
    computebook memory --model llama-3.1-405b --gpu h200 --context 131072 --weights fp8
    computebook memory --model deepseek-v3 --gpu b200 --context 32768 --batch 64 --kv fp8 --json
    """
    architecture, accelerator = datasets.architecture(model), datasets.accelerator(gpu)
    placement = Placement.of(weights, kv, tensor_parallel=1 if gpus is None else gpus)
    if gpus is None:
        count = smallest_count(architecture, accelerator, context, batch, placement)
    else:
        count = float(gpus)
    placed = Placement.of(weights, kv, tensor_parallel=count if np.isfinite(count) else 1)
    rows = answer_rows(architecture, accelerator, context, batch, placed, count)
    frame = pd.DataFrame(rows, columns=["quantity", "value", "unit"])
    output.write(frame, form, f"{architecture.name} on {accelerator.name}")


def smallest_count(
    architecture: Transformer,
    accelerator: Accelerator,
    context: float,
    batch: float,
    placement: Placement,
) -> float:
    """Return the smallest power of two of accelerators that holds one copy and its batch."""
    needed = memory.accelerators_needed(
        architecture, accelerator.memory_bytes, context, batch, placement
    )
    return float(needed)


def answer_rows(
    architecture: Transformer,
    accelerator: Accelerator,
    context: float,
    batch: float,
    placement: Placement,
    count: float,
) -> list[tuple[str, float, str]]:
    """Return the answer as rows of quantity, value and unit."""
    cache = memory.kv_cache_bytes(architecture, context, batch, placement.kv_bits)
    weight = memory.weight_bytes(architecture, placement.weight_bits)
    memory_bytes = accelerator.memory_bytes
    largest = memory.max_batch_size(architecture, memory_bytes, context, placement)
    longest = memory.max_context_tokens(architecture, memory_bytes, batch, placement)
    return [
        ("weights", weight / units.BYTES_PER_GB, "GB"),
        ("KV cache", cache / units.BYTES_PER_GB, "GB"),
        ("memory of one accelerator", float(memory_bytes) / units.BYTES_PER_GB, "GB"),
        ("accelerators for one copy", count, "count"),
        ("largest batch at this context", largest, "sequences"),
        ("longest context at this batch", longest, "tokens"),
    ]


COMMANDS = {"memory": memory_command}
