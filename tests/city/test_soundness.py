"""What a check finds: broken limits by name and time, and who is unsupplied."""

from dataclasses import replace

import numpy as np
import pytest

from commonwatt.city.generate import grown
from commonwatt.city.model import indexed
from commonwatt.city.soundness import hard_days, inspected, without
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import DAY_S


def altered(city, kind, **columns):
    table = city.table(kind)
    arrays = {name: np.asarray(values) for name, values in columns.items()}
    table = replace(table, columns={**table.columns, **arrays})
    return replace(city, tables=indexed({**city.tables, kind: table}))


@pytest.fixture(scope="module")
def town():
    return grown(60, 7)


def test_a_transformer_too_small_is_named_with_its_worst_moment(town):
    unit = town.table("transformer")
    weak = altered(town, "transformer", rated_kva=np.full(len(unit), 80.0))
    found = inspected(weak, seed=1)
    assert not found.sound
    worst = found.days[0].overloads[0]
    assert worst.what == "transformer station-1"
    assert worst.value == pytest.approx(found.days[0].transformer)
    assert found.days[0].start <= worst.at < found.days[0].start + DAY_S


def test_a_narrow_band_is_broken_by_the_far_end(town):
    bus = town.table("bus")
    low = altered(altered(town, "bus", low_pu=np.full(len(bus), 0.995)), "source", volts_pu=[1.0])
    found = inspected(low, seed=1)
    worst = min(found.days, key=lambda day: day.low_pu)
    assert worst.low_pu < 0.995
    assert worst.voltages[0].what.startswith("bus ")
    assert worst.voltages[0].value == pytest.approx(worst.low_pu)
    assert not worst.sound


def test_who_is_cut_off_is_named(town):
    line = town.table("line")
    closed = line.i("closed_to").copy()
    feeder = next(k for k, name in enumerate(line.ids) if "feeder" in name)
    closed[feeder] = 0
    found = inspected(altered(town, "line", closed_to=closed), seed=1)
    assert not found.sound
    assert found.unsupplied
    assert set(found.unsupplied) <= set(town.connections.ids)
    assert found.dark_buses >= 1
    assert found.days == ()


def test_hard_days_are_what_they_are_called(town):
    days = hard_days(town)
    day_of_year = {why: (start - town.series.start) // DAY_S for why, start in days.items()}
    assert list(days) == ["highest load", "deepest cold", "most sun"]
    assert 130 < day_of_year["most sun"] < 230
    for why in ("highest load", "deepest cold"):
        assert day_of_year[why] < 75 or day_of_year[why] > 310
    assert all(town.place.local(np.array([s]))[0] % DAY_S == 0 for s in days.values())


def test_without_leaves_the_rest_as_it_was(town):
    bare = without(town)
    assert "pv" not in bare.tables
    assert bare.table("consumer").ids == town.table("consumer").ids
    assert bare.assets == town.assets - sum(
        len(town.table(k)) for k in ("battery", "charger", "heat_pump", "hot_water", "pv")
    )


def test_series_too_short_for_a_day_are_refused(hamlet):
    with pytest.raises(InvalidInput, match="at least four"):
        hard_days(hamlet(days=3))
