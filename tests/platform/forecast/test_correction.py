"""The correction of a past too short to learn from: what is off now stays off for some hours."""

import numpy as np
import pytest

from commonwatt.platform.forecast.correction import LASTS, MEMORY, Correction


def past(series=3, slots=140):
    """Errors of a base: one common swing, and each series' own."""
    slot = np.arange(slots)[:, None]
    common, own = np.sin(slot / 5.0), np.sin(slot * (np.arange(series) + 2.0))
    return 2.0 * common + 0.5 * own


def test_a_lasting_error_is_expected_to_fade():
    correction = Correction.assumed(past())
    errors = np.tile([1.0, -2.0, 0.0], (MEMORY, 1))
    expected = correction.expected(errors, np.ones(MEMORY), 64)
    ahead = np.arange(1, 65)
    for series, error in enumerate([1.0, -2.0, 0.0]):
        fading = error * np.exp(-ahead / LASTS)
        np.testing.assert_allclose(expected[:, series], fading, rtol=0.2, atol=1e-9)


def test_no_error_asks_for_no_correction():
    correction = Correction.assumed(past())
    expected = correction.expected(np.zeros((MEMORY, 3)), np.ones(MEMORY), 32)
    np.testing.assert_allclose(expected, 0.0, atol=1e-12)


def test_a_silent_series_hears_of_its_neighbours():
    correction = Correction.assumed(past())
    errors = np.tile([1.5, np.nan, 1.5], (MEMORY, 1))
    expected = correction.expected(errors, np.ones(MEMORY), 1)[0]
    assert expected[1] == pytest.approx(expected[0], rel=0.3)
    alone = Correction.assumed(past(series=1))
    unheard = alone.expected(np.full((MEMORY, 1), np.nan), np.ones(MEMORY), 8)
    assert np.isfinite(unheard).all() or np.isnan(unheard).all()
