"""Reserve called in a running city: devices give it for as long as asked, and it is on record."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import select

from commonwatt.city import folder
from commonwatt.city.reserve import Reserve
from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.principal import Purpose, system
from commonwatt.platform import calls, decisions, milestones
from commonwatt.platform.database.tables import COMMAND, EVENT

READ = system("test", Purpose.OPERATE)
KEPT_KW = 3.0


@pytest.fixture
def ready(begin, tmp_path, village):
    """A village about to live whose plans keep power ready."""
    asked = Reserve(up_kw=KEPT_KW, down_kw=KEPT_KW, hours=0.25)
    folder.save(replace(village(days=14), reserve=asked), tmp_path / "ready")
    return begin(tmp_path / "s", city=str(tmp_path / "ready"))


def call(life, kw, minutes):
    with life._database.write() as connection:
        now = milestones.reached(connection, milestones.LOOP)
        calls.put(connection, kw, (now, 60 * minutes), author="anna", note="frequency")


def on_record(life):
    with life._database.read() as connection:
        return calls.newest(connection, 9)


def told(life, slot):
    """What devices were told in a slot whose reason speaks of a call: (low, high) by asset."""
    with life._database.read() as connection:
        rows = connection.execute(select(COMMAND).where(COMMAND.c.time == slot)).all()
    return {
        r.asset: (r.low_kw, r.high_kw, r.reason) for r in rows if "reserve is called" in r.reason
    }


def test_a_call_reaches_devices_from_the_next_slot_on_and_ends_by_itself(alive, ready):
    start = ready.setting().start
    with alive(ready) as life:
        life.field.field.link.loss = 0.0
        life.run(start)
        call(life, -2.0, 30)
        assert told(life, start) == {}
        life.run(start + SLOT_S)
        release, plan = life._strategy.release, life._strategy.schedule
        life.run(start + 4 * SLOT_S)
        (done,) = on_record(life)
        moved = told(life, start + SLOT_S)
        assert told(life, start + 3 * SLOT_S) == {}
        with life._database.read() as connection:
            why = decisions.governing(connection, start + SLOT_S).why
            heard = connection.execute(select(EVENT).where(EVENT.c.kind == "reserve")).all()
        window = Window.uniform(start + SLOT_S, 1)
        power = life.telemetry.read("asset.power_kw", release.asset, window, READ)[:, 0]
    assert done.given == (calls.Given(start + SLOT_S, -2.0), calls.Given(start + 2 * SLOT_S, -2.0))
    assert done.until == start + 3 * SLOT_S
    assert release.moved_kw.sum() == pytest.approx(2.0)
    assert set(moved) == set(release.asset.tolist())
    said = "reserve is called by anna (frequency): 2.0 kW more drawn"
    assert all(said in reason for *_, reason in moved.values())
    assert all(said in why[asset] for asset in moved)
    drawn = power - plan.power_of(release.asset)[:, 0]
    assert drawn.sum() == pytest.approx(2.0, abs=0.1), "devices carry it out"
    assert [json.loads(row.body)["given_kw"] for row in heard] == [-2.0, -2.0]


def test_more_than_is_kept_gives_what_is_kept_and_says_so(alive, ready):
    start = ready.setting().start
    with alive(ready) as life:
        life.run(start)
        call(life, 50.0, 15)
        life.run(start + SLOT_S)
        (done,) = on_record(life)
        moved = told(life, start + SLOT_S)
    assert done.given == (calls.Given(start + SLOT_S, pytest.approx(KEPT_KW)),)
    assert moved
    words = "3.0 kW less drawn, all that is kept of 50.0 kW asked for"
    assert all(words in reason for *_, reason in moved.values())


def test_a_call_survives_a_restart_and_can_be_ended(alive, ready):
    start = ready.setting().start
    with alive(ready) as life:
        life.run(start)
        call(life, 2.0, 600)
    with alive(ready) as life:
        life.run(start + SLOT_S)
        assert told(life, start + SLOT_S)
    with alive(ready) as life:
        with life._database.write() as connection:
            assert calls.end(connection, start + SLOT_S)
        life.run(start + 2 * SLOT_S)
        assert told(life, start + 2 * SLOT_S) == {}
        (done,) = on_record(life)
    assert [given.time for given in done.given] == [start + SLOT_S]
