"""Calls of reserve: one at a time, from the slot that hears it, ended or lapsed, never dropped."""

import pytest

from commonwatt.kernel.intervals import SLOT_S
from commonwatt.platform import calls
from commonwatt.platform.calls import Given
from commonwatt.platform.database import Database, sqlite_url


@pytest.fixture
def connection(tmp_path):
    database = Database(sqlite_url(tmp_path / "state.db"))
    database.migrate()
    with database.write() as open_one:
        yield open_one
    database.close()


def put(connection, kw, now=0, lasts_s=SLOT_S):
    return calls.put(connection, kw, (now, lasts_s), author="anna", note="frequency")


def test_a_call_takes_the_place_of_an_earlier_one_which_stays_on_record(connection):
    first = put(connection, 3.0)
    second = put(connection, -2.0, now=SLOT_S)
    assert calls.standing(connection, SLOT_S) == second
    newest, older = calls.newest(connection, 5)
    assert newest == second
    assert (older.id, older.kw, older.ended) == (first.id, 3.0, SLOT_S)
    assert calls.newest(connection, 1) == [second]


def test_a_call_lasts_from_the_slot_that_hears_it(connection):
    put(connection, 3.0, lasts_s=2 * SLOT_S)
    assert calls.standing(connection, 9 * SLOT_S).given == (), "nobody has heard it"
    (call,) = calls.newest(connection, 1)
    for slot, kw in ((9, 3.0), (10, 1.5)):
        calls.gave(connection, call.id, Given(slot * SLOT_S, kw))
    heard = calls.standing(connection, 10 * SLOT_S)
    assert heard.given == (Given(9 * SLOT_S, 3.0), Given(10 * SLOT_S, 1.5))
    assert heard.until == 11 * SLOT_S
    assert calls.standing(connection, 11 * SLOT_S) is None


def test_a_call_ends_once(connection):
    put(connection, 3.0)
    assert calls.end(connection, 0)
    assert calls.standing(connection, SLOT_S) is None
    assert not calls.end(connection, 0)
