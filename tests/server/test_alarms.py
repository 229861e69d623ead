import pytest

from commonwatt.kernel.intervals import SLOT_S
from commonwatt.kernel.principal import Purpose, system
from commonwatt.platform import milestones
from commonwatt.platform.alarms import Alarms, Priority, archive

ACT = system("test", Purpose.OPERATE)


@pytest.fixture
def raised(live):
    """Three alarms: one high, one low, one over and noted."""
    alarms, now = Alarms(), live.now()
    words = {"cause": "seen", "consequence": "bad", "action": "act", "warrant": ACT}
    alarms.raise_("lighting.dark", Priority.LOW, time=now - 9 * SLOT_S, **words)
    alarms.raise_("charging.fault", Priority.HIGH, time=now - SLOT_S, **words)
    alarms.raise_("homes.cold", Priority.MEDIUM, time=now - 20 * SLOT_S, **words)
    alarms.acknowledge("homes.cold", now - 19 * SLOT_S, ACT)
    alarms.clear("homes.cold", now - 18 * SLOT_S, ACT)
    with live.database.write() as connection:
        for old in archive.load(connection):
            alarms.recall([old])
        archive.save(connection, alarms.history(ACT))
    return alarms


def ours(found):
    return [a["key"] for a in found if not a["key"].startswith("grid.")]


@pytest.mark.usefixtures("raised")
def test_the_most_urgent_comes_first(operator):
    assert ours(operator.get("/api/alarms").json()) == ["charging.fault", "lighting.dark"]
    everything = operator.get("/api/alarms?state=all").json()
    assert ours(everything) == ["charging.fault", "lighting.dark", "homes.cold"]
    over = next(a for a in everything if a["key"] == "homes.cold")
    assert over["cleared_at"] > over["acknowledged_at"] > over["raised_at"]
    assert over["acknowledged_by"] == "test"


@pytest.mark.usefixtures("raised")
def test_an_acknowledgement_is_seen_at_once_and_counts_once(operator, live):
    told = operator.post("/api/alarms/ack", json={"key": "charging.fault"}).json()
    assert told["acknowledged_by"] == "operator"
    again = operator.post("/api/alarms/ack", json={"key": "charging.fault"}).json()
    assert again == told
    found = operator.get("/api/alarms").json()
    assert next(a for a in found if a["key"] == "charging.fault") == told
    with live.database.read() as connection:
        assert len(archive.notes(connection, 0)) == 1


@pytest.mark.usefixtures("raised")
def test_a_note_the_brain_has_heard_no_longer_speaks_for_itself(operator, live):
    """A rise in priority asks anew: the old note must not answer for it."""
    operator.post("/api/alarms/ack", json={"key": "charging.fault"})
    with live.database.write() as connection:
        (note,) = archive.notes(connection, 0)
        milestones.reach(connection, milestones.NOTES, note[0])
    found = operator.get("/api/alarms").json()
    alarm = next(a for a in found if a["key"] == "charging.fault")
    assert alarm["acknowledged_at"] is None


def test_what_is_over_stays_marked_until_somebody_has_seen_it(operator, live):
    alarms, now = Alarms(), live.now()
    words = {"cause": "seen", "consequence": "bad", "action": "act", "warrant": ACT}
    alarms.raise_("lighting.dark", Priority.LOW, time=now - 9 * SLOT_S, **words)
    alarms.clear("lighting.dark", now - 8 * SLOT_S, ACT)
    with live.database.write() as connection:
        archive.save(connection, alarms.history(ACT))
    (over,) = (a for a in operator.get("/api/alarms").json() if a["key"] == "lighting.dark")
    assert over["cleared_at"] is not None
    assert over["acknowledged_at"] is None
    operator.post("/api/alarms/ack", json={"key": "lighting.dark"})
    assert "lighting.dark" not in ours(operator.get("/api/alarms").json())


def test_what_does_not_stand_cannot_be_acknowledged(operator):
    answer = operator.post("/api/alarms/ack", json={"key": "nothing"})
    assert answer.status_code == 404
    assert "nothing" in answer.json()["detail"]


@pytest.mark.usefixtures("raised")
def test_the_list_counts_itself(operator):
    stats = operator.get("/api/alarms/stats").json()
    standing = operator.get("/api/alarms").json()
    assert stats["standing"] == len(standing)
    assert stats["unacknowledged"] == sum(a["acknowledged_at"] is None for a in standing)
    assert stats["per_10_min"] > 0
    counts = [one["count"] for one in stats["top"]]
    assert counts == sorted(counts, reverse=True)
