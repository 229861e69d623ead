"""Whatever happens after the origin, nothing that was said or learnt before it moves."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatt.kernel.rng import Rng
from commonwatt.platform.forecast.meters import Forecast, Weather

STEPS = 24


def seconds(table: pa.Table) -> np.ndarray:
    return pc.cast(table["time"], pa.int64()).to_numpy() // 1_000_000


def another_future(table: pa.Table, origin: int, seed: int, lost: float) -> pa.Table:
    """`table` with other readings from `origin` on, some of them lost, some not numbers."""
    later = seconds(table) >= origin
    row = np.arange(table.num_rows)
    luck = Rng(seed)
    wild = 50 * luck.normal("wild", row, 0)
    wild[luck.uniform("nan", row, 0) < 0.1] = np.nan
    value = np.where(later, wild, table["value"].to_numpy())
    kept = ~later | (luck.uniform("lost", row, 0) >= lost)
    moved = table.set_column(table.schema.get_field_index("value"), "value", pa.array(value))
    return moved.filter(pa.array(kept))


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 1_000), st.sampled_from([0.0, 0.5, 1.0]), st.integers(0, 30))
def test_another_future_moves_no_forecast(case, seed, lost, hours):
    origin = case.origin - 3600 * hours
    told = Forecast(case.model, origin, STEPS, case.weather)
    ids = pa.array([f"meter-{n:07d}" for n in range(40)])
    table = case.table.filter(pc.is_in(case.table["series"], ids))
    assert told(another_future(table, origin, seed, lost)).equals(told(table))


def test_another_future_teaches_nothing_else(case):
    origin = case.origin - 3600 * 29
    sample = case.sample(origin)
    assert sample(another_future(case.table, origin, 3, 0.5)).equals(sample(case.table))


def test_weather_issued_later_is_not_looked_at(case):
    known = case.weather
    sun = Weather(
        np.tile(known.time, 2),
        np.concatenate([known.issued, np.full(known.time.size, case.origin + 1)]),
        np.concatenate([known.temperature_c, np.full(known.time.size, 40.0)]),
    )
    later = Forecast(case.model, case.origin, STEPS, sun)(case.table)
    assert later.equals(case.forecast(case.table))
    in_time = np.where(sun.issued > case.origin, case.origin, sun.issued)
    told = Weather(sun.time, in_time, sun.temperature_c)
    heard = Forecast(case.model, case.origin, STEPS, told)(case.table)
    assert not heard.equals(later)
