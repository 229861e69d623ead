from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import SLOT_S, Window, epoch, moment

GRADES = st.lists(st.tuples(st.integers(1, 8), st.sampled_from([1, 2, 4])), min_size=1, max_size=4)


@given(grades=GRADES, seed=st.integers(0, 2**31))
def test_averages_keep_energy_on_any_window(grades, seed):
    window = Window.graded(
        1_460_000_000 // SLOT_S * SLOT_S, tuple((n, w * SLOT_S) for n, w in grades)
    )
    fine = np.random.default_rng(seed).normal(size=(2, len(window.fine())))
    coarse = window.average(fine)
    assert coarse.shape == (2, len(window))
    np.testing.assert_allclose(
        (coarse * window.hours).sum(axis=1), fine.sum(axis=1) * 0.25, atol=1e-9
    )


def test_windows_that_stand_still_are_refused():
    with pytest.raises(InvalidInput, match="rising edges"):
        Window(np.array([0, 0]))
    with pytest.raises(InvalidInput, match="at least one slot"):
        Window(np.array([0]))


def test_epoch_wants_a_zone_and_undoes_moment():
    when = datetime(2016, 6, 1, 12, tzinfo=UTC)
    assert moment(epoch(when)) == when
    with pytest.raises(InvalidInput, match="time zone"):
        epoch(datetime(2016, 6, 1))  # noqa: DTZ001 - the fault under test
