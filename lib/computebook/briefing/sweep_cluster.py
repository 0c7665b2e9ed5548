"""Run a sweep in partitions on a Dask cluster; the driver writes them in order as they come."""

from __future__ import annotations

import contextlib
import io
import sys
import uuid
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from computebook import datasets, provenance
from computebook.briefing import cluster, digests, sweep, worker
from computebook.briefing.sweep import BLOCK_ROWS, Sweep
from computebook.errors import ComputebookError

__all__ = ["part", "run"]

BLOCKS_PER_PART: Final = 16
AHEAD: Final = 2
"""Parts under way per worker: enough to keep it busy, few enough to fit in memory."""


def run(made: Sweep, out: Path, address: str, progress: Callable[[int], None]) -> None:
    """Write the whole table of a sweep, its blocks computed on a cluster.

    Parameters
    ----------
    made : Sweep
        From `sweep.planned`.
    out : pathlib.Path
        Parquet file, replaced only by a whole one.
    address : str
        Of the scheduler.
    progress : callable
        Told the rows of each part as it is written.

    Raises
    ------
    ComputebookError
        If the cluster does not answer, has other packages, or a part fails.
    """
    import pyarrow.parquet as pq

    client, name = cluster.connected(address), uuid.uuid4().hex
    try:
        cluster.check_workers(client, (*cluster.NEEDED, "pyarrow"))
        archives = _archives(client, name)
        waiting = deque(range(0, made.blocks, BLOCKS_PER_PART))
        most = AHEAD * len(client.scheduler_info()["workers"])
        under_way: deque[Any] = deque()
        with sweep.write(made, out) as append:
            while waiting or under_way:
                while waiting and len(under_way) < most:
                    under_way.append(_submitted(client, name, archives, made, waiting.popleft()))
                table = pq.read_table(io.BytesIO(_result(under_way.popleft())))
                append(table.cast(sweep.schema(made)))
                progress(table.num_rows)
    finally:
        with contextlib.suppress(OSError, TimeoutError):
            client.run(cluster.by_value(worker.clear), name)
        client.close()


def _archives(client: Any, name: str) -> list[Any]:
    folder = datasets.data_folder()
    data = {n: (folder / n).read_bytes() for n in digests.files(folder)}
    data["references.bib"] = provenance.reference_file().read_bytes()
    sent = {"library": cluster.library_archive(), "data": worker.packed(data)}
    carry = cluster.by_value(worker.carried)
    return [client.submit(carry, archive, key=f"{n}-{name}") for n, archive in sent.items()]


def _submitted(client: Any, name: str, archives: list[Any], made: Sweep, first: int) -> Any:
    last = min(first + BLOCKS_PER_PART, made.blocks)
    words = ("computebook.briefing.sweep_cluster", made.order(), str(first), str(last))
    function = cluster.by_value(worker.answer)
    arguments = (*archives, words, name)
    return client.submit(
        function, *arguments, key=f"part-{first}-{name}", retries=cluster.ATTEMPTS, pure=False
    )


def _result(future: Any) -> bytes:
    try:
        return bytes(future.result())
    except Exception as fault:
        raise ComputebookError(f"the cluster could not compute a part: {fault}") from fault


def part(made: Sweep, first: int, last: int) -> bytes:
    """Return some blocks of a sweep as a Parquet file.

    Parameters
    ----------
    made : Sweep
        The sweep.
    first, last : int
        Numbers of the blocks; the last one is left out.
    """
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    with pq.ParquetWriter(buffer, sweep.schema(made)) as writer:
        for number in range(first, last):
            table = sweep.table_of(made, made.block(number))
            writer.write_table(table, row_group_size=BLOCK_ROWS)
    return buffer.getvalue()


if __name__ == "__main__":
    order, first_block, last_block, target = sys.argv[1:]
    Path(target).write_bytes(part(Sweep.read(order), int(first_block), int(last_block)))
