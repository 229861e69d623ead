"""What measurements say about homes."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatt.kernel.intervals import Window
from commonwatt.sectors.homes import SECTOR
from commonwatt.sectors.homes.analysis import shaved_above
from commonwatt.sectors.homes.control.heating import _drift, _one_level


def lived(run, slots: int) -> None:
    for _ in range(slots):
        run.slot()
        run.sense()


def test_derived_gains_and_draws_are_the_true_ones(run):
    start = run.now
    run.ground.sun_w_m2 = 300.0
    lived(run, 60)
    window = Window.uniform(start + 4 * 900, 56)
    fate = run.homes.fate(window).truth
    for quantity, close in (("building.gain_kw", 0.25), ("hot_water.use_kw", 1e-6)):
        series, truth = fate[quantity]
        derived = run.view().history(quantity, series, window)
        assert np.abs(derived - truth).max() < close + 0.1 * truth.max() * (close > 0.1)
        assert derived.mean() == pytest.approx(truth.mean(), rel=0.05)


def test_what_was_not_measured_is_not_derived(run):
    lived(run, 2)
    heat = run.ground.table("heat_pump").ix
    del run.readings["building.air_c"][run.now - 900][int(heat[0])]
    del run.readings["hot_water.level_kwh"][run.now - 1800]
    batches = {b.quantity: b for b in SECTOR.derive(run.view(), Window.uniform(run.now - 900, 1))}
    assert batches["building.gain_kw"].series.tolist() == heat[1:].tolist()
    assert len(batches["hot_water.use_kw"]) == 0


def test_drift_learns_what_nameplates_get_wrong(hamlet, field_of):
    home = hamlet.table("heat_pump")
    worse = replace(home, columns={**home.columns, "loss_kw_per_k": 1.2 * home.f("loss_kw_per_k")})
    true = replace(hamlet, tables={**hamlet.tables, "heat_pump": worse})
    run = field_of(true)
    lived(run, 110)
    view = run.view()
    view.plan = hamlet
    drift = _drift(view, home, _one_level(home))
    extra = 6 / 7 * 0.2 * home.f("loss_kw_per_k") * (23.0 - 2.0)
    assert np.all(drift < 0)
    assert -drift == pytest.approx(extra, rel=0.25)
    right = _drift(run.view(), worse, _one_level(worse))
    assert np.abs(right).max() < 0.1 * extra.max()


@settings(max_examples=60, deadline=None)
@given(
    surplus=st.lists(st.floats(0, 10), min_size=1, max_size=30),
    energy=st.floats(0, 40),
)
def test_what_lies_above_the_threshold_just_fills_the_battery(surplus, energy):
    curve = np.array([surplus])
    threshold = shaved_above(curve, np.array([energy]), 0.25)[0]
    above = float(np.maximum(curve - threshold, 0.0).sum() * 0.25)
    assert threshold >= 0
    assert above == pytest.approx(min(energy, curve.sum() * 0.25), abs=1e-6)


def test_the_account_sums_by_neighbourhood(run):
    start = run.now
    heat = run.ground.table("heat_pump")
    run.low[heat.ix] = run.high[heat.ix] = 0.0
    lived(run, 96)
    window = Window.uniform(start, 24, 3600)
    rows = SECTOR.measured.measures(run.view(), window).rows
    found = {(area, measure): value for area, measure, _, value, _ in rows}
    cold = run.view().history("building.cold_k_h", heat.ix, window.fine())
    assert found["a", "comfort_lost"] == pytest.approx(cold[::2].sum())
    throughput = np.abs(run.view().history("asset.power_kw", np.arange(3), window.fine())) * 0.25
    assert found["a", "battery_throughput"] == pytest.approx(throughput[0].sum())
    assert found["b", "battery_throughput"] == pytest.approx(throughput[1:].sum())
    assert found["a", "hot_water_energy"] > 0
