"""Meters count what the world does, to the Wh; base load is what sub-meters leave over."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.prices import PriceList
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.tables import CONNECTION, Kind, Table
from commonwatt.kernel.world import PHASES, Weather, World
from commonwatt.sectors.metering import SECTOR
from commonwatt.sectors.metering.analysis.account import validated_reads
from commonwatt.sectors.metering.twin import Meters

HOMES, SLOTS = 4, 96
DARK = Weather(
    temperature_c=np.zeros(1), wind_m_s=np.zeros(1), ghi_w_m2=np.zeros(1), dhi_w_m2=np.zeros(1)
)


def rows(name: str, first: int, at: list[int]) -> Table:
    ids = tuple(f"{name}/{k}" for k in range(len(at)))
    kind = Kind(name=name, doc="", fields=())
    return Table(kind, ids, first + np.arange(len(at)), np.array(at, np.int64))


@dataclass(eq=False)
class Hamlet:
    """Plan, ground and view in one: two devices and four consumers on four connections."""

    rng: Rng = field(default_factory=lambda: Rng(3))
    prices: PriceList = field(default_factory=PriceList)
    assets: int = 6
    sites: np.ndarray = field(default_factory=lambda: np.array([0, 2, 0, 1, 2, 3]))
    readings: dict = field(default_factory=dict)

    @property
    def plan(self) -> Hamlet:
        return self

    @property
    def connections(self) -> Table:
        columns = {"fuse_kw": np.full(HOMES, 40.0), "neighbourhood": np.array(["n", "s"] * 2)}
        none = np.full(HOMES, -1)
        ids = tuple("abcd")
        return Table(CONNECTION, ids, np.arange(HOMES), none, columns)

    def table(self, kind: str) -> Table:
        known = {"battery": (0, [0, 2]), "consumer": (2, [0, 1, 2, 3])}
        return rows(kind, *known.get(kind, (0, [])))

    def history(self, quantity: str, series, window: Window) -> np.ndarray:
        known = self.readings[quantity]
        found = [[known.get((int(s), int(t)), np.nan) for t in window.starts] for s in series]
        return np.array(found).reshape(len(series), len(window))


def lived(hamlet: Hamlet, power: np.ndarray) -> None:
    """Let the meters see `power` (A,T) of every asset."""
    meters = Meters(hamlet)
    for t in range(power.shape[1]):
        world = World(
            start=t * SLOT_S,
            end=(t + 1) * SLOT_S,
            weather=DARK,
            phase=np.zeros(HOMES, np.int64),
            power_kw=np.zeros((HOMES, PHASES)),
            reactive_kvar=np.zeros((HOMES, PHASES)),
            asset_kw=np.zeros(hamlet.assets),
            low_kw=np.full(hamlet.assets, -np.inf),
            high_kw=np.full(hamlet.assets, np.inf),
            volts_pu=np.full(HOMES, 1.01),
            energised=np.ones(HOMES, np.bool_),
        )
        world.run(np.arange(hamlet.assets), hamlet.sites, power[:, t])
        meters.step(world)
        for batch in world.readings:
            store = hamlet.readings.setdefault(batch.quantity, {})
            keys = zip(batch.series.tolist(), batch.time.tolist(), strict=True)
            store.update(zip(keys, batch.value.tolist(), strict=True))


@pytest.fixture
def powers() -> np.ndarray:
    draws = Rng(1).uniform("test", np.arange(6)[:, None], np.arange(SLOTS))
    return np.where(np.arange(6)[:, None] < 2, 8 * (draws - 0.6), 2 * draws)


@pytest.fixture
def hamlet(powers) -> Hamlet:
    town = Hamlet()
    lived(town, powers)
    return town


def test_registers_hold_the_energy_to_the_wh(hamlet, powers):
    net = np.zeros((HOMES, SLOTS))
    np.add.at(net, hamlet.sites, powers)
    for quantity, sign in (("meter.import_wh", 1), ("meter.export_wh", -1)):
        register = hamlet.history(quantity, range(HOMES), Window.uniform(-SLOT_S, SLOTS + 1))
        assert np.all(register == np.floor(register))
        assert np.all(np.diff(register, axis=1) >= 0)
        truth = np.maximum(sign * net, 0).cumsum(axis=1) * 250
        assert np.abs(register[:, 1:] - register[:, :1] - truth).max() < 1.0


def test_reads_validate_into_the_same_energy(hamlet):
    window = Window.uniform(0, SLOTS)
    register = hamlet.history("meter.import_wh", range(HOMES), Window.uniform(-SLOT_S, SLOTS + 1))
    for hole in (5, 6, 7, 40):
        del hamlet.readings["meter.import_wh"][(1, hole * SLOT_S)]
    reads = validated_reads(hamlet, window, "meter.import_wh", 1.0)
    assert np.array_equal(reads.energy_wh.sum(axis=1), register[:, -1] - register[:, 0])
    assert np.count_nonzero(reads.quality[1] == 2) == 6
    told = SECTOR.measured.measures(hamlet, window).rows
    found = {(area, measure): (value, of) for area, measure, _, value, of in told}
    assert found["n", "energy_import"][0] == reads.energy_wh[::2].sum()
    assert (
        found["s", "energy_import_estimated"][0] == reads.energy_wh[1][reads.quality[1] == 2].sum()
    )
    assert found["s", "energy_import_estimated"][1] == found["s", "energy_import"][0]


def test_base_load_is_what_no_sub_meter_explains(hamlet, powers):
    del hamlet.readings["asset.power_kw"][(1, 0)]
    (derived,) = SECTOR.derive(hamlet, Window.uniform(0, 2))
    told = dict(zip(zip(derived.series, derived.time, strict=True), derived.value, strict=True))
    assert sorted(told) == [(0, 0), (0, 900), (1, 0), (1, 900), (2, 900), (3, 0), (3, 900)]
    for (connection, time), value in told.items():
        assert value == pytest.approx(powers[2 + connection, time // 900])


def test_consumers_have_no_sub_meter(hamlet):
    assert {series for series, _ in hamlet.readings["asset.power_kw"]} == {0, 1}
    assert set(hamlet.readings["meter.volts_pu"].values()) == {1.01}
