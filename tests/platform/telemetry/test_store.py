import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatt.kernel.errors import InvalidInput, NotPermitted
from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.principal import Principal, Purpose, Role, Warrant, system
from commonwatt.kernel.readings import Of, Quality, Quantity, Readings
from commonwatt.platform.telemetry import Telemetry

LOOP = system("loop", Purpose.OPERATE)
DAY_0 = 86_400 * 17_000
METER = Quantity(name="meter.power_kw", of=Of.CONNECTION, doc="power")
ASSET = Quantity(name="asset.power_kw", of=Of.ASSET, doc="power")
BUS = Quantity(name="bus.volts_pu", of=Of.BUS, doc="volts")


def readings(series, time, value, quality=0, quantity="meter.power_kw"):
    series, time, value = np.broadcast_arrays(series, time, value)
    return Readings(
        quantity=quantity,
        series=np.array(series, np.int64).ravel(),
        time=np.array(time, np.int64).ravel(),
        value=np.array(value, float).ravel(),
        quality=np.full(series.size, quality, np.int64),
    )


def ints(*numbers):
    return np.array(numbers, np.int64)


def oracle(rows, series, window):
    """Per slot all readings that start in it, newest revision each: plain dictionaries."""
    held = {}
    for s, t, revision, value in rows:
        if (s, t) not in held or held[s, t][0] < revision:
            held[s, t] = (revision, value)
    slots = [[[] for _ in range(len(window))] for _ in series]
    for (s, t), (_, value) in sorted(held.items(), key=lambda item: item[0][1]):
        if window.start <= t < window.end and s in series:
            slot = int(np.searchsorted(window.edges, t, side="right")) - 1
            slots[list(series).index(s)][slot].append(value)
    mean = [[np.mean(v) if v else np.nan for v in row] for row in slots]
    last = [[v[-1] if v else np.nan for v in row] for row in slots]
    return np.array(mean), np.array(last)


row = st.tuples(
    st.integers(0, 4),
    st.one_of(
        st.integers(0, 250).map(lambda k: DAY_0 + k * SLOT_S),
        st.integers(0, 3000).map(lambda k: DAY_0 + k * 60),
    ),
    st.integers(0, 2),
    st.floats(-1e6, 1e6),
)
window = st.one_of(
    st.integers(0, 200).map(lambda k: Window.graded(DAY_0 + k * SLOT_S)),
    st.builds(
        lambda k, n, step: Window.uniform(DAY_0 + k * 300, n, step),
        st.integers(0, 300),
        st.integers(1, 60),
        st.sampled_from([300, 900, 3600]),
    ),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(row, max_size=40), window)
def test_reads_equal_a_dictionary(rows, asked):
    telemetry = Telemetry.open()
    for s, t, revision, value in rows:
        telemetry.append([readings(s, t, value)], LOOP, revision)
    series = ints(4, 0, 2, 9)
    mean, last = oracle(rows, series, asked)
    np.testing.assert_allclose(telemetry.read(METER.name, series, asked, LOOP), mean)
    np.testing.assert_array_equal(telemetry.last(METER.name, series, asked, LOOP), last)


@settings(max_examples=40, deadline=None)
@given(st.lists(row, min_size=1, max_size=30, unique_by=lambda r: r[:3]), st.randoms())
def test_redelivery_in_any_order_converges(rows, luck):
    one, other = Telemetry.open(), Telemetry.open()
    shuffled = [*rows, *rows]
    luck.shuffle(shuffled)
    for telemetry, order in ((one, rows), (other, shuffled)):
        for s, t, revision, value in order:
            telemetry.append([readings(s, t, value)], LOOP, revision)
        assert telemetry.dead_letters(LOOP) == []
    asked = Window.uniform(DAY_0, 300)
    for read in ("read", "last"):
        a, b = (getattr(t, read)(METER.name, np.arange(5), asked, LOOP) for t in (one, other))
        np.testing.assert_array_equal(a, b)


@settings(max_examples=40, deadline=None)
@given(st.lists(row, max_size=30), st.integers(0, 260))
def test_latest_sees_only_what_started_before(rows, slots):
    telemetry = Telemetry.open()
    for s, t, revision, value in rows:
        telemetry.append([readings(s, t, value)], LOOP, revision)
    before = DAY_0 + slots * SLOT_S
    found = telemetry.latest(METER.name, np.arange(5), LOOP, before)
    whole = Window(ints(DAY_0 - 1, before))
    _, last = oracle(rows, np.arange(5), whole)
    np.testing.assert_array_equal(found, last[:, 0])
    _, newest = oracle(rows, np.arange(5), Window(ints(DAY_0, DAY_0 + 10**6)))
    np.testing.assert_array_equal(telemetry.latest(METER.name, np.arange(5), LOOP), newest[:, 0])


def test_a_contradiction_of_the_same_revision_is_kept_aside():
    telemetry = Telemetry.open()
    telemetry.append([readings(0, DAY_0, 1.0)], LOOP)
    assert telemetry.append([readings(0, DAY_0, 2.0)], LOOP) == 0
    assert telemetry.latest(METER.name, ints(0), LOOP)[0] == 1.0
    (letter,) = telemetry.dead_letters(LOOP)
    assert letter.readings.value[0] == 2.0
    assert "revision" in letter.reason


def test_unusable_values_become_dead_letters_and_the_rest_goes_on():
    telemetry = Telemetry.open()
    values = [1.0, np.nan, np.inf, 4.0]
    batch = readings(ints(0, 1, 2, -3), DAY_0, values)
    assert telemetry.append([batch], LOOP) == 1
    buried = {r.reason: len(r.readings) for r in telemetry.dead_letters(LOOP)}
    assert buried == {"the value is not a finite number": 2, "there is no such series": 1}
    far = readings(0, 1 << 40, 1.0)
    assert telemetry.append([far], LOOP) == 0
    np.testing.assert_array_equal(telemetry.series(METER.name), [0])


def test_columns_of_different_length_are_refused():
    telemetry = Telemetry.open()
    broken = Readings(
        quantity="q", series=ints(0, 1), time=ints(0), value=np.zeros(2), quality=ints(0, 0)
    )
    with pytest.raises(InvalidInput, match="differ in length"):
        telemetry.append([broken], LOOP)
    with pytest.raises(InvalidInput, match="negative"):
        telemetry.append([readings(0, 0, 1.0)], LOOP, -1)


def test_quality_is_the_worst_in_the_slot():
    telemetry = Telemetry.open()
    telemetry.append([readings(0, DAY_0, 1.0, Quality.VALIDATED)], LOOP)
    telemetry.append([readings(0, DAY_0 + SLOT_S, 1.0, Quality.ESTIMATED)], LOOP)
    hours = Window.uniform(DAY_0, 2, 3600)
    found = telemetry.quality(METER.name, ints(0, 7), hours, LOOP)
    np.testing.assert_array_equal(found, [[2, 3], [3, 3]])
    telemetry.append([readings(0, DAY_0 + 3660, 1.0, Quality.VALIDATED)], LOOP)
    assert telemetry.quality(METER.name, ints(0), hours, LOOP)[0, 1] == Quality.VALIDATED


def test_aggregate_sums_groups_and_counts_what_is_missing():
    telemetry = Telemetry.open()
    telemetry.append([readings(ints(0, 1, 2), DAY_0, [1.0, 2.0, 4.0])], LOOP)
    total, missing = telemetry.aggregate(
        METER.name, np.arange(4), ints(0, 0, 1, 1), Window.uniform(DAY_0, 2), LOOP
    )
    np.testing.assert_array_equal(total, [[3, 0], [4, 0]])
    np.testing.assert_array_equal(missing, [[0, 2], [1, 2]])


def test_covered_starts_with_the_first_reading():
    telemetry = Telemetry.open()
    asked = Window.uniform(DAY_0, 96)
    with pytest.raises(InvalidInput, match="warm up"):
        telemetry.covered(asked)
    telemetry.append([readings(0, DAY_0 + 5 * SLOT_S + 60, 1.0)], LOOP)
    assert telemetry.covered(asked).start == DAY_0 + 5 * SLOT_S
    assert telemetry.covered(Window.uniform(DAY_0 + 20 * SLOT_S, 4)).start == DAY_0 + 20 * SLOT_S


def test_forks_part_ways():
    telemetry = Telemetry.open()
    telemetry.append([readings(0, ints(DAY_0, DAY_0 + 60), [1.0, 2.0])], LOOP)
    fork = telemetry.fork()
    fork.append([readings(ints(0, 5), DAY_0 + SLOT_S, 9.0), readings(0, DAY_0 + 120, 6.0)], LOOP)
    telemetry.append([readings(0, DAY_0 + SLOT_S, 3.0)], LOOP)
    asked = Window.uniform(DAY_0, 2)
    np.testing.assert_array_equal(telemetry.read(METER.name, ints(0), asked, LOOP), [[1.5, 3]])
    np.testing.assert_array_equal(fork.read(METER.name, ints(0), asked, LOOP), [[3, 9]])
    assert telemetry.latest(METER.name, ints(0), LOOP)[0] == 3.0
    np.testing.assert_array_equal(telemetry.series(METER.name), [0])


RESIDENT = Warrant(Principal("ada", Role.RESIDENT, frozenset({1})), Purpose.OWN)
ANOTHER = Principal("eve", Role.RESIDENT, frozenset({0, 1}))


def test_residents_read_only_their_own():
    telemetry = Telemetry.open(None, [METER, ASSET, BUS], ints(0, 1))
    names = (METER.name, ASSET.name, BUS.name)
    telemetry.append([readings(ints(0, 1), DAY_0, 7.0, quantity=q) for q in names], LOOP)
    assert telemetry.latest(METER.name, ints(1), RESIDENT)[0] == 7.0
    assert telemetry.latest(ASSET.name, ints(1), RESIDENT)[0] == 7.0
    refused = ((METER, ints(0, 1)), (ASSET, ints(0)), (ASSET, ints(9)), (BUS, ints(1)))
    for quantity, series in refused:
        with pytest.raises(NotPermitted):
            telemetry.latest(quantity.name, series, RESIDENT)
    with pytest.raises(NotPermitted):
        telemetry.latest("never.declared", ints(1), RESIDENT)


@pytest.mark.parametrize(
    "warrant",
    [Warrant(ANOTHER, Purpose.OPERATE), Warrant(Principal("o", Role.OPERATOR), Purpose.OWN)],
)
def test_everything_is_denied_without_a_fitting_warrant(warrant):
    telemetry = Telemetry.open(None, [METER])
    one, slot = ints(0), Window.uniform(DAY_0, 1)
    asks = (
        lambda: telemetry.append([readings(0, DAY_0, 1.0)], warrant),
        lambda: telemetry.read(METER.name, one, slot, warrant),
        lambda: telemetry.last(METER.name, one, slot, warrant),
        lambda: telemetry.quality(METER.name, one, slot, warrant),
        lambda: telemetry.latest(METER.name, one, warrant),
        lambda: telemetry.aggregate(METER.name, one, one, slot, warrant),
        lambda: telemetry.dead_letters(warrant),
    )
    for ask in asks:
        with pytest.raises(NotPermitted):
            ask()


def test_residents_cannot_write():
    with pytest.raises(NotPermitted):
        Telemetry.open(None, [METER]).append([readings(1, DAY_0, 1.0)], RESIDENT)
