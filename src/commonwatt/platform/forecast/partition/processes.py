"""Partitions on the cores of this machine, or of any: a file in, a file out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import chain, islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from commonwatt.platform.forecast.partition.buckets import buckets_of, whole

COLUMNS = ["series", "time", "value", "class"]
"""Columns read of a fleet folder, where they are there."""
_RUNNING: list[Callable[[pa.Table], pa.Table]] = []
"""What a worker process runs: unpickled once, with its models."""


def by_processes(
    function: Callable[[pa.Table], pa.Table],
    folder: Path,
    out: Path,
    *,
    schema: pa.Schema,
    workers: int = 2,
) -> None:
    """Run `function` over every bucket of `folder` in `workers` processes (see `Engine`)."""
    names = list(buckets_of(folder).items())
    jobs = [(files, out / name / "part-0.parquet", schema) for name, files in names]
    if workers == 1:
        for files, path, form in jobs:
            answered(function, files, path, form)
        return
    for _ in mapped(answered_by_worker, jobs, function, workers):
        pass


def mapped(
    task: Callable[..., Any],
    jobs: Sequence[tuple[Any, ...]],
    function: Callable[[pa.Table], pa.Table],
    workers: int,
) -> Iterator[Any]:
    """Answers to `jobs` in their order, no more than a few of them waiting at a time.

    Workers are spawned, not forked: threads of Arrow and polars do not survive a fork.
    """
    pool = ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_begin, initargs=(function,)
    )
    try:
        rest = iter(jobs)
        waiting = [pool.submit(task, *job) for job in islice(rest, workers + 1)]
        for job in chain(rest, [None] * len(waiting)):
            yield waiting.pop(0).result()
            if job is not None:
                waiting.append(pool.submit(task, *job))
    finally:
        pool.shutdown(cancel_futures=True)


def asked(files: list[Path]) -> pa.Table:
    """What this process's function says to one bucket: a task for `mapped`."""
    return _RUNNING[0](whole(files, COLUMNS))


def answered_by_worker(files: list[Path], path: Path, schema: pa.Schema) -> None:
    """`answered`, with this process's function."""
    answered(_RUNNING[0], files, path, schema)


def answered(
    function: Callable[[pa.Table], pa.Table], files: list[Path], path: Path, schema: pa.Schema
) -> None:
    """Write what `function` says to the table in `files`; whole or not at all."""
    answer = function(whole(files, COLUMNS)).cast(schema)
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".half")
    pq.write_table(answer, half, compression="zstd", compression_level=1)
    half.replace(path)


def _begin(function: Callable[[pa.Table], pa.Table]) -> None:
    _RUNNING[:] = [function]
