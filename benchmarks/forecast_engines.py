"""One function, many engines: do Ray and Spark say of a fleet what the process pool says?

Synthetic meters as in `forecast_meters.py`, in four buckets. Each engine that is installed runs the
same forecast over them on this machine; every row of its answer is compared with the pool's. Ray
and Sail come with the extra `[cluster]`; the JVM's Spark, which is then tried instead of Sail, with
`pip install pyspark` in place of `pyspark-client`. Times include the start of each engine.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from forecast_meters import CALENDAR, DAYS, ISSUES, ORIGIN, SEED, START, STEPS, generate

from commonwatt.kernel.errors import InvalidInput
from commonwatt.platform.forecast.meters import FORECAST, Forecast, Weather, fit_fleet
from commonwatt.platform.forecast.meters.synthetic import temperature
from commonwatt.platform.forecast.partition import by_processes, by_ray, by_spark

Run = Callable[[Forecast, Path, Path], None]


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="400 meters")
    options.add_argument("--json", action="store_true", help="one JSON object instead of words")
    options.add_argument("--meters", type=int, default=4_000)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = compared(Path(folder), 400 if asked.quick else asked.meters)
    print(json.dumps(found) if asked.json else told(found))


def compared(folder: Path, meters: int) -> dict[str, Any]:
    """What each engine says, and how long it takes to."""
    generate(folder / "in", meters, meters // 4, 2)
    weather = temperature(CALENDAR, START, DAYS + ISSUES + 1, SEED)
    model = fit_fleet(folder / "in", ORIGIN, STEPS, calendar=CALENDAR, weather=weather)
    function = Forecast(model, ORIGIN, STEPS, Weather.of(weather))
    found: dict[str, Any] = {"synthetic": True, "meters": meters, "engines": {}}
    wanted = None
    for name, run in ENGINES.items():
        began = time.perf_counter()
        try:
            run(function, folder / "in", folder / name)
        except (ImportError, InvalidInput) as missing:
            found["engines"][name] = {"missing": str(missing).splitlines()[0]}
            continue
        spent, said = time.perf_counter() - began, answers(folder / name)
        wanted = said if wanted is None else wanted
        found["engines"][name] = {
            "seconds": spent, "rows": said.num_rows, "equal": said.equals(wanted),
        }  # fmt: skip
    return found


def answers(out: Path) -> pa.Table:
    """All that was said, in one order."""
    files = sorted(out.glob("bucket=*/*.parquet"))
    tables = [pq.ParquetFile(path).read().select(FORECAST.names).cast(FORECAST) for path in files]
    return pa.concat_tables(tables).sort_by([(n, "ascending") for n in ("series", "time", "level")])


def pool(function: Forecast, folder: Path, out: Path) -> None:
    """Two processes."""
    by_processes(function, folder, out, schema=FORECAST, workers=2)


def ray(function: Forecast, folder: Path, out: Path) -> None:
    """A cluster of two cores."""
    by_ray(function, folder, out, schema=FORECAST, workers=2)
    import ray as cluster  # noqa: PLC0415 - an extra

    cluster.shutdown()


def sail(function: Forecast, folder: Path, out: Path) -> None:
    """A Sail server in this process, spoken to over Spark Connect."""
    if find_spec("py4j"):
        msg = "the JVM's Spark is installed in place of its client"
        raise InvalidInput(msg)
    from pysail.spark import SparkConnectServer  # noqa: PLC0415 - an extra
    from pyspark.sql import SparkSession  # noqa: PLC0415 - an extra

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    host, port = server.listening_address
    session = SparkSession.builder.remote(f"sc://{host}:{port}").getOrCreate()
    try:
        _by(session, function, folder, out)
    finally:
        session.stop()
        server.stop()


def spark(function: Forecast, folder: Path, out: Path) -> None:
    """Spark itself, in a JVM of this machine."""
    if shutil.which("java") is None or not find_spec("py4j"):
        msg = "not installed, or no Java"
        raise InvalidInput(msg)
    from pyspark.sql import SparkSession  # noqa: PLC0415 - an extra

    os.environ["PYSPARK_PYTHON"] = sys.executable
    local = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    session = local.getOrCreate()
    try:
        _by(session, function, folder, out)
    finally:
        session.stop()


def _by(session: Any, function: Forecast, folder: Path, out: Path) -> None:
    session.conf.set("spark.sql.session.timeZone", "UTC")
    by_spark(function, folder, out, schema=FORECAST)


ENGINES: dict[str, Run] = {"pool": pool, "ray": ray, "sail": sail, "spark": spark}


def told(found: dict[str, Any]) -> str:
    """The figures in words, with verdicts."""
    lines = [f"{found['meters']:,} SYNTHETIC meters, hourly, a day ahead, by each engine"]
    for name, one in found["engines"].items():
        if "missing" in one:
            lines.append(f"        {name}: {one['missing']}")
            continue
        word = "met   " if one["equal"] else "MISSED"
        word, what = ("      ", "rows") if name == "pool" else (word, "rows, the same wanted")
        lines.append(f"{word}  {name}: {one['rows']:,} {what}, {one['seconds']:.1f} s")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
