"""Gauges say "too full" exactly where the power flow does, and how much power that is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatt.sectors.grid.analysis.overload import band_breach_pu
from commonwatt.sectors.grid.control import Gauges, GridNetwork

MARGIN, MARGIN_PU = 0.02, 0.001


@pytest.fixture(scope="module")
def network(city) -> GridNetwork:
    return GridNetwork(city)


@given(seed=st.integers(0, 10_000), scale=st.sampled_from([5.0, 20.0, 30.0]))
@settings(max_examples=30, deadline=None)
def test_a_limit_is_broken_where_its_loading_is_above_what_may_be(network, seed, scale) -> None:
    kw = np.random.default_rng(seed).uniform(-1, 1, (6, 1)) * scale
    flow = network.feeder.flow(kw, 0.2 * np.abs(kw))
    power, loading, volts = flow.power_kw[:, 0], flow.loading[:, 0], flow.volts_pu[:, 0]
    read = Gauges(network, margin=MARGIN, margin_pu=MARGIN_PU).read(power, loading, volts)
    broken = (read.value > read.high) | (read.value < read.low)
    rows, bus = network.rows, network.feeder.tables["bus"]
    full = loading[rows.branch] > 1 - MARGIN
    np.testing.assert_array_equal(broken[: rows.branch.size], full)
    low, high = bus.f("low_pu") + MARGIN_PU, bus.f("high_pu") - MARGIN_PU
    outside = band_breach_pu(volts[:, None], low, high)[:, 0] != 0
    np.testing.assert_array_equal(broken[rows.branch.size :], outside[rows.bus])


def test_taking_back_what_is_too_much_is_enough_at_once(network) -> None:
    """By the rows' own sensitivities; what losses and reactive power save errs to the safe side."""
    kw = np.full((6, 1), 22.0)
    gauges, feeder = Gauges(network, margin=MARGIN), network.feeder
    flow = feeder.flow(kw, 0.2 * kw)
    read = gauges.read(flow.power_kw[:, 0], flow.loading[:, 0], flow.volts_pu[:, 0])
    assert network.names[0].startswith("transformer")
    excess = read.value[0] - read.high[0]
    assert excess > 10.0
    push = network.rows.sens[[0]].toarray()[0]
    less = kw - (excess / push.sum()) * np.ones_like(kw)
    assert 0.92 < feeder.flow(less, 0.2 * kw).loading[0, 0] <= 1 - MARGIN


def test_what_is_not_measured_is_not_made_up(network) -> None:
    feeder = network.feeder
    read = Gauges(network).read(
        np.full(feeder.branches, np.nan), np.full(feeder.branches, np.nan), np.ones(feeder.buses)
    )
    split = network.rows.branch.size
    assert np.isnan(read.value[:split]).all()
    assert np.isnan(read.high[:split]).all()
    assert np.isfinite(read.value[split:]).all()
