"""What runs a function over partitions, by its name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from commonwatt.kernel.errors import InvalidInput
from commonwatt.platform.forecast.partition.processes import by_processes
from commonwatt.platform.forecast.partition.ray import by_ray
from commonwatt.platform.forecast.partition.spark import by_spark

Function = Callable[[pa.Table], pa.Table]
"""Pure: its answer depends on nothing but its table, whatever the order of the rows.

Its columns `series` and `class` may be text (from Spark) or dictionaries (from files)."""


class Engine(Protocol):
    """Runs `function` over every bucket of a fleet folder and writes `out/bucket=*/`."""

    def __call__(
        self, function: Function, folder: Path, out: Path, *, schema: pa.Schema, workers: int
    ) -> None:
        """`schema` is that of the answers; `workers` how many buckets are worked on at a time."""


ENGINES: dict[str, Engine] = {"processes": by_processes, "ray": by_ray, "spark": by_spark}


def engine(name: str) -> Engine:
    """The engine called `name`.

    Raises:
        InvalidInput: there is none.
    """
    if name not in ENGINES:
        msg = f"there is no engine {name!r}; use {', '.join(ENGINES)}"
        raise InvalidInput(msg)
    return ENGINES[name]
