"""The database: migrated to its schema, durable, and two processes never wait for readers."""

import threading

import numpy as np
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, text

from commonwatt.kernel.commands import Commands
from commonwatt.kernel.errors import InvalidInput, StorageFailed
from commonwatt.kernel.intervals import SLOT_S
from commonwatt.kernel.principal import Principal, Purpose, Role, system
from commonwatt.platform import milestones, plans
from commonwatt.platform.alarms import Alarms, Priority
from commonwatt.platform.alarms import archive as alarm_archive
from commonwatt.platform.database import Database, sqlite_url
from commonwatt.platform.database.tables import METADATA, MILESTONE, PLAN
from commonwatt.platform.devices import Devices, overrides
from commonwatt.platform.devices import archive as device_archive

ACT = system("test", Purpose.OPERATE)
BRAIN = Principal("brain", Role.SYSTEM)


@pytest.fixture
def database(tmp_path):
    made = Database(sqlite_url(tmp_path / "state.db"))
    made.migrate()
    yield made
    made.close()


def test_migrations_lead_to_the_schema(database):
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_migrating_twice_changes_nothing(database):
    with database.write() as connection:
        milestones.reach(connection, "here", 7)
    database.migrate()
    with database.read() as connection:
        assert milestones.reached(connection, "here") == 7


def test_sqlite_syncs_every_commit_and_lets_readers_be(database):
    with database.read() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2


def test_a_transaction_lasts_whole_or_not_at_all(database):

    def interrupted():
        with database.write() as connection:
            milestones.reach(connection, "here", 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        interrupted()
    with database.read() as connection:
        assert milestones.reached(connection, "here") is None


def test_a_refusal_of_the_database_is_a_sentence(database):
    row = {"name": "twice", "time": 1}
    with pytest.raises(StorageFailed, match="nothing was stored"):  # noqa: SIM117
        with database.write() as connection:
            connection.execute(insert(MILESTONE), [row, row])


@pytest.mark.parametrize("url", ["nonsense", "oracle9://x", ""])
def test_what_is_no_database_is_refused(url):
    with pytest.raises(InvalidInput, match="no database"):
        Database(url)


def test_a_reader_sees_the_past_while_a_writer_writes(database, tmp_path):
    other = Database(sqlite_url(tmp_path / "state.db"))
    with database.write() as connection:
        milestones.reach(connection, "here", 1)
    with database.write() as connection:
        milestones.reach(connection, "here", 2)
        with other.read() as reading:
            assert milestones.reached(reading, "here") == 1
    with other.read() as reading:
        assert milestones.reached(reading, "here") == 2
    other.close()


def test_writers_wait_for_each_other_and_lose_nothing(database, tmp_path):
    def count(name):
        mine = Database(sqlite_url(tmp_path / "state.db"))
        for _ in range(25):
            with mine.write() as connection:
                milestones.reach(connection, name, (milestones.reached(connection, name) or 0) + 1)
                shared = milestones.reached(connection, "shared") or 0
                milestones.reach(connection, "shared", shared + 1)
        mine.close()

    threads = [threading.Thread(target=count, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        assert [milestones.reached(connection, n) for n in ("a", "b", "shared")] == [25, 25, 50]


def test_the_newest_plan_is_found_and_old_ones_go(database):
    with database.write() as connection:
        assert plans.newest(connection) is None
        for time in (0, SLOT_S, SLOT_S, plans.KEPT_S + 2 * SLOT_S):
            plans.put(connection, time, f'"{time}"')
        assert plans.newest(connection) == f'"{plans.KEPT_S + 2 * SLOT_S}"'
        assert len(connection.execute(select(PLAN)).all()) == 1


keys = st.sampled_from(["a", "b", "c"])
steps = st.lists(
    st.tuples(st.sampled_from(["raise", "clear", "note"]), keys, st.integers(1, 3)), max_size=25
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(before=steps, after=steps)
def test_an_alarm_list_taken_up_again_goes_on_as_the_old_one(tmp_path_factory, before, after):
    fresh = Database(sqlite_url(tmp_path_factory.mktemp("alarms") / "state.db"))
    fresh.migrate()
    old, new = Alarms(), Alarms()
    played(old, before, 0)
    with fresh.write() as connection:
        alarm_archive.save(connection, old.history(ACT))
        new.recall(alarm_archive.load(connection))
    assert new.history(ACT) == old.history(ACT)
    played(old, after, 100)
    played(new, after, 100)
    assert new.history(ACT) == old.history(ACT)
    assert new.standing(ACT) == old.standing(ACT)
    fresh.close()


def played(alarms, steps, since):
    words = {"cause": "seen", "consequence": "bad", "action": "act", "warrant": ACT}
    for number, (what, key, priority) in enumerate(steps):
        time = (since + number) * 400
        standing = {alarm.key for alarm in alarms.standing(ACT)}
        if what == "raise":
            alarms.raise_(key, Priority(priority), time=time, **words)
        elif what == "clear":
            alarms.clear(key, time, ACT)
        elif key in standing:
            alarms.acknowledge(key, time, ACT)


def test_devices_taken_up_again_stand_where_they_stood(database):
    asset = np.array([1, 4, 6])
    old, new = Devices(np.zeros(8, np.int64)), Devices(np.zeros(8, np.int64))
    low, high = np.array([-1.0, -np.inf, 0.0]), np.array([1.0, 2.5, np.inf])
    told = Commands.bands(asset, low, high, 2 * SLOT_S, "because", BRAIN)
    old.command(told, ACT)
    old.acknowledge(asset[:2], SLOT_S, ACT)
    with database.write() as connection:
        device_archive.save(connection, old.kept())
        device_archive.note(connection, SLOT_S, told, np.array([True, True, False]))
        new.recall(device_archive.load(connection))
        rows = device_archive.told(connection, 4, 0)
        assert device_archive.newest(connection, SLOT_S).keys() == {1, 4, 6}
        assert device_archive.newest(connection, 2 * SLOT_S) == {}
    for now in (SLOT_S, 2 * SLOT_S):
        np.testing.assert_array_equal(new.states(now, ACT), old.states(now, ACT))
        for mine, theirs in zip(new.in_force(now, ACT), old.in_force(now, ACT), strict=True):
            np.testing.assert_array_equal(mine, theirs)
    assert new.why(4, SLOT_S, ACT) == old.why(4, SLOT_S, ACT) == "brain: because"
    (row,) = rows
    assert (row.low_kw, row.high_kw, row.acknowledged) == (-np.inf, 2.5, True)


def test_an_override_takes_the_place_of_an_earlier_one(database):
    with database.write() as connection:
        first = overrides.put(connection, 3, (0.0, 1.0), (0, 100), author="anna", note="")
        second = overrides.put(connection, 3, (0.0, 2.0), (10, 200), author="bert", note="cold")
        other = overrides.put(connection, 5, (0.0, 2.0), (10, 50), author="bert", note="")
        assert overrides.standing(connection, 20) == {3: second, 5: other}
        assert overrides.standing(connection, 60) == {3: second}
        assert overrides.standing(connection, 20, [5]) == {5: other}
        assert overrides.release(connection, 3, 60) == 1
        assert overrides.release(connection, 3, 61) == 0
        assert overrides.standing(connection, 60) == {}
    assert first.id != second.id
