"""The power flow keeps its books; pandapower is the oracle in tests/city/importers."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatt.kernel.errors import InvalidInput
from commonwatt.sectors.grid.analysis.flow import CHUNK, Feeder


@pytest.fixture(scope="module")
def feeder(city) -> Feeder:
    return Feeder.of(city)


def test_rows_and_ratings_are_as_documented(feeder) -> None:
    assert feeder.names[0] == "transformer 0"
    assert feeder.names[1:3] == ("line 0", "line 1")
    assert feeder.transformers == 1
    assert feeder.rating_kva[0] == 100.0
    assert feeder.rating_kva[1] == pytest.approx(np.sqrt(3) * 0.4 * 120)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_energy_is_conserved_and_down_is_positive(feeder, seed: int) -> None:
    rng = np.random.default_rng(seed)
    kw, kvar = rng.uniform(-20, 20, (6, 3)), rng.uniform(-5, 5, (6, 3))
    flow = feeder.flow(kw, kvar)
    assert np.allclose(flow.source_kw, kw.sum(axis=0) + flow.loss_kw, atol=1e-4)
    assert np.allclose(flow.power_kw[0], flow.source_kw, atol=1e-4)
    assert (flow.loss_kw > 0.19).all()
    first_feeder = kw[:3].sum(axis=0)
    assert np.allclose(
        flow.far_kw[1],
        first_feeder + flow.power_kw[2] - flow.far_kw[2] + (flow.power_kw[3] - flow.far_kw[3]),
        atol=1e-4,
    )


def test_loading_is_what_the_definition_says(feeder) -> None:
    kw, kvar = np.full((6, 1), 12.0), np.full((6, 1), 3.0)
    flow = feeder.flow(kw, kvar)
    assert flow.loading[0, 0] == pytest.approx(
        np.hypot(flow.power_kw[0, 0], flow.kvar[0, 0]) / 100.0
    )
    volts = flow.volts_pu[feeder.far_bus[1], 0] * 400
    amps = np.hypot(flow.far_kw[1, 0], flow.far_kvar[1, 0]) * 1e3 / (np.sqrt(3) * volts)
    assert flow.loading[1, 0] == pytest.approx(amps / 120, rel=1e-3)


def test_chunks_make_no_difference(feeder) -> None:
    kw = np.random.default_rng(1).uniform(-10, 10, (6, CHUNK + 7))
    whole = feeder.flow(kw, 0.2 * kw)
    last = feeder.flow(kw[:, -3:], 0.2 * kw[:, -3:])
    assert whole.volts_pu.shape == (8, CHUNK + 7)
    assert np.allclose(whole.loading[:, -3:], last.loading, atol=1e-9)


def test_copies_share_and_pickles_rebuild(feeder) -> None:
    assert copy.deepcopy(feeder) is feeder
    again = pickle.loads(pickle.dumps(feeder))  # noqa: S301 - our own bytes
    kw = np.full((6, 2), 5.0)
    assert np.array_equal(again.flow(kw, kw).volts_pu, feeder.flow(kw, kw).volts_pu)


def test_an_open_line_leaves_its_homes_dark(city) -> None:
    line = city.table("line")
    opened = replace(line, columns={**line.columns, "closed_to": np.array([1, 1, 0, 1, 1, 1])})
    feeder = Feeder({**city.tables, "line": opened}, city.connections.i("bus"))
    flow = feeder.flow(np.full((6, 1), 5.0), np.zeros((6, 1)))
    assert np.isnan(flow.volts_pu[4, 0])
    assert feeder.tree.depth[4] == -1
    assert flow.source_kw[0] == pytest.approx(25 + flow.loss_kw[0], abs=1e-4)


def test_faults_are_told_in_one_sentence(city, feeder) -> None:
    with pytest.raises(InvalidInput, match="connection 2: its power is not a finite number"):
        feeder.flow(np.array([[0, 0, np.nan, 0, 0, 0]]).T, np.zeros((6, 1)))
    with pytest.raises(InvalidInput, match="the grid would collapse"):
        feeder.flow(np.full((6, 1), 5_000.0), np.zeros((6, 1)))
    with pytest.raises(InvalidInput, match="there is no bus 99"):
        Feeder(city.tables, np.array([99]))
    nothing = replace(city.table("source"), ids=())
    with pytest.raises(InvalidInput, match="at least one source"):
        Feeder({**city.tables, "source": nothing}, city.connections.i("bus"))
