"""Which cases are measured: the whole set, the quick set, and the rehearsal's tiny one."""

from __future__ import annotations

from collections.abc import Iterator

from kernelbench.counting import AttentionCase, Case, CopyCase, MatmulCase, smaller
from kernelbench.shapes import Record, WeightShape, attention_shapes, weight_shapes

METRICS = ("copy", "matmul", "attention")

# (architecture, GPUs that share a layer). Weights of 405B are measured as an eighth: that is how
# they are run. Experts are whole: each GPU holds some of them.
WEIGHTS = (
    ("llama-3.1-8b", 1),
    ("llama-3.1-70b", 1),
    ("llama-3.1-70b", 8),
    ("llama-3.1-405b", 8),
    ("deepseek-v3", 1),
    ("gpt-oss-120b", 1),
)
# Over how many of these each precision is measured. Models are served in bf16 and fp8; fp16 and
# tf32 are there to compare with data sheets.
PRECISIONS = {"bf16": len(WEIGHTS), "fp16": 1, "tf32": 1, "fp8": len(WEIGHTS)}
ATTENTION = (
    ("llama-3.1-8b", 1),
    ("llama-3.1-70b", 1),
    ("llama-3.1-70b", 8),
    ("llama-3.1-405b", 1),
    ("llama-3.1-405b", 8),
    ("deepseek-v3", 1),
    ("deepseek-v3", 8),
    ("gpt-oss-120b", 1),
)
COPY_BYTES = tuple(10**6 * step for step in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096))
ROWS = tuple(2**power for power in range(15))
CONTEXTS = (8_192, 32_768, 65_536, 131_072, 272_000, 400_000)
BATCHES = (1, 8, 32)

Architectures = dict[str, Record]


def copy_cases(kind: str) -> Iterator[CopyCase]:
    """Yield the copies of a kind of run: full, quick or rehearsal."""
    sizes = {"full": COPY_BYTES, "quick": COPY_BYTES[::5], "rehearsal": (4_096, 65_536)}[kind]
    yield from (CopyCase(size) for size in sizes)


def matmul_cases(kind: str, architectures: Architectures) -> Iterator[MatmulCase]:
    """Yield the products of a kind of run; a shape that several models share comes once."""
    rows = {"full": ROWS, "quick": (1, 64, 4_096), "rehearsal": (1, 16)}[kind]
    for precision, models in PRECISIONS.items():
        weights: dict[tuple[int, int], WeightShape] = {}
        for name, parallel in WEIGHTS[: models if kind == "full" else 1]:
            for weight in weight_shapes(architectures[name], parallel):
                weights.setdefault((weight.n, weight.k), weight)
        for weight in weights.values():
            for m in rows:
                case = MatmulCase(weight, precision, m)
                yield smaller(case, 128) if kind == "rehearsal" else case


def attention_cases(kind: str, architectures: Architectures) -> Iterator[AttentionCase]:
    """Yield decode attention of a kind of run.

    A window layer reads its window whatever the context is, so it is measured at the longest.
    """
    contexts = {"full": CONTEXTS, "quick": (8_192, 400_000), "rehearsal": (192, 400)}[kind]
    batches = {"full": BATCHES, "quick": (1,), "rehearsal": (1, 2)}[kind]
    chosen = ATTENTION if kind != "quick" else (ATTENTION[0], ATTENTION[5], ATTENTION[7])
    for name, parallel in chosen:
        for shape in attention_shapes(architectures[name], parallel):
            for batch in batches:
                for context in contexts[-1:] if shape.window_tokens else contexts:
                    yield AttentionCase(shape, context, batch)


def plan(kind: str, metrics: tuple[str, ...], architectures: Architectures) -> list[Case]:
    """Return all cases of a run in order.

    Parameters
    ----------
    kind
        full, quick or rehearsal.
    metrics
        Of copy, matmul and attention.
    architectures
        Rows of `data/architectures.csv` by id.
    """
    groups: dict[str, Iterator[Case]] = {
        "copy": copy_cases(kind),
        "matmul": matmul_cases(kind, architectures),
        "attention": attention_cases(kind, architectures),
    }
    return [case for metric in metrics for case in groups[metric]]
