"""How many lines of provider responses the ledger reads in a second, and what it holds in memory.

Run with `make bench`. The log is synthetic: four providers, about a kilobyte a line.
"""

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from computebook import ledger

LINES = 50_000
JANUARY = 1_768_478_400
TEXT = "an answer of the usual length " * 15


def response(i: int, inputs: int, cached: int, output: int, reasoning: int) -> dict[str, object]:
    return {
        "id": f"resp_{i:032x}",
        "object": "response",
        "created_at": JANUARY + i,
        "model": "gpt-5.2-2025-12-11",
        "metadata": {"team": ("search", "chat", "code")[i % 3]},
        "output": [{"type": "message", "content": [{"type": "output_text", "text": TEXT}]}],
        "usage": {
            "input_tokens": inputs + cached,
            "input_tokens_details": {"cached_tokens": cached},
            "output_tokens": output + reasoning,
            "output_tokens_details": {"reasoning_tokens": reasoning},
        },
    }


def message(i: int, inputs: int, cached: int, output: int, written: int) -> dict[str, object]:
    usage = {
        "input_tokens": inputs,
        "cache_read_input_tokens": cached,
        "cache_creation_input_tokens": written,
        "output_tokens": output,
    }
    body = {"id": f"msg_{i:x}", "model": "claude-opus-4-5-20251101", "usage": usage}
    answer = {**body, "type": "message", "content": [{"type": "text", "text": TEXT}]}
    return {"timestamp": "2026-01-15T10:00:00Z", "tags": {"team": "chat"}, "response": answer}


def gemini(i: int, inputs: int, cached: int, output: int, thoughts: int) -> dict[str, object]:
    return {
        "responseId": f"g{i:x}",
        "modelVersion": "gemini-3-pro-preview",
        "createTime": "2026-01-15T10:00:00.123Z",
        "candidates": [{"content": {"parts": [{"text": TEXT}]}, "finishReason": "STOP"}],
        "usageMetadata": {
            "promptTokenCount": inputs + cached,
            "cachedContentTokenCount": cached,
            "candidatesTokenCount": output,
            "thoughtsTokenCount": thoughts,
        },
    }


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ledger") / "log.jsonl"
    drawn = np.random.default_rng(0).integers(1, 5_000, (LINES, 4)).tolist()
    forms = (response, message, gemini, response)
    with path.open("w", encoding="utf-8") as stream:
        for i, counts in enumerate(drawn):
            stream.write(json.dumps(forms[i % 4](i, *counts)) + "\n")
    return path


def test_lines_by_model(benchmark: BenchmarkFixture, log: Path) -> None:
    assert benchmark(ledger.read, log).tally.rows == LINES
    benchmark.extra_info["lines_per_s"] = round(LINES / benchmark.stats["median"])


def test_lines_by_model_day_and_tag(benchmark: BenchmarkFixture, log: Path) -> None:
    assert benchmark(ledger.read, log, ("model", "day", "tag.team")).balanced


def test_memory_of_a_log(log: Path) -> None:
    tracemalloc.start()
    ledger.read(log)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    print(f"peak {peak / 2**20:.0f} MiB for a log of {log.stat().st_size / 2**20:.0f} MiB")
    assert peak < log.stat().st_size
