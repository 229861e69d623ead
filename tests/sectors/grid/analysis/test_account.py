"""The account adds up what was measured, gaps and all."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from commonwatt.kernel.intervals import Window
from commonwatt.sectors.grid.analysis.account import GridAccount


def test_rows_follow_the_readings(city) -> None:
    window = Window.uniform(0, 4)
    loading = np.tile([[0.5, 1.2, 1.005, 0.2]], (7, 1))
    loading[1:] *= 0.5
    loading[3, 0] = np.nan
    volts = np.full((8, 4), 1.0)
    volts[7] = [1.0, 1.07, 0.93, np.nan]
    history = {
        "branch.loading": loading,
        "branch.power_kw": -90 * loading,
        "bus.volts_pu": volts,
        "grid.loss_kw": np.full((1, 4), 2.0),
        "grid.source_kw": np.array([[40.0, -120.0, np.nan, 20.0]]),
    }
    view = SimpleNamespace(plan=city, history=lambda quantity, series, _: history[quantity][series])
    rows = {
        name: (value, of) for _, name, _, value, of in GridAccount().measures(view, window).rows
    }
    value = {name: v for name, (v, _) in rows.items()}
    assert value["transformer worst loading"] == 1.2
    assert value["transformer peak power"] == pytest.approx(108)
    assert value["transformer overload energy"] == pytest.approx((20 + 0.5) * 0.25)
    assert rows["transformer hours above 100 %"] == (0.5, 1.0)
    assert rows["transformer hours above 101 %"] == (0.25, 1.0)
    assert value["line overload energy"] == 0.0
    assert (value["lowest voltage"], value["highest voltage"]) == (0.93, 1.07)
    assert rows["hours outside the voltage band"] == (0.5, 1.0)
    assert value["energy from the source"] == 15.0
    assert value["energy to the source"] == 30.0
    assert rows["losses"] == (2.0, 45.0)
