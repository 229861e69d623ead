"""What a life is kept in: its setting, its folder, its snapshots."""

import os
import pickle
from dataclasses import dataclass

import numpy as np
import pytest

from commonwatt.city.live.folder import StateFolder
from commonwatt.city.live.pace import Pace
from commonwatt.city.live.setting import Setting
from commonwatt.city.live.snapshots import Snapshots
from commonwatt.kernel.errors import InvalidInput, StorageFailed
from commonwatt.kernel.intervals import DAY_S


@dataclass
class Thing:
    standing: object
    values: np.ndarray


class Ground:
    """Stands, and is never written."""

    def __reduce__(self):
        raise AssertionError


def test_a_snapshot_comes_back_on_the_ground_it_stood_on(tmp_path):
    ground = Ground()
    kept = Snapshots(tmp_path, "field", {"ground": ground})
    kept.save(900, (Thing(ground, np.arange(4.0)), [ground]))
    thing, others = kept.load(900)
    assert thing.standing is ground
    assert others[0] is ground
    np.testing.assert_array_equal(thing.values, np.arange(4.0))


def test_snapshots_are_found_by_their_time_and_old_ones_go(tmp_path):
    kept, other = Snapshots(tmp_path, "field", {}), Snapshots(tmp_path, "mind", {})
    for time in (1800, 900, 2700):
        kept.save(time, time)
    other.save(0, "other")
    assert kept.times() == [900, 1800, 2700]
    kept.drop_before(1800)
    assert kept.times() == [1800, 2700]
    assert other.times() == [0]
    assert kept.load(2700) == 2700


@pytest.mark.parametrize("content", [b"", b"half", b"\x80\x05cno.such\nthing\n."])
def test_a_snapshot_that_cannot_be_read_is_said(tmp_path, content):
    kept = Snapshots(tmp_path, "field", {})
    (tmp_path / "field-900.bin").write_bytes(content)
    with pytest.raises(StorageFailed, match=r"field-900\.bin: cannot be used"):
        kept.load(900)
    with pytest.raises(StorageFailed, match="cannot be used"):
        kept.load(1800)


@pytest.mark.parametrize("written", [("field", []), {"format": 1, "thing": "field"}])
def test_a_snapshot_of_another_version_is_said(tmp_path, written):
    (tmp_path / "field-900.bin").write_bytes(pickle.dumps(written))
    with pytest.raises(StorageFailed, match=r"field-900\.bin: another version wrote it; move"):
        Snapshots(tmp_path, "field", {}).load(900)


def test_a_snapshot_that_does_not_fit_leaves_the_old_one(tmp_path, monkeypatch):
    kept = Snapshots(tmp_path, "field", {})
    kept.save(900, "old")

    def full(_contents):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("commonwatt.city.disk.put", full)
    with pytest.raises(StorageFailed, match="No space left"):
        kept.save(900, "new")
    assert kept.load(900) == "old"


def test_a_setting_comes_back_as_it_was():
    setting = Setting(city="x", overlay="ev=0.1", seed=3, start=900, speed=2.0)
    assert Setting.from_json(setting.to_json(), "here") == setting


@pytest.mark.parametrize("text", ["", "{", "[]", '{"city": "x"}', '{"odd": 1, "city": "x"}'])
def test_a_setting_that_cannot_be_used_is_said(text):
    with pytest.raises(InvalidInput, match="here cannot be used"):
        Setting.from_json(text, "here")


def test_the_lead_begins_where_the_series_do(drawn_village, village):
    city = village(days=14)
    first = city.series.start
    setting = Setting(city=str(drawn_village), start=first + DAY_S, lead_s=5 * DAY_S)
    assert setting.begin(city) == first + 900
    later = Setting(city=str(drawn_village), start=first + 4 * DAY_S, lead_s=DAY_S)
    assert later.begin(city) == first + 3 * DAY_S
    for start in (first - DAY_S, first + 13 * DAY_S):
        with pytest.raises(InvalidInput, match="do not cover the start"):
            Setting(city=str(drawn_village), start=start).begin(city)


def test_a_folder_begins_with_its_city(begin, tmp_path, drawn_village, village):
    state = StateFolder(tmp_path / "s")
    assert not state.begun
    with pytest.raises(InvalidInput, match="no city was ever started"):
        state.setting()
    begin(tmp_path / "s", overlay="ev=0.5")
    assert state.begun
    assert state.setting().city == str(drawn_village)
    before, after = len(village().table("charger")), len(state.city().table("charger"))
    assert after > before, "the overlay is part of what is drawn"


def test_a_city_that_cannot_run_leaves_no_trace(tmp_path, drawn_village):
    state = StateFolder(tmp_path / "s")
    for wrong in ({"city": "nowhere"}, {"start": 0}):
        setting = {"city": str(drawn_village), "start": 1491343200 + DAY_S} | wrong
        with pytest.raises(InvalidInput):
            state.begin(Setting(**setting))
    assert not (tmp_path / "s").exists()


def test_a_folder_has_one_holder(tmp_path):

    state = StateFolder(tmp_path / "s")
    held = state.locked()
    with pytest.raises(InvalidInput, match="another commonwatt runs here"):
        state.locked()
    os.close(held)
    os.close(state.locked())


def test_pace_is_what_was_reached_and_no_more_than_asked():
    pace = Pace()
    assert pace.speed(60.0) == 60.0
    for slot in range(20):
        pace.mark(900 * slot, 15.0 * slot)
    assert pace.speed(60.0) == pytest.approx(60.0)
    assert pace.speed(30.0) == 30.0
    assert not pace.behind(60.0)
    for slot in range(20, 40):
        pace.mark(900 * slot, 300.0 + 30.0 * (slot - 20))
    assert pace.speed(60.0) == pytest.approx(30.0)
    assert pace.behind(60.0)
    pace.restart()
    assert pace.speed(60.0) == 60.0


def test_a_mind_can_be_copied_and_kept(alive, begin, tmp_path):
    """What the brain remembers survives pickling without the city it stands on."""
    state = begin(tmp_path / "s")
    with alive(state) as life:
        life.run(state.setting().start)
        kept = life._minds.load(state.setting().start)
        (forecaster, fitted), memory = kept
        assert fitted == state.setting().start
        assert forecaster._archive.__self__ is life._world.ground.signals
        np.testing.assert_array_equal(
            memory.made.schedule.power_kw, life._strategy.schedule.power_kw
        )
