import copy
import math

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from commonwatt.kernel.commands import Commands
from commonwatt.kernel.errors import InvalidInput, NotPermitted
from commonwatt.kernel.principal import Principal, Purpose, Role, Warrant, system
from commonwatt.platform.devices import Devices, State

LOOP = system("loop", Purpose.OPERATE)
ADA = Warrant(Principal("ada", Role.RESIDENT, frozenset({1})), Purpose.OWN)
CONNECTIONS = np.array([0, 1, 1])
ASSETS = st.integers(0, 2)
EDGES = st.tuples(st.integers(-5, 5), st.integers(0, 5)).map(lambda p: (p[0], p[0] + p[1]))


def commands(asset, low, high, expires, reason="cheap sun"):
    one = np.atleast_1d(np.array(asset, np.int64))
    return Commands.bands(one, low, high, expires, reason, LOOP.principal)


class DeviceLife(RuleBasedStateMachine):
    """The registry against a model of plain tuples, while time passes."""

    def __init__(self):
        super().__init__()
        self.devices = Devices(CONNECTIONS)
        self.now = 1000
        self.commanded, self.overridden, self.reported, self.fresh = {}, {}, {}, {}

    def envelope(self, asset):
        for held in (self.overridden, self.commanded):
            if asset in held and held[asset][2] > self.now:
                return held[asset]
        return None

    @rule(asset=ASSETS, edges=EDGES, lasts=st.integers(0, 30))
    def command(self, asset, edges, lasts):
        self.devices.command(commands(asset, *edges, self.now + lasts), LOOP)
        self.commanded[asset] = (*edges, self.now + lasts)
        self.fresh[asset] = True

    @rule(asset=st.sampled_from([1, 2]), edges=EDGES, lasts=st.integers(0, 30))
    def override(self, asset, edges, lasts):
        self.devices.override(asset, *edges, self.now + lasts, ADA)
        self.overridden[asset] = (*edges, self.now + lasts)
        self.fresh[asset] = True

    @rule(asset=st.sampled_from([1, 2]))
    def release(self, asset):
        self.devices.release(asset, ADA)
        self.overridden.pop(asset, None)
        self.fresh[asset] = True

    @rule(asset=ASSETS)
    def acknowledge(self, asset):
        self.devices.acknowledge(np.array([asset]), self.now, LOOP)
        if self.envelope(asset):
            self.reported[asset] = self.envelope(asset)[:2]
            self.fresh[asset] = False

    @rule(seconds=st.integers(1, 20))
    def wait(self, seconds):
        self.now += seconds

    @rule()
    def fork(self):
        self.devices = copy.deepcopy(self.devices)

    @invariant()
    def bounds_are_those_of_the_model(self):
        low, high = self.devices.in_force(self.now, LOOP)
        for asset in range(3):
            wanted = self.envelope(asset) or (-math.inf, math.inf)
            assert (low[asset], high[asset]) == wanted[:2]

    @invariant()
    def states_are_those_of_the_model(self):
        states = self.devices.states(self.now, LOOP)
        for asset in range(3):
            held = self.envelope(asset)
            if held is None:
                ever = asset in self.commanded or asset in self.overridden
                wanted = State.EXPIRED if ever else State.FREE
            else:
                sure = not self.fresh[asset] and self.reported.get(asset) == held[:2]
                wanted = State.ACKNOWLEDGED if sure else State.PENDING
            assert states[asset] == wanted
        everything = [self.devices.pending(self.now, LOOP), self.devices.expired(self.now, LOOP)]
        assert not set(everything[0]) & set(everything[1])

    @invariant()
    def every_envelope_has_a_reason(self):
        for asset in range(3):
            why = self.devices.why(asset, self.now, LOOP)
            mine = asset in self.overridden and self.overridden[asset][2] > self.now
            assert ("override by ada" in why) == mine
            assert ("own rule" in why) == (self.envelope(asset) is None)


TestDeviceLife = DeviceLife.TestCase
TestDeviceLife.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)


def test_the_override_wins_until_it_expires_and_then_needs_a_new_confirmation():
    devices = Devices(CONNECTIONS)
    devices.command(commands(1, 0.0, 2.0, 5000), LOOP)
    devices.override(1, 11.0, 11.0, 2000, ADA)
    devices.acknowledge(np.array([1]), 1500, LOOP)
    assert devices.in_force(1500, LOOP)[0][1] == 11.0
    np.testing.assert_array_equal(devices.overridden(1500, LOOP), [1])
    low, high, at = devices.reported(LOOP)
    assert (low[1], high[1], at[1]) == (11.0, 11.0, 1500)
    assert devices.in_force(2000, LOOP)[1][1] == 2.0
    np.testing.assert_array_equal(devices.pending(2000, LOOP), [1])
    assert devices.why(1, 2000, ADA) == "loop: cheap sun"


def test_a_late_acknowledgement_does_not_undo_a_newer_one():
    devices = Devices(CONNECTIONS)
    devices.command(commands(0, 1.0, 1.0, 5000), LOOP)
    devices.acknowledge(np.array([0]), 1500, LOOP)
    devices.acknowledge(np.array([0]), 1400, LOOP)
    assert devices.reported(LOOP)[2][0] == 1500


@pytest.mark.parametrize(
    ("asset", "low", "high", "says"),
    [
        (7, 0.0, 1.0, "no asset 7"),
        (-1, 0.0, 1.0, "no asset -1"),
        (1, 2.0, 1.0, "2 to 1 kW"),
        (1, math.nan, 1.0, "nan"),
        ([0, 0], 0.0, 1.0, "twice"),
    ],
)
def test_nonsense_is_refused_whole(asset, low, high, says):
    devices = Devices(CONNECTIONS)
    good = commands(0, 0.0, 1.0, 99) if not isinstance(asset, list) else commands([], 0, 0, 0)
    both = Commands.gathered([good, commands(asset, low, high, 99)], LOOP.principal)
    with pytest.raises(InvalidInput, match=says):
        devices.command(both, LOOP)
    assert np.isinf(devices.in_force(0, LOOP)[0]).all()


def test_residents_reach_their_own_assets_alone():
    devices = Devices(CONNECTIONS)
    devices.override(1, 0.0, 1.0, 99, ADA)
    one = np.array([1])
    refused = (
        lambda: devices.override(0, 0.0, 1.0, 99, ADA),
        lambda: devices.release(0, ADA),
        lambda: devices.why(0, 0, ADA),
        lambda: devices.command(commands(1, 0.0, 1.0, 99), ADA),
        lambda: devices.acknowledge(one, 0, ADA),
        lambda: devices.in_force(0, ADA),
        lambda: devices.states(0, ADA),
        lambda: devices.pending(0, ADA),
        lambda: devices.expired(0, ADA),
        lambda: devices.overridden(0, ADA),
        lambda: devices.reported(ADA),
        lambda: devices.override(1, 0.0, 1.0, 99, Warrant(ADA.principal, Purpose.OPERATE)),
    )
    for ask in refused:
        with pytest.raises(NotPermitted):
            ask()


def test_a_correction_narrows_the_command_and_lapses_by_itself():
    devices = Devices(CONNECTIONS)
    devices.command(commands([0, 2], 5.0, 5.0, 2000), LOOP)
    devices.correct(commands(0, -math.inf, 3.0, 1060, reason="too full"), LOOP)
    devices.correct(commands(1, -2.0, math.inf, 1060), LOOP)
    low, high = devices.in_force(1000, LOOP)
    assert (low[0], high[0]) == (3.0, 3.0)
    assert (low[1], high[1]) == (-2.0, math.inf), "without a command, too"
    assert (low[2], high[2]) == (5.0, 5.0)
    assert devices.why(0, 1000, LOOP) == "loop: too full"
    assert devices.commanded(1000, LOOP)[1][0] == 5.0, "the command stands underneath"
    low, high = devices.in_force(1060, LOOP)
    assert (low[0], high[0]) == (5.0, 5.0)


def test_an_override_is_never_corrected():
    devices = Devices(CONNECTIONS)
    devices.override(1, 4.0, 6.0, 2000, ADA)
    devices.correct(commands(1, -math.inf, 3.0, 1060), LOOP)
    low, high = devices.in_force(1000, LOOP)
    assert (low[1], high[1]) == (4.0, 6.0)


def test_a_correction_always_lets_a_device_be_off():
    devices = Devices(CONNECTIONS)
    for low, high in ((1.0, 3.0), (-3.0, -1.0)):
        with pytest.raises(InvalidInput, match="no envelope"):
            devices.correct(commands(0, low, high, 1060), LOOP)
    with pytest.raises(NotPermitted):
        devices.correct(commands(1, -1.0, 1.0, 1060), ADA)
