"""Measure copy bandwidth, matrix products and decode attention on one GPU.

`python tests/gpu/measure.py --out rows.csv` writes a row per case; see README.md beside it.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import warnings
from pathlib import Path

from kernelbench.counting import peaks
from kernelbench.plan import METRICS, plan
from kernelbench.rows import RowFile
from kernelbench.running import UNUSABLE, run_cases
from kernelbench.shapes import read_table


def metrics(text: str) -> tuple[str, ...]:
    """Return the metrics named in a list with commas, in their usual order.

    >>> metrics("matmul,copy")
    ('copy', 'matmul')
    """
    named = {part.strip() for part in text.split(",")}
    unknown = sorted(named - set(METRICS))
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is not one of {', '.join(METRICS)}")
    return tuple(metric for metric in METRICS if metric in named)


def seed(text: str) -> int:
    """Return a seed, an integer from 0 to 2**63 - 1."""
    if not text.isdecimal() or int(text) >= 2**63:
        raise argparse.ArgumentTypeError(f"{text!r} is not an integer from 0 to 2**63 - 1")
    return int(text)


def device(text: str) -> str:
    """Return a device's name: cpu, cuda or cuda and a number."""
    kind, _, number = text.partition(":")
    if text in ("cpu", "cuda") or (kind == "cuda" and number.isdecimal()):
        return text
    raise argparse.ArgumentTypeError(f"{text!r} is not cpu, cuda or cuda:NUMBER")


def parser() -> argparse.ArgumentParser:
    """Return the reader of the command line."""
    top = argparse.ArgumentParser(prog="measure.py", description=(__doc__ or "").splitlines()[0])
    top.add_argument("--out", type=Path, required=True, help="CSV file to write")
    top.add_argument("--force", action="store_true", help="replace the file if it is there")
    top.add_argument("--quick", action="store_true", help="a few cases of each kind")
    top.add_argument(
        "--only", type=metrics, default=METRICS, help=f"some of {','.join(METRICS)}; all if absent"
    )
    top.add_argument("--seed", type=seed, default=2026, help="of the random inputs")
    top.add_argument(
        "--device", type=device, default="cuda", help="cuda, cuda:N, or cpu for a tiny rehearsal"
    )
    return top


def arguments(words: list[str] | None) -> argparse.Namespace:
    """Return the options of a run; a wrong one ends the program with status 2."""
    top = parser()
    options = top.parse_args(words)
    if not options.out.parent.is_dir():
        top.error(f"--out: there is no folder {options.out.parent}")
    if options.out.is_dir():
        top.error(f"--out: {options.out} is a folder")
    if options.out.exists() and not options.force:
        top.error(f"--out: {options.out} is there already; name another file or add --force")
    return options


def unusable(name: str) -> str:
    """Return why nothing can be measured on a device, or nothing if it can."""
    if importlib.util.find_spec("torch") is None:
        return "PyTorch is not installed in this Python: run `python -m pip install torch`."
    # PyTorch warns if NumPy is absent; nothing here needs it.
    warnings.filterwarnings("ignore", message="Failed to initialize NumPy")
    from kernelbench.device.session import device_count

    count, index = device_count(), int(name.partition(":")[2] or 0)
    if name != "cpu" and not count:
        return "PyTorch sees no CUDA GPU; `--device cpu` rehearses the run with tiny sizes."
    if name != "cpu" and index >= count:
        return f"There is no {name}: PyTorch sees {count} CUDA GPU(s), numbered from 0."
    return ""


def main(words: list[str] | None = None) -> int:
    """Run the measurements and return the exit status: 0, 1 (a check failed), 2 or 130."""
    options = arguments(words)
    problem = unusable(options.device)
    if problem:
        print(problem, file=sys.stderr)
        return UNUSABLE
    from kernelbench.device.session import open_device

    kind = "rehearsal" if options.device == "cpu" else "quick" if options.quick else "full"
    cases = plan(kind, options.only, read_table("architectures"))
    here, measure = open_device(options.device, options.seed)
    limit = peaks(here.gpu, read_table("accelerators"))
    with RowFile(options.out) as file:
        return run_cases(cases, here, limit, measure, file)


if __name__ == "__main__":
    sys.exit(main())
