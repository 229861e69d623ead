"""Validated reads: whole Wh that sum to the registers, whatever went missing or wrong."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatt.kernel.readings import Quality
from commonwatt.sectors.metering.analysis import Fault, validated
from commonwatt.sectors.metering.analysis.validation import shared_out

MOST = 10_000.0
steps = st.lists(st.integers(0, 5000), min_size=1, max_size=40)


def registers(increments, start: int = 10**7) -> np.ndarray:
    return start + np.concatenate([[0], np.cumsum(increments)]).astype(float)


def one(row, shape=None):
    found = validated(
        np.array([row], float), np.array([MOST]), None if shape is None else np.array([shape])
    )
    return found.energy_wh[0], found.quality[0], found.fault[0]


@settings(max_examples=80, deadline=None)
@given(increments=steps, data=st.data())
def test_gaps_are_filled_to_the_wh(increments, data):
    row = registers(increments)
    gone = data.draw(st.lists(st.integers(0, len(increments)), max_size=30))
    shape = data.draw(
        st.lists(st.floats(0, 3000), min_size=len(increments), max_size=len(increments))
    )
    kept = np.setdiff1d(np.arange(row.size), gone)
    holed = np.full(row.size, np.nan)
    holed[kept] = row[kept]
    energy, quality, fault = one(holed, shape)
    assert energy.min() >= 0
    for first, last in pairwise(kept):
        assert energy[first:last].sum() == row[last] - row[first]
    measured = quality == Quality.VALIDATED
    assert np.array_equal(energy[measured], np.asarray(increments)[measured])
    assert np.all((fault == Fault.MISSING) == np.isnan(holed))


@settings(max_examples=80, deadline=None)
@given(increments=st.lists(st.integers(1, 3000), min_size=12, max_size=30), data=st.data())
def test_single_faults_are_rejected_and_bridged(increments, data):
    row = registers(increments)
    at = data.draw(st.integers(2, row.size - 3))
    wrong = data.draw(st.sampled_from([-5e6, 5e6, -20_000.0, 0.5]))
    row[at] += wrong
    energy, _, fault = one(row)
    assert fault[at] != Fault.NONE
    assert np.count_nonzero(fault) == 1
    assert energy.sum() == sum(increments)
    assert energy.min() >= 0


def test_faults_have_reasons():
    row = registers([100] * 12)
    row[2], row[4], row[6] = row[2] - 5000, row[4] + 1e6, 12.5
    row[8] = row[8] + 2000
    _, quality, fault = one(row)
    assert [Fault(f) for f in fault[[2, 4, 6, 8]]] == [
        Fault.RAN_BACKWARDS,
        Fault.TOO_FAST,
        Fault.NOT_A_READING,
        Fault.SPIKE,
    ]
    assert quality.tolist() == [1, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1]
    assert all(f.sentence.endswith(".") for f in Fault)


def test_a_gap_follows_the_expected_shape():
    energy, _, _ = one([0, np.nan, np.nan, np.nan, 100], [1.0, 0.0, 3.0, 0.0])
    assert energy.tolist() == [25, 0, 75, 0]


def test_open_ends_are_the_shape_itself():
    energy, quality, _ = one([np.nan, 50, 80, np.nan], [12.4, 1.0, 7.6])
    assert energy.tolist() == [12, 30, 8]
    assert quality.tolist() == [Quality.ESTIMATED, Quality.VALIDATED, Quality.ESTIMATED]
    assert one([np.nan, np.nan, np.nan])[0].tolist() == [0, 0]


def test_meters_do_not_disturb_each_other():
    good, bad = registers([5] * 6), registers([7] * 6)
    bad[3] = np.inf
    both = validated(np.stack([good, bad]), np.array([MOST, MOST]))
    assert both.energy_wh[0].tolist() == [5] * 6
    assert both.energy_wh[1].sum() == 42


@settings(max_examples=60, deadline=None)
@given(
    total=st.integers(0, 10**7),
    weights=st.lists(st.floats(0, 1e6), min_size=1, max_size=20),
)
def test_shares_are_whole_and_fair(total, weights):
    parts = shared_out(total, np.array(weights))
    assert parts.sum() == total
    assert parts.min() >= 0
    if sum(weights) > 0:
        exact = total * np.array(weights) / sum(weights)
        assert parts == pytest.approx(exact, abs=1.0 + 1e-6 * total)
