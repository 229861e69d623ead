"""A quarter of a town for tests of any sector: its ground, its life, and what was seen of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import pytest
from scipy.sparse import csr_array

from commonwatt.kernel.flexibility import Limits, Offers, Schedule, Violations
from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.place import Place
from commonwatt.kernel.ports import Forecast
from commonwatt.kernel.prices import PriceList
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.tables import CONNECTION, Kind, Table, checked
from commonwatt.kernel.world import PHASES, Weather, World
from commonwatt.platform.dispatch import Dispatcher, Objective

MONDAY = 1_452_466_800  # 2016-01-11, local midnight in Berlin
CONNECTIONS = 4


def table(kind: Kind, connection, first: int = 0, **columns) -> Table:
    at = np.asarray(connection, dtype=np.int64)
    raw = {name: np.broadcast_to(value, at.shape).tolist() for name, value in columns.items()}
    ids = tuple(f"{kind.name}/{k}" for k in range(at.size))
    filled = checked(kind, {"id": ids, **raw}, "test")
    return Table(kind, ids, first + np.arange(at.size), at, filled)


@dataclass(eq=False)
class Quarter:
    """Fills the ports Plan and Ground with one kind of thing. Truth is the nameplate."""

    things: Table
    rng: Rng = field(default_factory=lambda: Rng(11))
    prices: PriceList = field(default_factory=PriceList)
    place: Place = field(default_factory=lambda: Place(51.3, 9.5, 200.0, "Europe/Berlin"))
    mean_c: float = 2.0
    sun_w_m2: float = 150.0

    def __post_init__(self) -> None:
        self.connections = table(
            CONNECTION, [-1] * CONNECTIONS, bus=0, neighbourhood=["a", "b"] * (CONNECTIONS // 2)
        )

    @property
    def assets(self) -> int:
        return len(self.things)

    @property
    def sites(self) -> np.ndarray:
        return self.things.connection

    def table(self, kind: str) -> Table:
        assert kind == self.things.kind.name
        return self.things

    def weather(self, window: Window) -> Weather:
        fine = window.fine()
        wave = np.cos(2 * np.pi * (fine.starts % 86_400 / 3600 - 13) / 24)
        calm = np.full(len(fine), 3.0)
        sun = self.sun_w_m2 * np.maximum(0.0, wave)
        parts = (self.mean_c + 4 * wave, calm, sun, 0.5 * sun)
        return Weather(
            **dict(
                zip(
                    ("temperature_c", "wind_m_s", "ghi_w_m2", "dhi_w_m2"),
                    (window.average(part) for part in parts),
                    strict=True,
                )
            )
        )


@dataclass(eq=False)
class Life:
    """A twin lived with perfect instruments; fills the port View, fate being its forecast."""

    plan: Quarter
    sector: object
    now: int = MONDAY
    price: np.ndarray = field(default_factory=lambda: np.full(24, 0.08))
    energised: bool = True

    def __post_init__(self) -> None:
        self.twin = self.sector.twins[0](self.plan)
        self.seen: dict = defaultdict(dict)
        self.worlds: list[World] = []
        self.low = np.full(self.plan.assets, -np.inf)
        self.high = np.full(self.plan.assets, np.inf)

    def live(self, slots: int = 1) -> World:
        for _ in range(slots):
            world = self._fresh()
            self.twin.step(world)
            self._keep("asset.power_kw", np.arange(self.plan.assets), world.asset_kw)
            for batch in world.readings:
                self._keep(batch.quantity, batch.series, batch.value)
            self.worlds.append(world)
            self.now = world.end
            self._derive()
        return self.worlds[-1]

    def obey(self, commands) -> None:
        self.low[:], self.high[:] = -np.inf, np.inf
        self.low[commands.asset] = commands.low_kw
        self.high[commands.asset] = commands.high_kw

    def told(self, quantity: str) -> np.ndarray:
        """(N,T) all that was ever read."""
        first = self.worlds[0].start
        return self.history(quantity, self.plan.things.ix, Window.uniform(first, len(self.worlds)))

    def latest(self, quantity: str, series) -> np.ndarray:
        known = self.seen[quantity]
        newest = known[max(known)] if known else {}
        return np.array([newest.get(int(s), np.nan) for s in series])

    def history(self, quantity: str, series, window: Window) -> np.ndarray:
        known = self.seen[quantity]
        rows = [[known.get(int(t), {}).get(int(s), np.nan) for t in window.starts] for s in series]
        return np.array(rows).reshape(len(series), len(window))

    def forecast(self, quantity: str, series, window: Window) -> Forecast:
        who, value = self.twin.fate(window.fine()).truth[quantity]
        return Forecast(
            quantity=quantity,
            series=np.asarray(series),
            window=window,
            levels=np.array([0.5]),
            value=window.average(value[np.searchsorted(who, series)])[None],
            issued_at=self.now,
            model=("fate",) * len(series),
        )

    def weather(self, window: Window) -> Weather:
        return self.plan.weather(window)

    def signal(self, name: str, window: Window) -> np.ndarray:
        hour = self.plan.place.local(window.starts) // 3600 % 24
        return self.price[hour] if "price" in name else np.zeros(len(window))

    def _fresh(self) -> World:
        count = len(self.plan.connections)
        return World(
            start=self.now,
            end=self.now + SLOT_S,
            weather=self.plan.weather(Window.uniform(self.now, 1)),
            phase=np.arange(count) % 4,
            power_kw=np.zeros((count, PHASES)),
            reactive_kvar=np.zeros((count, PHASES)),
            asset_kw=np.zeros(self.plan.assets),
            low_kw=self.low.copy(),
            high_kw=self.high.copy(),
            volts_pu=np.ones(count),
            energised=np.full(count, self.energised),
        )

    def _derive(self) -> None:
        if self.sector.derive is not None:
            slot = Window.uniform(self.now - SLOT_S, 1)
            for batch in self.sector.derive(self, slot):
                known = self.seen[batch.quantity].setdefault(slot.start, {})
                known.update(zip(map(int, batch.series), map(float, batch.value), strict=True))

    def _keep(self, quantity: str, series, value) -> None:
        start = self.worlds[-1].end if self.worlds else self.now
        pairs = zip(map(int, series), map(float, value), strict=True)
        self.seen[quantity][start] = dict(pairs)


class CopperPlate:
    """Fills the port Network with wires that bear anything and lose nothing."""

    def limits(self, window: Window, kw: np.ndarray, kvar: np.ndarray) -> Limits:
        del kvar
        none = np.zeros((0, len(window)))
        return Limits(
            name=(),
            sens=csr_array((0, kw.shape[0])),
            low=none,
            high=none,
            price=np.empty(0),
            loss=np.zeros(kw.shape),
            loss_kw=np.zeros(len(window)),
        )

    def check(self, window: Window, kw: np.ndarray, kvar: np.ndarray) -> Violations:
        del kw, kvar
        return Violations(name=(), excess=np.zeros((0, len(window))))


def planned(offers: Offers, price: np.ndarray, now: int) -> Schedule:
    """The cheapest plan for energy at `price` (T,) and nothing else."""
    objective = Objective(
        energy_price=price,
        peak_price_eur_per_kw_day=0.0,
        day=np.zeros(price.size, dtype=np.int64),
        peak_so_far_kw={},
    )
    return Dispatcher(CopperPlate()).plan(offers, objective, now)


@pytest.fixture
def cheapest():
    """Plans by energy price alone."""
    return planned


@pytest.fixture
def tabled():
    """Makes a table of one kind."""
    return table


@pytest.fixture
def quarter():
    """Makes a quarter of some things."""
    return Quarter


@pytest.fixture
def life():
    """Makes the life of a quarter."""
    return Life


@pytest.fixture
def monday():
    """A local midnight in January."""
    return MONDAY
