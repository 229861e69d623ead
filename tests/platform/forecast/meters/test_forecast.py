"""The pure function: its shape, its independence of partition and order, its bands, its gain."""

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from commonwatt.kernel.errors import InvalidInput
from commonwatt.platform.forecast.meters import FORECAST, Calendar, FleetModel, Forecast
from commonwatt.platform.forecast.meters.learning import learnt

CALENDAR = Calendar(3600, "Europe/Berlin")
METERS = 240
STEPS = 24


@pytest.fixture(scope="module")
def told(case) -> pa.Table:
    return case.forecast(case.table)


@pytest.fixture(scope="module")
def judged(case, told: pa.Table) -> pl.DataFrame:
    """Level by level beside what was used, and what was measured a week before."""
    truth = pl.from_arrow(case.truth).select("series", "time", truth="value")
    week = truth.with_columns(pl.col("time") + pl.duration(days=7)).rename({"truth": "naive"})
    named = pl.from_arrow(told).with_columns(pl.col("level").cast(pl.String).fill_null("mean"))
    wide = named.pivot(on="level", index=["series", "time"], values="value")
    return wide.join(truth, on=["series", "time"]).join(week, on=["series", "time"])


def test_every_meter_gets_every_level_of_every_step_and_a_mean(case, told: pa.Table):
    assert told.schema.equals(FORECAST)
    assert told.num_rows == METERS * STEPS * 4
    assert np.isfinite(told["value"].to_numpy()).all()
    times = pc.unique(told["time"]).cast(pa.int64()).to_numpy() // 1_000_000
    np.testing.assert_array_equal(times, case.origin + 3600 * np.arange(STEPS))
    first = told.slice(0, 4).to_pylist()
    assert [row["level"] for row in first] == [0.1, 0.5, 0.9, None]
    assert case.model.id in first[0]["model"]


def test_levels_rise(told: pa.Table):
    rows = told["value"].to_numpy().reshape(-1, 4)
    assert (np.diff(rows[:, :3], axis=1) >= 0).all()


def test_any_partition_says_the_same(case, told: pa.Table):
    number = pc.utf8_slice_codeunits(case.table["series"], 6).cast(pa.int64()).to_numpy()
    parts = [case.forecast(case.table.filter(pa.array(number % 3 == k))) for k in range(3)]
    again = pa.concat_tables(parts)
    by = [(name, "ascending") for name in ("series", "time", "level")]
    assert again.sort_by(by).equals(told.sort_by(by))


def test_a_neighbour_that_feeds_in_changes_nothing(case):
    """Also where no column tells the classes apart."""
    bare = case.table.drop_columns(["class"])
    roof = pc.equal(case.table["class"], "roof")
    home = pc.equal(case.table["class"], "home")
    alone = case.forecast(bare.filter(home))
    beside = case.forecast(bare.filter(pc.or_(roof, home)))
    of_home = pc.is_in(beside["series"], pc.unique(alone["series"]))
    assert beside.filter(of_home).equals(alone)
    assert pc.min(beside["value"]).as_py() < 0 <= pc.min(alone["value"]).as_py()


def test_the_order_of_rows_does_not_matter(case, told: pa.Table):
    backwards = case.table.take(pa.array(np.arange(case.table.num_rows)[::-1].copy()))
    assert case.forecast(backwards).equals(told)


def test_names_may_be_text_or_dictionaries_that_hold_more(case, told: pa.Table):
    """As engines have it; a dictionary may know of meters that are in another partition."""
    coded = case.table
    for name in ("series", "class"):
        place = coded.schema.get_field_index(name)
        coded = coded.set_column(place, name, coded[name].dictionary_encode())
    assert case.forecast(coded).equals(told)
    few = pa.array(["meter-0000003", "meter-0000007"])
    some = coded.filter(pc.is_in(coded["series"].cast(pa.string()), few))
    assert case.forecast(some).equals(told.filter(pc.is_in(told["series"], few)))


def test_readings_of_no_meter_are_refused(case):
    nobody = pa.array([None] * 5, pa.string())
    few = case.table.slice(0, 5).set_column(0, "series", nobody)
    with pytest.raises(InvalidInput, match="5 readings tell no series"):
        case.forecast(few)


def test_it_beats_last_week(judged: pl.DataFrame):
    ours = (judged["0.5"] - judged["truth"]).abs().mean()
    naive = (judged["naive"] - judged["truth"]).abs().mean()
    assert ours < 0.85 * naive


def test_four_fifths_fall_within_the_band_that_says_so(case, judged: pl.DataFrame):
    inside = (judged["truth"] >= judged["0.1"]) & (judged["truth"] <= judged["0.9"])
    assert 0.72 < inside.mean() < 0.88
    assert 0.70 < case.model.lore["home"].coverage < 0.90  # of 1,700 readings of a single day


def test_means_add_up_to_what_the_town_uses(judged: pl.DataFrame):
    total = judged.group_by("time").agg(pl.col("mean", "truth", "naive").sum())
    off = (total["mean"] - total["truth"]).abs().mean()
    assert off < 0.12 * total["truth"].mean()


def test_the_same_lessons_teach_the_same_in_any_order(case):
    backwards = case.lessons.take(pa.array(np.arange(case.lessons.num_rows)[::-1].copy()))
    assert learnt(backwards, CALENDAR, case.origin).id == case.model.id


def test_a_model_comes_back_from_its_file(case, told: pa.Table, tmp_path):
    path = tmp_path / "model.json"
    case.model.save(path)
    again = FleetModel.load(path)
    assert again.id == case.model.id
    assert Forecast(again, case.origin, STEPS, case.weather)(case.table).equals(told)
    path.write_text("{}")
    with pytest.raises(InvalidInput, match="fleet model"):
        FleetModel.load(path)


@pytest.mark.parametrize("levels", [(0.1, 0.9), (0.9, 0.5, 0.1), (0.0, 0.5, 1.0)])
def test_levels_that_do_not_rise_around_the_middle_are_refused(case, levels):
    with pytest.raises(InvalidInput, match="levels"):
        learnt(case.lessons, CALENDAR, case.origin, levels)


def test_too_little_to_learn_from_is_said(case):
    with pytest.raises(InvalidInput, match="too little history"):
        learnt(case.lessons.slice(0, 50), CALENDAR, case.origin)
