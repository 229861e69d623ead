"""Partitions as tasks of a Ray cluster; Ray is in the extra `[cluster]`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from commonwatt.kernel.errors import InvalidInput
from commonwatt.platform.forecast.partition.buckets import buckets_of
from commonwatt.platform.forecast.partition.processes import answered


def by_ray(
    function: Callable[[pa.Table], pa.Table],
    folder: Path,
    out: Path,
    *,
    schema: pa.Schema,
    workers: int = 2,
) -> None:
    """Run `function` over every bucket of `folder` on Ray (see `Engine`).

    It joins the cluster that `RAY_ADDRESS` names or that already runs here, else starts one of
    `workers` cores. `folder` and `out` must be seen by all its machines.

    Raises:
        InvalidInput: Ray is not installed.
    """
    try:
        import ray  # noqa: PLC0415 - only those who ask for it have it
    except ImportError as missing:
        msg = "the engine 'ray' is not installed; pip install 'commonwatt[cluster]'"
        raise InvalidInput(msg) from missing
    if not ray.is_initialized():
        ray.init(num_cpus=workers, include_dashboard=False, log_to_driver=False)
    shared = ray.put(function)
    task = ray.remote(num_cpus=1)(answered)
    waiting = [
        task.remote(shared, files, out / name / "part-0.parquet", schema)
        for name, files in buckets_of(folder).items()
    ]
    ray.get(waiting)
