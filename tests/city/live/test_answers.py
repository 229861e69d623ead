"""Why an asset did what it did: kept by slot, found by its moment, people's overrides first."""

import pytest
from sqlalchemy import select

from commonwatt.city.live.answers import ALONE, answer, moment_of
from commonwatt.kernel.errors import NotFound
from commonwatt.kernel.intervals import DAY_S, SLOT_S
from commonwatt.platform import decisions
from commonwatt.platform.database import Database, sqlite_url
from commonwatt.platform.database.tables import COMMAND, DECISION
from commonwatt.platform.decisions import Decision
from commonwatt.platform.devices import overrides


@pytest.fixture
def database(tmp_path):
    made = Database(sqlite_url(tmp_path / "state.db"))
    made.migrate()
    yield made
    made.close()


def test_a_decision_governs_its_slot_and_no_other(database):
    with database.write() as connection:
        for slot, why in ((0, {3: "früh"}), (2, {})):
            one = Decision(time=slot * SLOT_S, status="optimal", why=why)
            decisions.put(connection, one)
    with database.read() as connection:
        for moment in (0, 1, SLOT_S - 1):
            assert decisions.governing(connection, moment) == Decision(
                time=0, status="optimal", why={3: "früh"}
            )
        assert decisions.governing(connection, -1) is None
        assert decisions.governing(connection, SLOT_S) is None
        assert decisions.governing(connection, 2 * SLOT_S).why == {}
        assert decisions.span(connection) == (0, 2 * SLOT_S)


def test_a_week_is_kept_and_no_more(database):
    with database.write() as connection:
        for day in range(10):
            one = Decision(time=day * DAY_S, status="optimal", why={1: f"day {day}"})
            decisions.put(connection, one)
            decisions.put(connection, one)
    with database.read() as connection:
        kept = connection.execute(select(DECISION.c.time)).scalars().all()
    assert sorted(kept) == [day * DAY_S for day in range(2, 10)]


@pytest.fixture
def lived(begin, alive, tmp_path):
    """A village that has lived three slots; its life, its start, an open database."""
    state = begin(tmp_path / "s")
    start = state.setting().start
    with alive(state) as life:
        life.run(start + 2 * SLOT_S)
        yield life, start


def test_everybody_who_was_told_something_hears_why(lived):
    life, start = lived
    with life._database.read() as connection:
        told = connection.execute(select(COMMAND).where(COMMAND.c.time == start)).all()
        found = {row.asset: answer(connection, life.census, row.asset, start + 60) for row in told}
    assert found
    assert {one.made_at for one in found.values()} == {start}
    assert {one.status for one in found.values()} == {"optimal"}
    for row in told:
        sentence = found[row.asset].sentence
        assert sentence.startswith(row.reason), "commands say the same, in brief"
        if sentence != row.reason:
            assert " ct here now" in sentence
            assert (
                "no limit binds here" in sentence or " ct to it" in sentence or "ct off" in sentence
            )


def test_who_is_not_held_by_the_plan_follows_its_own_rule(lived):
    life, _ = lived
    consumer = life.census.asset("consumer/1")
    with life._database.read() as connection:
        assert answer(connection, life.census, consumer, None).sentence == ALONE


def test_a_moment_without_a_plan_is_refused_with_the_moments_that_have_one(lived):
    life, start = lived
    with life._database.read() as connection:
        answer(connection, life.census, 0, start + 3 * SLOT_S - 1)
        for moment in (start - 1, start + 3 * SLOT_S):
            with pytest.raises(NotFound, match="from 2017-04-09 12:00 to 2017-04-09 12:45"):
                answer(connection, life.census, 0, moment)


def test_before_the_first_plan_that_is_said(begin, alive, tmp_path):
    state = begin(tmp_path / "new")
    with (
        alive(state) as life,
        life._database.read() as connection,
        pytest.raises(NotFound, match="no plan was made yet"),
    ):
        answer(connection, life.census, 0, None)


def test_an_override_answers_for_the_slots_that_obey_it(lived):
    life, start = lived
    now, battery = start + 2 * SLOT_S, life.census.asset("battery/1")
    with life._database.write() as connection:
        overrides.put(
            connection, battery, (1.0, 2.0), (now, now + 3 * SLOT_S), author="anna", note="guests"
        )
    life.run(start + 6 * SLOT_S)
    with life._database.read() as connection:
        said = [
            answer(connection, life.census, battery, start + slot * SLOT_S).sentence
            for slot in range(2, 7)
        ]
    mine = "anna overrides it (guests) until 2017-04-09 13:15, between 1 and 2 kW"
    assert [sentence.startswith(mine) for sentence in said] == [False, True, True, False, False]


def test_an_override_that_was_ended_answers_until_it_was(lived):
    life, start = lived
    now, battery = start + 2 * SLOT_S, life.census.asset("battery/1")
    with life._database.write() as connection:
        overrides.put(
            connection, battery, (1.0, 2.0), (start, now + 9 * SLOT_S), author="a", note=""
        )
        overrides.release(connection, battery, start + SLOT_S)
    with life._database.read() as connection:
        obeyed = [
            overrides.obeyed(connection, battery, start + k * SLOT_S) is not None for k in range(3)
        ]
    assert obeyed == [False, True, False]


@pytest.mark.parametrize("text", ["noon", "", "2016-13-01", "12:00"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(NotFound, match="is no time; say now or"):
        moment_of(text, "Europe/Berlin")


def test_times_are_local_where_they_name_no_zone():
    assert moment_of("now", "Europe/Berlin") is None
    assert moment_of("2017-04-09T12:00", "Europe/Berlin") == moment_of(
        "2017-04-09T10:00+00:00", "Europe/Berlin"
    )
