"""Bytes, floating-point operations and bounds of each case, in plain integers."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from kernelbench.shapes import AttentionShape, Record, WeightShape

# Bytes of one element as it lies in memory. TF32 is a way to multiply: its elements are float32.
INPUT_BYTES = {"bf16": 2, "fp16": 2, "tf32": 4, "fp8": 1}
# An 8-bit product is written in bf16, as inference engines do.
OUTPUT_BYTES = INPUT_BYTES | {"fp8": 2}

# Names that the driver gives, exactly, to parts whose data sheet the report holds. A variant
# with another memory or clock (H100 PCIe, H100 NVL, a MIG slice) is not in it, and stays unknown.
DRIVER_NAMES = {
    "NVIDIA A100-SXM4-40GB": "a100-40gb-sxm",
    "NVIDIA A100-SXM4-80GB": "a100-80gb-sxm",
    "NVIDIA A100 80GB PCIe": "a100-80gb-pcie",
    "NVIDIA L40S": "l40s",
    "NVIDIA H100 80GB HBM3": "h100-sxm",
    "NVIDIA H800": "h800-sxm",
    "NVIDIA GH200 480GB": "gh200",
    "NVIDIA H200": "h200-sxm",
    "NVIDIA B200": "b200-sxm",
    "NVIDIA GB200": "gb200",
    "NVIDIA B300 SXM6 AC": "b300-sxm",
    "NVIDIA GB300": "gb300",
}


@dataclass(frozen=True)
class CopyCase:
    """Copy of one buffer within the GPU's memory."""

    size_bytes: int
    metric: str = "copy"
    precision: str = ""

    @property
    def slug(self) -> str:
        """Name of the case within its metric."""
        return f"{self.size_bytes}b"

    @property
    def moved_bytes(self) -> int:
        """Bytes read and written."""
        return 2 * self.size_bytes

    @property
    def flop(self) -> int:
        """Floating-point operations: none."""
        return 0


@dataclass(frozen=True)
class MatmulCase:
    """Product of m activations of k elements with a weight of n x k."""

    weight: WeightShape
    precision: str
    m: int
    metric: str = "matmul"

    @property
    def slug(self) -> str:
        """Name of the case within its metric."""
        weight = self.weight
        part = f"{weight.architecture_id}-tp{weight.tensor_parallel}-{weight.name}"
        return f"{self.precision}-{part}-m{self.m}"

    @property
    def moved_bytes(self) -> int:
        """Bytes of both inputs, read once, and of the output, written once."""
        n, k = self.weight.n, self.weight.k
        read = (self.m * k + n * k) * INPUT_BYTES[self.precision]
        return read + self.m * n * OUTPUT_BYTES[self.precision]

    @property
    def flop(self) -> int:
        """Multiplications and additions."""
        return 2 * self.m * self.weight.n * self.weight.k


@dataclass(frozen=True)
class AttentionCase:
    """One new token per sequence attending to a cache of `context_tokens`, one layer."""

    shape: AttentionShape
    context_tokens: int
    batch_size: int
    metric: str = "decode-attention"
    precision: str = "bf16"

    @property
    def slug(self) -> str:
        """Name of the case within its metric."""
        shape = self.shape
        part = f"{shape.architecture_id}-tp{shape.tensor_parallel}-{shape.layer}"
        return f"{self.precision}-{part}-b{self.batch_size}-t{self.context_tokens}"

    @property
    def attended_tokens(self) -> int:
        """Tokens that are read: the context, or the window where that is shorter."""
        return min(self.context_tokens, self.shape.window_tokens or self.context_tokens)

    @property
    def cache_bytes(self) -> int:
        """Bytes of the keys and values that are read, each once."""
        shape = self.shape
        row = shape.key_dim if shape.values_in_keys else shape.key_dim + shape.value_dim
        elements = self.batch_size * self.attended_tokens * shape.kv_heads * row
        return elements * INPUT_BYTES[self.precision]

    @property
    def moved_bytes(self) -> int:
        """Bytes of the cache and the queries, read once, and of the output, written once."""
        shape = self.shape
        ends = self.batch_size * shape.query_heads * (shape.key_dim + shape.value_dim)
        return self.cache_bytes + ends * INPUT_BYTES[self.precision]

    @property
    def flop(self) -> int:
        """Multiplications and additions of both products; the softmax is left out."""
        shape = self.shape
        pairs = self.batch_size * shape.query_heads * self.attended_tokens
        return 2 * pairs * (shape.key_dim + shape.value_dim)


Case = CopyCase | MatmulCase | AttentionCase


@dataclass(frozen=True)
class Peaks:
    """Data-sheet peaks of one GPU, dense."""

    accelerator_id: str
    bytes_per_s: float
    flop_per_s: dict[str, float]


def peaks(gpu: str, accelerators: dict[str, Record]) -> Peaks | None:
    """Return the data-sheet peaks of the GPU that the driver calls so, or None if unknown.

    The table has no column for TF32, whose dense rate is half that of bf16 on every part listed;
    fp16 runs at the rate of bf16.
    """
    record = accelerators.get(DRIVER_NAMES.get(gpu, ""))
    if record is None:
        return None
    bf16, fp8 = (float(record[f"{name}_dense_tflop_s"] or 0) * 1e12 for name in ("bf16", "fp8"))
    rates = {"bf16": bf16, "fp16": bf16, "tf32": bf16 / 2, "fp8": fp8}
    bandwidth = float(record["memory_bandwidth_tb_s"]) * 1e12
    return Peaks(record["accelerator_id"], bandwidth, {k: v for k, v in rates.items() if v})


def bound(case: Case, limit: Peaks) -> tuple[str, float] | None:
    """Return what binds at the data-sheet peaks, memory or compute, and the least seconds.

    None if the data sheet has no rate for the precision.
    """
    memory_s = case.moved_bytes / limit.bytes_per_s
    if not case.flop:
        return "memory", memory_s
    if case.precision not in limit.flop_per_s:
        return None
    compute_s = case.flop / limit.flop_per_s[case.precision]
    return ("memory", memory_s) if memory_s >= compute_s else ("compute", compute_s)


def rate(case: Case, seconds: float) -> tuple[float, str]:
    """Return the case's headline rate and its unit: TFLOP/s of products, TB/s of all else.

    >>> rate(CopyCase(10**9), 0.001)
    (2.0, 'TB/s')
    """
    amount = case.flop if isinstance(case, MatmulCase) else case.moved_bytes
    return amount / seconds / 1e12, "TFLOP/s" if isinstance(case, MatmulCase) else "TB/s"


def buffers(moved_bytes: int, l2_bytes: int, free_bytes: int, most: int = 2048) -> int:
    """Return how many sets of buffers to rotate over so that none is found in the L2 cache.

    A pass over all sets moves eight times the cache, within 60 % of the free memory.

    >>> buffers(2_000_000, 50_000_000, 80_000_000_000)
    200
    >>> buffers(10**9, 50_000_000, 80_000_000_000)
    1
    """
    wanted = math.ceil(8 * l2_bytes / moved_bytes)
    return max(1, min(most, wanted, int(0.6 * free_bytes / moved_bytes)))


def splits(tokens: int, streams: int, wanted: int) -> int:
    """Return into how many equal parts to split a context so that `wanted` parts run at once.

    Parameters
    ----------
    tokens
        Length of the context.
    streams
        Contexts read side by side: batch times KV heads.
    wanted
        Parts that fill the GPU, over all streams.

    Returns
    -------
    int
        The divisor of `tokens` nearest to what is wanted. Parts are multiples of eight tokens,
        which matrix units read fastest, where the context is one; none is under 64 tokens.

    Examples
    --------
    >>> splits(400_000, 8, 264)
    40
    >>> splits(128, 8, 264)
    2
    """
    unit = 8 if tokens % 8 == 0 else 1
    most = max(1, tokens // 64)
    allowed = [d for d in range(1, most + 1) if tokens % (d * unit) == 0]
    return min(allowed, key=lambda d: abs(d - wanted / streams))


def smaller(case: MatmulCase, size: int) -> MatmulCase:
    """Return the case with a weight of at most size x size, for a rehearsal without a GPU."""
    weight = replace(case.weight, n=min(case.weight.n, size), k=min(case.weight.k, size))
    return replace(case, weight=weight)
