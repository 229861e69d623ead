"""A hamlet: a few homes, their field, and a view of what was measured there."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.place import Place
from commonwatt.kernel.ports import Forecast
from commonwatt.kernel.prices import PriceList
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.tables import CONNECTION, Kind, Table, checked
from commonwatt.kernel.world import PHASES, Weather, World
from commonwatt.sectors.homes import SECTOR, model
from commonwatt.sectors.homes.twin import Batteries, Households

START = 1_452_470_400  # 2016-01-11T00:00Z, a Monday
HOMES = 6
STATES = {q.name for q in model.QUANTITIES if q.state}
PV = Kind(name="pv", doc="roofs", fields=())


def table(kind: Kind, first: int, connection, **columns) -> Table:
    at = np.asarray(connection, dtype=np.int64)
    raw = {name: np.broadcast_to(value, at.shape).tolist() for name, value in columns.items()}
    ids = tuple(f"{kind.name}/{k}" for k in at)
    checked_columns = checked(kind, {"id": ids, **raw}, "test")
    return Table(kind, ids, first + np.arange(at.size), at, checked_columns)


@dataclass(eq=False)
class Hamlet:
    """Fills the ports Plan and Ground."""

    tables: dict[str, Table]
    sun_w_m2: float = 0.0
    mean_c: float = 2.0
    rng: Rng = field(default_factory=lambda: Rng(7))
    prices: PriceList = field(default_factory=PriceList)
    place: Place = field(default_factory=lambda: Place(51.3, 9.5, 200.0, "Europe/Berlin"))
    connections: Table = field(
        default_factory=lambda: replace(
            table(CONNECTION, 0, range(HOMES), bus=0, neighbourhood=["a", "b"] * (HOMES // 2)),
            connection=np.full(HOMES, -1),
        )
    )

    @property
    def assets(self) -> int:
        return sum(len(t) for t in self.tables.values())

    def table(self, kind: str) -> Table:
        none = np.empty(0, np.int64)
        return self.tables.get(kind) or Table(Kind(name=kind, doc="", fields=()), (), none, none)

    def series(self, name: str, window: Window) -> np.ndarray:
        assert name in {"h0.p", "h0.q"}
        hour = self.place.local(window.starts) % 86_400 / 3600
        return 0.3 + 0.2 * np.sin(2 * np.pi * (hour - 13) / 24)

    def weather(self, window: Window) -> Weather:
        hour = window.starts % 86_400 / 3600
        wave = np.cos(2 * np.pi * (hour - 14) / 24)
        return Weather(
            temperature_c=self.mean_c + 4 * wave,
            wind_m_s=np.full(len(window), 3.0),
            ghi_w_m2=self.sun_w_m2 * np.maximum(0.0, wave),
            dhi_w_m2=np.zeros(len(window)),
        )


@dataclass(eq=False)
class Watcher:
    """Fills the port View from what twins published; forecasts are fate, signals a table."""

    plan: Hamlet
    field: Run
    now: int
    tariff: np.ndarray = field(default_factory=lambda: np.full(24, 0.30))

    def latest(self, quantity: str, series) -> np.ndarray:
        known = self.field.readings[quantity]
        newest = max(known, default=None)
        if newest is None:
            return np.full(len(series), np.nan)
        return np.array([known[newest].get(int(s), np.nan) for s in series])

    def history(self, quantity: str, series, window: Window) -> np.ndarray:
        known = self.field.readings[quantity]
        rows = [[known.get(int(t), {}).get(int(s), np.nan) for t in window.starts] for s in series]
        return np.array(rows).reshape(len(series), len(window))

    def forecast(self, quantity: str, series, window: Window) -> Forecast:
        fine = window.fine()
        if quantity == "pv.potential_kw":
            value = np.tile(8e-3 * self.plan.weather(fine).ghi_w_m2, (len(series), 1))
        else:
            who, value = self.field.homes.fate(fine).truth[quantity]
            value = value[np.searchsorted(who, series)]
        return Forecast(
            quantity=quantity,
            series=np.asarray(series),
            window=window,
            levels=np.array([0.1, 0.5, 0.9]),
            value=np.stack([window.average(value)] * 3),
            issued_at=self.now,
            model=("fate",) * len(series),
        )

    def weather(self, window: Window) -> Weather:
        fine = window.fine()
        weather = self.plan.weather(fine)
        parts = {k: window.average(v) for k, v in vars(weather).items()}
        return Weather(**parts)

    def signal(self, name: str, window: Window) -> np.ndarray:
        hour = window.starts // 3600 % 24
        if name.startswith("tariff"):
            return self.tariff[hour]
        return 0.08 + 0.03 * np.cos(2 * np.pi * (hour - 19) / 24) if "price" in name else hour * 0.0


@dataclass(eq=False)
class Run:
    """A field of homes alone, with perfect instruments."""

    ground: Hamlet
    now: int = START
    readings: dict = field(default_factory=lambda: defaultdict(dict))
    worlds: list[World] = field(default_factory=list)
    sun_kw: float = 0.0

    def __post_init__(self) -> None:
        self.homes, self.batteries = Households(self.ground), Batteries(self.ground)
        self.low = np.full(self.ground.assets, -np.inf)
        self.high = np.full(self.ground.assets, np.inf)

    def slot(self, energised: bool = True) -> World:
        count = len(self.ground.connections)
        world = World(
            start=self.now,
            end=self.now + SLOT_S,
            weather=self.ground.weather(Window.uniform(self.now, 1)),
            phase=np.arange(count) % 4,
            power_kw=np.zeros((count, PHASES)),
            reactive_kvar=np.zeros((count, PHASES)),
            asset_kw=np.zeros(self.ground.assets),
            low_kw=self.low,
            high_kw=self.high,
            volts_pu=np.ones(count),
            energised=np.full(count, energised),
        )
        self.homes.step(world)
        if self.sun_kw:
            world.draw(np.arange(count), np.full(count, -self.sun_kw))
        self.batteries.step(world)
        self._keep(world, "meter.power_kw", np.arange(count), world.net_kw())
        self._keep(world, "asset.power_kw", np.arange(self.ground.assets), world.asset_kw)
        for batch in world.readings:
            self._keep(world, batch.quantity, batch.series, batch.value)
        self.now = world.end
        self.worlds.append(world)
        return world

    def view(self, **more) -> Watcher:
        return Watcher(plan=self.plan, field=self, now=self.now, **more)

    @property
    def plan(self) -> Hamlet:
        return self.ground

    def sense(self) -> None:
        """Derive readings of the slot just ended."""
        for batch in SECTOR.derive(self.view(), Window.uniform(self.now - SLOT_S, 1)):
            for series, time, value in zip(batch.series, batch.time, batch.value, strict=True):
                self.readings[batch.quantity].setdefault(int(time), {})[int(series)] = value

    def obey(self, commands) -> None:
        self.low[:], self.high[:] = -np.inf, np.inf
        self.low[commands.asset] = commands.low_kw
        self.high[commands.asset] = commands.high_kw

    def _keep(self, world: World, quantity: str, series, value) -> None:
        pairs = dict(zip(map(int, series), map(float, value), strict=True))
        self.readings[quantity][world.start] = pairs


@pytest.fixture
def hamlet() -> Hamlet:
    homes = range(HOMES)
    a = table(model.BATTERY, 0, [0, 1, 1], rated_kw=[3.0, 5.0, 5.0], capacity_kwh=10.0)
    b = table(model.CONSUMER, 3, homes, profile="h0", peak_kw=2.0, peak_kvar=0.4)
    c = table(
        model.HEAT_PUMP,
        3 + HOMES,
        homes,
        rated_kw=[3.0, 4.0] * 3,
        loss_kw_per_k=[0.15, 0.2, 0.25] * 2,
        mass_kwh_per_k=[8.0, 10.0, 14.0] * 2,
    )
    d = table(model.HOT_WATER, 3 + 2 * HOMES, homes, rated_kw=1.5, daily_l=120.0)
    e = table(PV, 3 + 3 * HOMES, [0, 1])
    return Hamlet({t.kind.name: t for t in (a, b, c, d, e)})


@pytest.fixture
def run(hamlet) -> Run:
    return Run(hamlet)


@pytest.fixture
def field_of():
    """Makes a run on another ground."""
    return Run
