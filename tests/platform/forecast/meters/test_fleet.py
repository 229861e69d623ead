"""From folder to folder: whatever the grouping and the engine, the same forecasts."""

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from commonwatt.kernel.errors import InvalidInput, NotFound
from commonwatt.platform.forecast.meters import Calendar, forecast_fleet
from commonwatt.platform.forecast.meters.synthetic import fleet

CALENDAR = Calendar(3600, "Europe/Berlin")
START = 1_737_500_400  # 2025-01-21, local midnight
DAYS = 80

ZONE = "Europe/Berlin"


@pytest.fixture(scope="module")
def folder(case, tmp_path_factory):
    """A hundred meters in two files as an exporter leaves them: by time, not by meter."""
    where = tmp_path_factory.mktemp("fleet")
    rows = case.table.filter(pc.less(case.table["series"], "meter-0000100")).sort_by("time")
    half = rows.num_rows // 2
    pq.write_table(rows.slice(0, half), where / "winter.parquet")
    pq.write_table(rows.slice(half), where / "spring.parquet")
    return where


def forecasts(out) -> pa.Table:
    files = sorted((out / "forecast").glob("bucket=*/*.parquet"))
    by = [(name, "ascending") for name in ("series", "time", "level")]
    return pa.concat_tables(pq.ParquetFile(path).read() for path in files).sort_by(by)


def test_one_process_and_two_leave_the_same_files(case, folder, tmp_path, monkeypatch):
    monkeypatch.setattr("commonwatt.platform.forecast.meters.fleet.ROWS", 80_000)
    models = [
        forecast_fleet(folder, tmp_path / str(n), origin=case.origin, zone=ZONE, workers=n)
        for n in (1, 2)
    ]
    assert models[0].id == models[1].id
    assert len(list((tmp_path / "1" / "forecast").glob("bucket=*"))) == 3
    one = forecasts(tmp_path / "1")
    assert one.equals(forecasts(tmp_path / "2"))
    assert one.num_rows == 100 * 24 * 4


def test_a_model_serves_until_it_is_handed_back(case, folder, tmp_path):
    served = forecast_fleet(
        folder, tmp_path, origin=case.origin, zone=ZONE, model=case.model, workers=1
    )
    assert served is case.model
    later = case.origin - 86_400
    with pytest.raises(InvalidInput, match="after the origin"):
        forecast_fleet(folder, tmp_path, origin=later, zone=ZONE, model=case.model, workers=1)


def test_without_an_origin_the_forecast_follows_the_last_reading(case, folder, tmp_path):
    forecast_fleet(folder, tmp_path, zone=ZONE, model=case.model, steps=6, workers=1)
    first = forecasts(tmp_path)["time"][0].as_py().timestamp()
    assert first == START + 86_400 * (DAYS + 1)


def test_holidays_are_lived_as_sundays():
    calendar = Calendar(3600, ZONE, frozenset({(date(2025, 4, 18) - date(1970, 1, 1)).days}))
    friday = np.array([1_744_970_400])  # 2025-04-18 12:00 local
    day, _ = calendar.place(friday)
    assert calendar.weekday(day).tolist() == [6]
    assert CALENDAR.weekday(day).tolist() == [4]


def test_any_part_of_the_synthetic_fleet_can_be_made_alone():
    whole = fleet(np.arange(6), CALENDAR, START, 3, seed=2)
    halves = [fleet(np.arange(3 * k, 3 * k + 3), CALENDAR, START, 3, seed=2) for k in range(2)]
    assert pa.concat_tables(halves).equals(whole)


def test_what_cannot_be_used_is_named(tmp_path):
    with pytest.raises(NotFound, match="no Parquet file"):
        forecast_fleet(tmp_path, tmp_path / "out")
    pq.write_table(pa.table({"meter": ["a"]}), tmp_path / "a.parquet")
    with pytest.raises(InvalidInput, match="series"):
        forecast_fleet(tmp_path, tmp_path / "out")
    with pytest.raises(InvalidInput, match="dask"):
        forecast_fleet(tmp_path, tmp_path / "out", by="dask")
