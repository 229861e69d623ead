"""The journal that lasts: the exact sums of a day's quarter hours, once."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from commonwatt.kernel.errors import InvalidInput, NotPermitted
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.principal import Principal, Purpose, Role, Warrant, system
from commonwatt.kernel.readings import Quality
from commonwatt.platform.database import Database, sqlite_url
from commonwatt.platform.database.tables import POSTING, SETTLED
from commonwatt.platform.settlement import Journal, Reads, Tariff, ledger, owed, settle

SETTLE = system("test", Purpose.SETTLE)
MIDNIGHT = 1491343200  # 2017-04-05 in Berlin
DAY = "2017-04-05"
HOMES = 3


@pytest.fixture
def database(tmp_path_factory):
    made = Database(sqlite_url(tmp_path_factory.mktemp("ledger") / "state.db"))
    made.migrate()
    yield made
    made.close()


def reads(energy):
    imported = np.array(energy, np.int64).reshape(2, HOMES, 96)
    return Reads(
        window=Window.uniform(MIDNIGHT, 96), connection=np.arange(HOMES),
        import_wh=imported[0], export_wh=imported[1],
        quality=np.full((HOMES, 96), int(Quality.VALIDATED)),
    )  # fmt: skip


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32 - 1), empty=st.booleans())
def test_a_day_in_the_ledger_is_its_journal(tmp_path_factory, seed, empty):
    energy = np.random.default_rng(seed).integers(0, 1 if empty else 3000, (2, HOMES, 96))
    made = Database(sqlite_url(tmp_path_factory.mktemp("ledger") / "state.db"))
    made.migrate()
    day, tariff = reads(energy), Tariff()
    whole = owed(settle(Journal(), day, tariff, SETTLE), np.arange(HOMES), SETTLE)
    with made.write() as connection:
        ledger.post(connection, DAY, day, tariff, at=MIDNIGHT + 10**5, warrant=SETTLE)
        found = [ledger.days(connection, home, SETTLE) for home in range(HOMES)]
        lines = connection.execute(select(POSTING)).all()
    made.close()
    for home, (one,) in enumerate(found):
        assert (one.day, one.ticks) == (DAY, whole[home])
        assert one.import_wh == day.import_wh[home].sum()
        assert one.export_wh == day.export_wh[home].sum()
    assert len(lines) <= HOMES * 4
    assert all(line.debit != line.credit for line in lines)


def test_a_day_is_settled_once(database):
    day = reads(np.ones((2, HOMES, 96), int))
    with database.write() as connection:
        ledger.post(connection, DAY, day, Tariff(), at=0, warrant=SETTLE)
        assert ledger.is_settled(connection, DAY)
        assert ledger.settled_until(connection) == day.window.end
    with pytest.raises(InvalidInput, match="settled already"), database.write() as connection:
        ledger.post(connection, DAY, day, Tariff(), at=0, warrant=SETTLE)
    with database.read() as connection:
        assert len(connection.execute(select(SETTLED)).all()) == 1


def test_what_was_estimated_is_kept_beside(database):
    day = reads(np.full((2, HOMES, 96), 10))
    day.quality[1, :4] = Quality.ESTIMATED
    with database.write() as connection:
        ledger.post(connection, DAY, day, Tariff(), at=0, warrant=SETTLE)
        (row,) = connection.execute(select(SETTLED)).all()
    assert row.estimated_wh == 4 * 20


def test_a_resident_sees_her_own_days_only(database):
    anna = Warrant(Principal("anna", Role.RESIDENT, frozenset({1})), Purpose.OWN)
    with database.read() as connection:
        assert ledger.days(connection, 1, anna) == []
        with pytest.raises(NotPermitted):
            ledger.days(connection, 2, anna)
