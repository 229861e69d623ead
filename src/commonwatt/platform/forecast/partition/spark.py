"""Partitions as groups of a Spark or Sail session; both speak `applyInArrow`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from commonwatt.kernel.errors import InvalidInput
from commonwatt.platform.forecast.partition.processes import COLUMNS


def by_spark(
    function: Callable[[pa.Table], pa.Table],
    folder: Path,
    out: Path,
    *,
    schema: pa.Schema,
    workers: int = 2,  # noqa: ARG001 - part of the port; the session decides
) -> None:
    """Run `function` over every bucket of `folder` on the active Spark session (see `Engine`).

    The session is the caller's: of Spark itself, or of Sail, which needs no Java
    (`SparkSession.builder.remote("sc://…")`). It decides how many work at a time, not `workers`,
    and it names the files itself.

    Raises:
        InvalidInput: there is no Spark, or no session.
    """
    session = _session()
    there = set(pq.read_schema(next(folder.glob("bucket=*/*.parquet"))).names)
    columns = [name for name in COLUMNS if name in there]
    parts = session.read.parquet(str(folder)).select("bucket", *columns)

    # Spark reads from the types that it is handed a whole group at a time: a partial has none
    def named(key: tuple[pa.Scalar, ...], table: pa.Table) -> pa.Table:
        return _named(function, key, table)

    answers = parts.groupBy("bucket").applyInArrow(named, _declared(schema))
    answers.write.mode("overwrite").partitionBy("bucket").parquet(str(out))


def _named(
    function: Callable[[pa.Table], pa.Table], key: tuple[pa.Scalar, ...], table: pa.Table
) -> pa.Table:
    """What `function` says to one bucket, with the bucket's number beside it."""
    answer = function(table.drop_columns(["bucket"]))
    number = pa.array([int(key[0].as_py())] * answer.num_rows, pa.int32())  # Sail reads text
    return answer.append_column("bucket", number)


def _declared(schema: pa.Schema) -> str:
    """An Arrow schema in Spark's words, the bucket last."""
    words = {pa.string(): "string", pa.float64(): "double"}
    fields = [f"`{f.name}` {words.get(f.type, 'timestamp')}" for f in schema]
    return ", ".join([*fields, "`bucket` int"])


def _session() -> Any:
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415 - only those who ask for it have it
    except ImportError as missing:
        msg = "the engine 'spark' is not installed; pip install 'commonwatt[cluster]'"
        raise InvalidInput(msg) from missing
    session = SparkSession.getActiveSession()
    if session is None:
        msg = "the engine 'spark' works in your session; make one with SparkSession.builder first"
        raise InvalidInput(msg)
    return session
