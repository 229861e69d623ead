import copy

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from commonwatt.kernel.errors import InvalidInput, NotPermitted
from commonwatt.kernel.principal import Principal, Purpose, Role, Warrant, system
from commonwatt.platform.alarms import Alarms, Condition, Priority

LOOP = system("loop", Purpose.OPERATE)
OLGA = Warrant(Principal("olga", Role.OPERATOR), Purpose.OPERATE)
DEADBAND = 60
KEYS = st.sampled_from(["line/1", "line/2"])


def sound(alarms, key="line/1", priority=Priority.MEDIUM, time=0, *, warrant=LOOP, cause="hot"):
    return alarms.raise_(
        key,
        priority,
        cause=cause,
        consequence="it ages",
        action="shed load",
        time=time,
        warrant=warrant,
    )


class AlarmLife(RuleBasedStateMachine):
    """The register against four booleans per key, while time passes."""

    def __init__(self):
        super().__init__()
        self.alarms = Alarms(DEADBAND)
        self.now = 0
        self.active, self.noted, self.cleared_at, self.priority = {}, {}, {}, {}
        self.occurrences = 0

    @rule(key=KEYS, priority=st.sampled_from(list(Priority)))
    def raise_(self, key, priority):
        sound(self.alarms, key, priority, self.now)
        fresh = key not in self.active or (
            not self.active[key] and self.noted[key] and self.now - self.cleared_at[key] >= DEADBAND
        )
        self.occurrences += fresh
        if fresh or priority > self.priority[key]:
            self.noted[key] = False
        self.active[key], self.priority[key] = True, priority

    @rule(key=KEYS)
    def acknowledge(self, key):
        if self.active.get(key) or (key in self.active and not self.noted[key]):
            self.alarms.acknowledge(key, self.now, OLGA)
            self.noted[key] = True
        else:
            with pytest.raises(InvalidInput, match="stands"):
                self.alarms.acknowledge(key, self.now, OLGA)

    @rule(key=KEYS)
    def clear(self, key):
        self.alarms.clear(key, self.now, LOOP)
        if self.active.get(key):
            self.active[key], self.cleared_at[key] = False, self.now

    @rule(seconds=st.integers(1, 50))
    def wait(self, seconds):
        self.now += seconds

    @rule()
    def fork(self):
        self.alarms = copy.deepcopy(self.alarms)

    @invariant()
    def one_alarm_per_key_stands_exactly_while_it_should(self):
        standing = {a.key: a for a in self.alarms.standing(OLGA)}
        wanted = {k for k in self.active if self.active[k] or not self.noted[k]}
        assert set(standing) == wanted
        assert len(self.alarms.standing(OLGA)) == len(wanted)
        for key, alarm in standing.items():
            assert (alarm.condition is Condition.ACTIVE) == self.active[key]
            assert (alarm.acknowledged is not None) == self.noted[key]
        assert len(self.alarms.history(OLGA)) == self.occurrences


TestAlarmLife = AlarmLife.TestCase
TestAlarmLife.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


def test_repeated_raising_counts_and_renews_the_words():
    alarms = Alarms()
    sound(alarms, time=10)
    alarm = sound(alarms, time=20, cause="hotter")
    assert (alarm.raised, alarm.seen, alarm.times, alarm.cause) == (10, 20, 2, "hotter")
    assert len(alarms.standing(OLGA)) == 1


def test_what_flutters_within_the_deadband_stays_acknowledged():
    alarms = Alarms(DEADBAND)
    sound(alarms, time=0)
    alarms.acknowledge("line/1", 5, OLGA)
    alarms.clear("line/1", 10, LOOP)
    assert alarms.standing(OLGA) == []
    again = sound(alarms, time=10 + DEADBAND - 1)
    assert (again.by, again.times) == ("olga", 2)
    alarms.clear("line/1", 80, LOOP)
    anew = sound(alarms, time=80 + DEADBAND)
    assert (anew.acknowledged, anew.times, anew.raised) == (None, 1, 80 + DEADBAND)
    assert len(alarms.history(OLGA)) == 2


def test_the_worst_stands_first():
    alarms = Alarms()
    sound(alarms, "b", Priority.LOW, 1)
    sound(alarms, "a", Priority.HIGH, 9)
    sound(alarms, "c", Priority.HIGH, 5)
    assert [a.key for a in alarms.standing(OLGA)] == ["c", "a", "b"]


def test_an_alarm_nobody_can_act_on_is_refused():
    with pytest.raises(InvalidInput, match="name all four"):
        sound(Alarms(), cause="")


def test_everything_is_denied_without_a_fitting_warrant():
    alarms = Alarms()
    sound(alarms)
    resident = Principal("ada", Role.RESIDENT, frozenset({1}))
    for warrant in (Warrant(resident, Purpose.OWN), Warrant(resident, Purpose.OPERATE)):
        asks = (
            lambda w=warrant: sound(alarms, warrant=w),
            lambda w=warrant: alarms.acknowledge("line/1", 0, w),
            lambda w=warrant: alarms.clear("line/1", 0, w),
            lambda w=warrant: alarms.standing(w),
            lambda w=warrant: alarms.history(w),
        )
        for ask in asks:
            with pytest.raises(NotPermitted):
                ask()
