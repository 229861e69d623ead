"""One pure function, Arrow table → Arrow table, run over the partitions of a fleet.

A *fleet folder* holds `bucket=NNN/*.parquet`; each bucket holds whole series, so that no bucket
needs another. `by_processes`, `by_ray` and `by_spark` run the same function over the buckets and
leave the same files; `regrouped` makes such a folder out of any Parquet files.
"""

from commonwatt.platform.forecast.partition.buckets import buckets_of, regrouped
from commonwatt.platform.forecast.partition.engines import Engine, engine
from commonwatt.platform.forecast.partition.processes import by_processes
from commonwatt.platform.forecast.partition.ray import by_ray
from commonwatt.platform.forecast.partition.spark import by_spark

__all__ = ["Engine", "buckets_of", "by_processes", "by_ray", "by_spark", "engine", "regrouped"]
