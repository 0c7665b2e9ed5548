"""The loop over the cases: one row each, whatever happens to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from kernelbench.counting import Case, Peaks
from kernelbench.rows import CannotRunError, Machine, Result, Row, RowFile, make_row

# Exit statuses. 2 is also what argparse gives for a wrong argument.
PASSED, FAILED, UNUSABLE, INTERRUPTED = 0, 1, 2, 130


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says.

    >>> first_line(RuntimeError("no kernel\\nlong trace"))
    'RuntimeError: no kernel'
    """
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__


def out_of_memory(error: BaseException) -> bool:
    """Tell whether a PyTorch error is about memory, by type where it has one, else by text."""
    return "OutOfMemory" in type(error).__name__ or "out of memory" in str(error).lower()


def run_case(
    case: Case, machine: Machine, limit: Peaks | None, measure: Callable[[Case], Result]
) -> Row:
    """Return the row of one case: measured, skipped with the reason, or invalid."""
    try:
        return make_row(case, machine, limit, measure(case))
    except CannotRunError as reason:
        return make_row(case, machine, limit, status="skipped", reason=str(reason))
    except (RuntimeError, ValueError) as error:
        status = "skipped" if out_of_memory(error) else "invalid"
        return make_row(case, machine, limit, status=status, reason=first_line(error))


def summary(row: Row, number: int, total: int) -> str:
    """Return the line that is shown for a row."""
    place = f"[{number}/{total}] {row['measurement_id']}"
    if "value" not in row:
        return f"{place}: {row['status']}, {row['reason']}"
    fraction = f", {float(row['fraction_of_peak']):.0%} of peak" if row["fraction_of_peak"] else ""
    state = "" if row["status"] == "measured" else f", {row['status']}"
    return f"{place}: {row['value']} {row['unit']}, {row['time_us']} us{fraction}{state}"


def run_cases(
    cases: Iterable[Case],
    machine: Machine,
    limit: Peaks | None,
    measure: Callable[[Case], Result],
    file: RowFile,
) -> int:
    """Measure every case, write its row as it comes and return the exit status.

    Parameters
    ----------
    cases
        What to measure, in order.
    machine
        What the rows share.
    limit
        Data-sheet peaks of the GPU, or None.
    measure
        Measures one case; raises `CannotRunError` or a PyTorch error.
    file
        Open file of rows.

    Returns
    -------
    int
        0 if no row is invalid, 1 if one is, 130 if the run was interrupted.
    """
    cases = list(cases)
    counts: Counter[str] = Counter()
    try:
        for number, case in enumerate(cases, 1):
            row = run_case(case, machine, limit, measure)
            file.write(row)
            counts[row["status"]] += 1
            print(summary(row, number, len(cases)), flush=True)
    except KeyboardInterrupt:
        print(f"Interrupted: {counts.total()} of {len(cases)} rows are kept in {file.path}.")
        return INTERRUPTED
    tally = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    print(f"{counts.total()} rows in {file.path}: {tally or 'nothing to measure'}.")
    return FAILED if counts["invalid"] else PASSED
