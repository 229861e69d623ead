"""The forecast itself on local clusters: whoever runs it says what the process pool says.

Each is skipped where its engine is not installed (CONTRIBUTING.md, "Tests").
"""

import shutil
import sys

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from commonwatt.platform.forecast.meters import FORECAST
from commonwatt.platform.forecast.partition import by_processes, engine, regrouped


@pytest.fixture(scope="module")
def folder(case, tmp_path_factory):
    """Ninety meters of all classes, dealt into four buckets; the future is there to be ignored."""
    where = tmp_path_factory.mktemp("clusters")
    some = case.table.filter(pc.less(case.table["series"], "meter-0000090"))
    pq.write_table(some, where / "readings.parquet")
    return regrouped(where / "readings.parquet", where / "fleet", 4)


@pytest.fixture(scope="module")
def told(case, folder, tmp_path_factory):
    """What a pool of two processes says."""
    out = tmp_path_factory.mktemp("pool")
    by_processes(case.forecast, folder, out, schema=FORECAST, workers=2)
    return answers(out)


def answers(out) -> pa.Table:
    files = sorted(out.glob("bucket=*/*.parquet"))
    tables = [pq.ParquetFile(path).read().select(FORECAST.names).cast(FORECAST) for path in files]
    by = [(name, "ascending") for name in ("series", "time", "level")]
    return pa.concat_tables(tables).sort_by(by)


def test_the_pool_says_what_the_function_says_to_all_at_once(case, folder, told):
    tables = [pq.ParquetFile(path).read() for path in sorted(folder.glob("bucket=*/*.parquet"))]
    assert len(tables) == 4
    by = [(name, "ascending") for name in ("series", "time", "level")]
    assert case.forecast(pa.concat_tables(tables)).sort_by(by).equals(told)
    assert told.num_rows == 90 * 24 * 4


def test_ray_says_the_same(case, folder, told, tmp_path):
    ray = pytest.importorskip("ray")
    try:
        engine("ray")(case.forecast, folder, tmp_path / "out", schema=FORECAST, workers=2)
    finally:
        ray.shutdown()
    assert answers(tmp_path / "out").equals(told)


def test_sail_says_the_same(case, folder, told, tmp_path):
    sail = pytest.importorskip("pysail.spark")
    session = pytest.importorskip("pyspark.sql").SparkSession
    server = sail.SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    host, port = server.listening_address
    spark = session.builder.remote(f"sc://{host}:{port}").getOrCreate()
    try:
        spark.conf.set("spark.sql.session.timeZone", "UTC")
        engine("spark")(case.forecast, folder, tmp_path / "out", schema=FORECAST, workers=2)
    finally:
        spark.stop()  # first: a session whose server is gone asks for it for minutes
        server.stop()
    assert answers(tmp_path / "out").equals(told)


def test_spark_says_the_same(case, folder, told, tmp_path, monkeypatch):
    """Of the JVM: `pip install pyspark` in place of `pyspark-client`, and Java 17 or newer."""
    pytest.importorskip("py4j")
    if shutil.which("java") is None:
        pytest.skip("needs Java")
    session = pytest.importorskip("pyspark.sql").SparkSession
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    local = session.builder.master("local[2]").config("spark.ui.enabled", "false")
    spark = local.config("spark.sql.session.timeZone", "UTC").getOrCreate()
    try:
        engine("spark")(case.forecast, folder, tmp_path / "out", schema=FORECAST, workers=2)
    finally:
        spark.stop()
    assert answers(tmp_path / "out").equals(told)
