"""A life with its state: people are heard, a crash at any step costs nothing, a restart goes on."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import select

from commonwatt.city import folder
from commonwatt.city.fairness import Fairness
from commonwatt.city.live import record as recording
from commonwatt.city.live.folder import StateFolder
from commonwatt.city.live.life import Life
from commonwatt.city.live.snapshots import Snapshots
from commonwatt.city.live.wishes import SPEED, wish
from commonwatt.kernel.errors import StorageFailed
from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.principal import Purpose, system
from commonwatt.platform import milestones, outbox, plans
from commonwatt.platform.alarms import archive as alarm_archive
from commonwatt.platform.database import Database
from commonwatt.platform.database.tables import COMMAND, EVENT
from commonwatt.platform.devices import overrides
from commonwatt.platform.telemetry import Telemetry

READ = system("test", Purpose.OPERATE)


class Killed(BaseException):
    """Stands for SIGKILL: nothing of ours catches it."""


def rows(state, table, *columns):
    database = Database(state.database_url)
    with database.read() as connection:
        found = connection.execute(select(*(table.c[name] for name in columns))).all()
    database.close()
    return sorted(tuple(row) for row in found)


def commands(state):
    return rows(state, COMMAND, "time", "asset", "low_kw", "high_kw", "reason")


def measured(state, slots=8):
    telemetry = Telemetry.follow(state.telemetry)
    window = Window.uniform(state.setting().start - SLOT_S, slots)
    return {
        name: telemetry.last(name, telemetry.series(name), window, READ)
        for name in ("meter.import_wh", "asset.power_kw", "branch.loading", "connection.base_kw")
    }


@pytest.fixture(scope="module")
def undisturbed(begin, alive, tmp_path_factory):
    """Four slots lived in one go."""
    state = begin(tmp_path_factory.mktemp("undisturbed"))
    with alive(state) as life:
        life.run(state.setting().start + 3 * SLOT_S)
    return state


@pytest.fixture
def started(first_slot, tmp_path):
    """A village that has lived one slot, of one's own."""
    shutil.copytree(first_slot.path, tmp_path / "started")
    return StateFolder(tmp_path / "started")


@pytest.fixture(scope="module")
def first_slot(begin, alive, tmp_path_factory):
    """A village that has lived one slot. Not to be changed."""
    state = begin(tmp_path_factory.mktemp("first"))
    with alive(state) as life:
        life.run(state.setting().start)
    return state


STEPS = {
    "the readings are stored": (Telemetry, "append", (1, 2)),
    "a snapshot is written": (Snapshots, "save", (1, 2, 3)),
    "the slot is committed": (recording.Record, "commit", (1,)),
    "the present is put down, within the commit": (outbox, "set_present", (1,)),
    "old snapshots go": (Snapshots, "drop_before", (1, 2)),
}


@pytest.mark.parametrize(
    "death",
    [
        (step, count, when)
        for step in STEPS
        for count in STEPS[step][2]
        for when in ("before", "after")
    ],
    ids=str,
)
def test_a_crash_at_any_step_costs_nothing(alive, started, undisturbed, death):
    """The process dies in the second slot, before or after each thing that lasts."""
    step, count, when = death
    owner, name, _ = STEPS[step]
    start, whole, calls = started.setting().start, getattr(owner, name), 0

    def dies(*words, **options):
        nonlocal calls
        calls += 1
        if when == "before" and calls == count:
            raise Killed
        done = whole(*words, **options)
        if calls == count:
            raise Killed
        return done

    with pytest.MonkeyPatch.context() as patch, alive(started) as life:
        patch.setattr(owner, name, dies)
        with pytest.raises(Killed):
            life.run(start + 3 * SLOT_S)
    with alive(started) as life:
        life.run(start + 3 * SLOT_S)
    assert commands(started) == commands(undisturbed)
    theirs = measured(undisturbed)
    for quantity, values in measured(started).items():
        np.testing.assert_array_equal(values, theirs[quantity], err_msg=quantity)


def test_a_crash_while_living_the_days_before_begins_anew(begin, alive, tmp_path, undisturbed):
    state, beats = begin(tmp_path / "s"), 0

    def dies():
        nonlocal beats
        beats += 1
        if beats == 40:
            raise Killed

    with alive(state, idle=dies) as life, pytest.raises(Killed):
        life.run(state.setting().start)
    with alive(state) as life:
        life.run(state.setting().start + 3 * SLOT_S)
    assert commands(state) == commands(undisturbed)


def test_events_are_numbered_without_a_gap_across_a_restart(begin, alive, tmp_path):
    state = begin(tmp_path / "s")
    for slot in range(3):
        with alive(state) as life:
            life.run(state.setting().start + slot * SLOT_S)
    numbers = [number for (number,) in rows(state, EVENT, "id")]
    assert numbers == list(range(1, len(numbers) + 1))


def put_override(state, asset, low, high, until):
    database = Database(state.database_url)
    with database.write() as connection:
        now = milestones.reached(connection, milestones.LOOP) or state.setting().start
        overrides.put(connection, asset, (low, high), (now, until), author="anna", note="")
    database.close()


def test_an_override_holds_from_the_next_slot_until_it_lapses(begin, alive, tmp_path):
    state = begin(tmp_path / "s")
    start = state.setting().start
    with alive(state) as life:
        roof = life.census.asset("pv/2")
        life.field.field.link.loss = 0.0
        life.run(start)
        put_override(state, roof, -1.0, -1.0, start + 3 * SLOT_S)
        life.run(start + 5 * SLOT_S)
        window = Window.uniform(start, 5)
        fed = life.telemetry.read("asset.power_kw", np.array([roof]), window, READ)[0]
    assert fed[0] < -1.5, "not yet"
    np.testing.assert_allclose(fed[1:3], -1.0)
    assert fed[3] < -1.5, "no longer"


def test_an_override_survives_a_restart_and_can_be_ended(begin, alive, tmp_path):
    state = begin(tmp_path / "s")
    start = state.setting().start
    with alive(state) as life:
        battery = life.census.asset("battery/1")
        life.run(start)
    put_override(state, battery, 2.0, 2.0, start + 40 * SLOT_S)
    with alive(state) as life:
        life.run(start + SLOT_S)
        assert life.brain.devices.overridden(start + SLOT_S, READ).tolist() == [battery]
    database = Database(state.database_url)
    with database.write() as connection:
        assert overrides.release(connection, battery, start + SLOT_S) == 1
    database.close()
    with alive(state) as life:
        life.run(start + 2 * SLOT_S)
        assert life.brain.devices.overridden(start + 2 * SLOT_S, READ).tolist() == []


def test_the_plan_goes_around_an_override(alive, started):
    start = started.setting().start
    with alive(started) as life:
        pump, home = life.census.asset("heat_pump/1"), 1
        put_override(started, pump, 2.5, 2.5, start + 5 * SLOT_S)
        life.run(start + SLOT_S)
        ahead = life._record._ahead
    planned = ahead.schedule.power_of(np.array([pump]))[0]
    np.testing.assert_allclose(planned[:4], 0.0, atol=1e-6)
    before, after = ahead.offers.fixed_kw[home, :4], ahead.offers.fixed_kw[home, 4:8]
    assert before.min() > 2.5, "what is held is as good as done"
    assert after.max() < 2.5, "until the override lapses"


def test_the_speed_asked_for_is_taken_up_and_shown(begin, alive, tmp_path):
    state = begin(tmp_path / "s")
    start = state.setting().start
    with alive(state) as life:
        life.run(start)
        with life._database.write() as connection:
            wish(connection, SPEED, 5e5)
        life.run(start + SLOT_S)
        assert life.clock.factor == 5e5
        with life._database.read() as connection:
            assert '"speed":500000.0' in outbox.present(connection)[1]


def test_an_acknowledgement_reaches_the_alarm_list_once(begin, alive, tmp_path):
    state = begin(tmp_path / "s")
    start = state.setting().start
    with alive(state) as life:
        life.run(start)
        life.brain.alarms.raise_(
            "homes.test", 2, cause="a", consequence="b", action="c", time=start, warrant=READ
        )
        life._record.amend(life.brain, start, None)
        with life._database.write() as connection:
            (alarm,) = [a for a in alarm_archive.load(connection) if a.key == "homes.test"]
            alarm_archive.note(connection, alarm, start, "anna")
        life._attend()
        life._attend()
        with life._database.read() as connection:
            assert milestones.reached(connection, milestones.NOTES) == 1
            (saved,) = [a for a in alarm_archive.load(connection) if a.key == "homes.test"]
            told = connection.execute(select(EVENT).where(EVENT.c.kind == "alarm")).all()
    assert (saved.acknowledged, saved.by) == (start, "anna")
    assert sum('"acknowledged_by":"anna"' in event.body for event in told) == 1


def test_a_missing_snapshot_is_said(begin, alive, tmp_path):
    state = begin(tmp_path / "s")
    with alive(state) as life:
        life.run(state.setting().start)
    for snapshot in state.path.glob("field-*.bin"):
        snapshot.unlink()
    database = Database(state.database_url)
    with pytest.raises(StorageFailed, match="snapshot is missing"):
        Life(state, database)
    database.close()


def test_a_fair_city_tells_what_its_neighbourhoods_bore_and_what_fairness_costs(
    begin, alive, tmp_path, village
):
    folder.save(replace(village(days=14), fairness=Fairness(weight=2.0)), tmp_path / "fair")
    state = begin(tmp_path / "s", city=str(tmp_path / "fair"))
    with alive(state) as life:
        life.run(state.setting().start + SLOT_S)
        with life._database.read() as connection:
            told = json.loads(plans.newest(connection))["fairness"]
        window = Window.uniform(life._setting.begin(life.census.city), 200)
        roofs = life.census.city.table("pv")
        lost = life.telemetry.read("pv.curtailed_kw", roofs.ix, window, READ)
    areas = {one["area"]: one["curtailed_kwh_per_kw"] for one in told["areas"]}
    far = roofs.connection >= 4
    for name, mine in (("far", far), ("near", ~far)):
        expected = np.nansum(lost[mine]) / 4 / roofs.f("rated_kw")[mine].sum()
        assert areas[name] == pytest.approx(expected, abs=1e-4)
    assert told["cost_eur"] >= 0.0
