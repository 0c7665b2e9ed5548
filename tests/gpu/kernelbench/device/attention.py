"""Decode attention: one new token per sequence over a long cache, by several methods.

With one query there is little to share out: a kernel that gives each head one block leaves most
of a GPU idle. The split methods cut the context into equal parts, attend to each part as if it
were a sequence of its own and merge the parts by their log-sum-exp (flash decoding).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch.nn import functional

from kernelbench.counting import AttentionCase, splits
from kernelbench.device.checks import TOLERANCE, compare
from kernelbench.device.timing import Timed, time_pass
from kernelbench.rows import Result
from kernelbench.running import first_line

# Parts per processor that keep all of them busy to the end.
PARTS_PER_PROCESSOR = 2
SAMPLED_HEADS = 4
REFERENCE_TOKENS = 16_384

# (queries, keys, values, scale) to output. Queries are [streams, queries, key_dim]; keys and
# values are [streams, tokens, dim]: a stream is one KV head of one sequence, with the query
# heads that share it.
Method = Callable[[torch.Tensor, torch.Tensor, torch.Tensor, float], torch.Tensor]


@dataclass(frozen=True)
class Cache:
    """Inputs of one case: several sets to rotate over, each [streams, ...]."""

    queries: torch.Tensor
    keys: torch.Tensor
    values: torch.Tensor
    scale: float


def make_cache(
    case: AttentionCase, sets: int, device: torch.device, generator: torch.Generator
) -> Cache:
    """Return random inputs. Scores have a deviation of two, so that some tokens matter more."""
    shape, streams = case.shape, case.batch_size * case.shape.kv_heads

    def normal(*size: int) -> torch.Tensor:
        return torch.randn(
            (sets, streams, *size), dtype=torch.bfloat16, device=device, generator=generator
        )

    keys = normal(case.attended_tokens, shape.key_dim)
    latent = keys[..., : shape.value_dim]
    values = latent if shape.values_in_keys else normal(case.attended_tokens, shape.value_dim)
    queries = normal(shape.query_heads // shape.kv_heads, shape.key_dim) * 2
    return Cache(queries, keys, values, shape.key_dim**-0.5)


def sdpa(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, scale: float) -> torch.Tensor:
    """Attend with PyTorch's own choice of kernel, query heads of a group side by side."""
    heads = (x.unsqueeze(1) for x in (q, k, v))
    return functional.scaled_dot_product_attention(*heads, scale=scale).squeeze(1)


def cut(x: torch.Tensor, parts: int) -> torch.Tensor:
    """Return [streams, tokens, dim] as [streams x parts, tokens / parts, dim], without a copy."""
    # A view fails rather than copies, which would read the cache a second time.
    return x.view(-1, x.shape[1] // parts, x.shape[2])


def merge(partial: torch.Tensor, weight: torch.Tensor, parts: int) -> torch.Tensor:
    """Merge normalised outputs of the parts by the log of their softmax sums.

    Parameters
    ----------
    partial
        [streams x parts, queries, dim].
    weight
        Log-sum-exp of the scores, [streams x parts, queries], float32.
    parts
        Parts of each stream.
    """
    share = weight.unflatten(0, (-1, parts)).softmax(1).unsqueeze(-1)
    return (partial.unflatten(0, (-1, parts)) * share).sum(1).to(partial.dtype)


def fused(kernel: Callable[..., tuple[torch.Tensor, ...]], parts: int) -> Method:
    """Return a method that runs a fused kernel, which also gives the log-sum-exp, on each part."""

    def attend(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, scale: float) -> torch.Tensor:
        queries = q.shape[1]
        repeated = q.repeat_interleave(parts, 0)
        heads = (x.unsqueeze(1) for x in (repeated, cut(k, parts), cut(v, parts)))
        partial, weight = kernel(*heads, scale)
        # Some kernels pad the log-sum-exp to a multiple of the block of queries.
        return merge(partial.squeeze(1), weight.squeeze(1)[:, :queries], parts)

    return attend


def flash_kernel(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, scale: float
) -> tuple[torch.Tensor, ...]:
    """Run flash attention and return its output and log-sum-exp."""
    if q.device.type == "cuda":
        return torch.ops.aten._scaled_dot_product_flash_attention(q, k, v, scale=scale)[:2]
    return torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(q, k, v, scale=scale)


def efficient_kernel(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, scale: float
) -> tuple[torch.Tensor, ...]:
    """Run memory-efficient attention, which also takes heads wider than 256 elements."""
    return torch.ops.aten._scaled_dot_product_efficient_attention(
        q, k, v, None, compute_log_sumexp=True, scale=scale
    )[:2]


def products(parts: int) -> Method:
    """Return a method made of two batched products with a softmax between them, part by part."""

    def attend(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, scale: float) -> torch.Tensor:
        keys, nothing = cut(k, parts), q.new_zeros(1, 1, 1)
        repeated = q.repeat_interleave(parts, 0)
        scores = torch.baddbmm(nothing, repeated, keys.transpose(1, 2), beta=0, alpha=scale)
        top = scores.amax(-1, keepdim=True)
        weights = scores.sub_(top).exp_()
        total = weights.sum(-1, keepdim=True, dtype=torch.float32)
        partial = torch.bmm(weights, cut(v, parts)) / total
        return merge(partial, (top + total.log()).squeeze(-1), parts).to(q.dtype)

    return attend


def methods(case: AttentionCase, processors: int, device: torch.device) -> dict[str, Method]:
    """Return the methods to try, by name."""
    streams = case.batch_size * case.shape.kv_heads
    parts = splits(case.attended_tokens, streams, PARTS_PER_PROCESSOR * processors)
    found = {"sdpa": sdpa, f"flash-split-{parts}": fused(flash_kernel, parts)}
    if device.type == "cuda":
        found[f"efficient-split-{parts}"] = fused(efficient_kernel, parts)
    return found | {f"bmm-split-{parts}": products(parts)}


def reference(cache: Cache, stream: int, query: int) -> torch.Tensor:
    """Return one head of the last set in float64, a stretch of tokens at a time."""
    q = cache.queries[-1, stream, query].double()
    scores = torch.cat(
        [part.double() @ q for part in cache.keys[-1, stream].split(REFERENCE_TOKENS)]
    )
    weights = (scores * cache.scale).softmax(0).split(REFERENCE_TOKENS)
    values = cache.values[-1, stream].split(REFERENCE_TOKENS)
    parts = [w @ v.double() for w, v in zip(weights, values, strict=True)]
    return torch.stack(parts).sum(0)


def check(cache: Cache, out: torch.Tensor, seed: int) -> tuple[float, bool]:
    """Compare a sample of heads with float64; the last head is always in it."""
    streams, queries = cache.queries.shape[1:3]
    generator = torch.Generator().manual_seed(seed)
    flat = torch.randint(streams * queries, (SAMPLED_HEADS,), generator=generator).tolist()
    flat[-1] = streams * queries - 1
    heads = [divmod(place, queries) for place in flat]
    expected = torch.stack([reference(cache, *head) for head in heads])
    found = torch.stack([out[head] for head in heads])
    return compare(found, expected, TOLERANCE["attention"])


def attempts(
    cache: Cache, tried: dict[str, Method], device: torch.device
) -> Iterator[tuple[str, Timed | str]]:
    """Yield each method's times, or why it did not run."""
    sets = list(
        zip(cache.queries.unbind(), cache.keys.unbind(), cache.values.unbind(), strict=True)
    )
    for name, method in tried.items():

        def run(method: Method = method) -> list[torch.Tensor]:
            return [method(*inputs, cache.scale) for inputs in sets]

        try:
            yield name, time_pass(run, device)
        except (RuntimeError, NotImplementedError) as error:
            yield name, first_line(error)


def measure(
    case: AttentionCase,
    sets: int,
    device: torch.device,
    generator: torch.Generator,
    processors: int,
) -> Result:
    """Time every method over `sets` caches, check each, and return the fastest.

    A method that runs but fails its check makes the whole case fail: its time is no time.
    """
    cache = make_cache(case, sets, device, generator)
    results, notes = [], []
    for name, timed in attempts(cache, methods(case, processors, device), device):
        if isinstance(timed, str):
            notes.append(f"{name} did not run ({timed[:80]})")
            continue
        error, passed = check(cache, timed.outputs[-1], generator.initial_seed())
        times = tuple(second / sets for second in timed.times_s)
        tolerance = TOLERANCE["attention"]
        results.append(Result(times, error, tolerance, passed, name, timed.launch, sets))
    return fastest(results, notes)


def fastest(results: list[Result], notes: list[str]) -> Result:
    """Return the fastest result with the others in its note, or a failed one if there is one."""
    if not results:
        raise RuntimeError("; ".join(notes))
    ranked = sorted(results, key=lambda r: (r.passed, sorted(r.times_s)[len(r.times_s) // 2]))
    others = [f"{r.method} {sorted(r.times_s)[len(r.times_s) // 2] * 1e6:.4g} us" for r in ranked]
    note = "; ".join(others[1:] + notes)
    chosen = ranked[0]
    return Result(**{**vars(chosen), "note": note})
