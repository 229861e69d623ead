"""One function, many engines: buckets hold whole series, and every engine says the same."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from commonwatt.kernel.errors import InvalidInput, NotFound
from commonwatt.kernel.rng import Rng
from commonwatt.platform.forecast.meters import FORECAST
from commonwatt.platform.forecast.partition import buckets_of, by_processes, engine, regrouped

SERIES, HOURS = 90, 40


def readings() -> pa.Table:
    n, k = np.divmod(np.arange(SERIES * HOURS), HOURS)
    order = np.argsort(Rng(1).uniform("order", n, k))
    return pa.table({
        "series": pa.array([f"m{i}" for i in n[order].tolist()]),
        "time": pa.array(3_600_000_000 * k[order], pa.timestamp("us", tz="UTC")),
        "value": pa.array(np.round(Rng(1).normal("value", n, k)[order], 3)),
        "class": pa.array(np.where(n[order] % 2, "home", "shop")),
    })  # fmt: skip


def sums(table: pa.Table) -> pa.Table:
    """A row a series that tells whether the series was whole; whole milli-units add up exactly."""
    milli = pc.cast(pc.round(pc.multiply(table["value"], 1000)), pa.int64())
    by = table.set_column(table.schema.get_field_index("value"), "value", milli)
    for name in ("series", "class"):  # text or dictionaries, as the engine has it
        column = pc.cast(table[name], pa.string())
        by = by.set_column(by.schema.get_field_index(name), name, column)
    found = by.group_by(["series", "class"]).aggregate([("value", "sum"), ("time", "max")])
    found = found.sort_by("series")
    rows = found.num_rows
    return pa.table(
        [
            found["series"],
            found["time_max"],
            found["time_max"],
            pa.nulls(rows, pa.float64()),
            pc.cast(found["value_sum"], pa.float64()),
            found["class"],
            pa.array(["summed"] * rows),
        ],
        schema=FORECAST,
    )


@pytest.fixture
def folder(tmp_path):
    table = readings()
    for part in range(3):
        pq.write_table(table.slice(part * 1200, 1200), tmp_path / f"{part}.parquet")
    return regrouped(tmp_path, tmp_path / "fleet", 4)


def answers(out) -> pa.Table:
    files = sorted(out.glob("bucket=*/*.parquet"))
    tables = [pq.ParquetFile(path).read().select(FORECAST.names).cast(FORECAST) for path in files]
    return pa.concat_tables(tables).sort_by("series")


def test_buckets_hold_whole_series_and_lose_nothing(folder):
    files = buckets_of(folder)
    assert len(files) == 4
    tables = [pq.ParquetFile(paths[0]).read() for paths in files.values()]
    members = [set(table["series"].to_pylist()) for table in tables]
    assert sum(len(m) for m in members) == len(set.union(*members)) == SERIES
    by = [("series", "ascending"), ("time", "ascending")]
    assert pa.concat_tables(tables).sort_by(by).equals(readings().sort_by(by))


@pytest.mark.parametrize("workers", [1, 2])
def test_processes_say_what_the_function_says(folder, tmp_path, workers):
    by_processes(sums, folder, tmp_path / "out", schema=FORECAST, workers=workers)
    assert answers(tmp_path / "out").equals(sums(readings()))
    assert not list((tmp_path / "out").rglob("*.half"))


def test_ray_says_the_same(folder, tmp_path):
    ray = pytest.importorskip("ray")
    try:
        engine("ray")(sums, folder, tmp_path / "out", schema=FORECAST, workers=2)
    finally:
        ray.shutdown()
    assert answers(tmp_path / "out").equals(sums(readings()))


def test_sail_says_the_same(folder, tmp_path):
    sail = pytest.importorskip("pysail.spark")
    session = pytest.importorskip("pyspark.sql").SparkSession
    server = sail.SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    host, port = server.listening_address
    spark = session.builder.remote(f"sc://{host}:{port}").getOrCreate()
    try:
        spark.conf.set("spark.sql.session.timeZone", "UTC")
        engine("spark")(sums, folder, tmp_path / "out", schema=FORECAST, workers=2)
    finally:
        spark.stop()  # first: a session whose server is gone asks for it for minutes
        server.stop()
    assert answers(tmp_path / "out").equals(sums(readings()))


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(NotFound, match="no Parquet file"):
        regrouped(tmp_path, tmp_path / "fleet", 2)
    with pytest.raises(InvalidInput, match="no engine 'dask'"):
        engine("dask")
