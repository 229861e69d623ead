"""A small town of three roofs, and a view of it made of dictionaries."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from commonwatt.kernel.intervals import Window
from commonwatt.kernel.place import Place
from commonwatt.kernel.ports import Forecast
from commonwatt.kernel.prices import PriceList
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.tables import CONNECTION, Table, checked
from commonwatt.kernel.world import Weather, World
from commonwatt.sectors.renewables.model import PV

START = 1466460000
MANNHEIM = Place(49.5, 8.5, 100.0, "Europe/Berlin")


@dataclass
class Town:
    connections: Table
    pv: Table
    place: Place = MANNHEIM
    prices: PriceList = field(default_factory=PriceList)
    rng: Rng = field(default_factory=lambda: Rng(1))

    @property
    def assets(self):
        return 5

    def table(self, kind):
        assert kind == "pv"
        return self.pv

    def series(self, name, window):
        assert name == "PV1.p"
        return np.where(window.starts % 86_400 < 43_200, 0.5, 0.0)

    def weather(self, window):
        sunny = np.where(window.starts % 86_400 < 43_200, 600.0, 0.0)
        calm = np.ones(len(window))
        return Weather(temperature_c=20 * calm, wind_m_s=calm, ghi_w_m2=sunny, dhi_w_m2=0.4 * sunny)


@dataclass
class Seen:
    plan: Town
    now: int = START
    measured: dict = field(default_factory=dict)
    expected: np.ndarray | None = None

    def history(self, quantity, series, window):
        found = self.measured[quantity][np.searchsorted(self.plan.pv.ix, series)]
        assert found.shape == (series.size, len(window))
        return found

    def forecast(self, quantity, series, window):
        value = self.expected[None, :, : len(window)]
        return Forecast(
            quantity=quantity,
            series=series,
            window=window,
            levels=np.array([0.5]),
            value=value,
            issued_at=self.now,
            model=("test",) * series.size,
        )


def town_of(rows):
    connections = checked(CONNECTION, {"bus": [0, 1], "neighbourhood": ["north", "south"]}, "test")
    names = [spec.name for spec in PV.fields]
    pv = checked(PV, {name: [row[name] for row in rows] for name in names}, "test")
    count = len(rows)
    return Town(
        Table(CONNECTION, ("a", "b"), np.arange(2), np.full(2, -1), connections),
        Table(
            PV,
            tuple(f"pv/{i}" for i in range(count)),
            1 + np.arange(count),
            np.array([0, 1, 1])[:count],
            pv,
        ),
    )


@pytest.fixture
def town():
    return town_of(
        [
            {"rated_kw": 10.0, "profile": "PV1", "tilt_deg": 35.0, "azimuth_deg": 180.0},
            {"rated_kw": 5.0, "profile": "", "tilt_deg": 35.0, "azimuth_deg": 180.0},
            {"rated_kw": 4.0, "profile": "", "tilt_deg": 20.0, "azimuth_deg": 90.0},
        ]
    )


@pytest.fixture
def bare_town():
    return town_of([])


@pytest.fixture
def view(town):
    return Seen(town)


@pytest.fixture
def bare_view(bare_town):
    return Seen(bare_town)


@pytest.fixture
def fresh_world(town):
    def made(start):
        return World(
            start=start,
            end=start + 900,
            weather=town.weather(Window.uniform(start, 1)),
            phase=np.array([0, 1]),
            power_kw=np.zeros((2, 3)),
            reactive_kvar=np.zeros((2, 3)),
            asset_kw=np.zeros(town.assets),
            low_kw=np.full(town.assets, -np.inf),
            high_kw=np.full(town.assets, np.inf),
            volts_pu=np.ones(2),
            energised=np.ones(2, dtype=bool),
        )

    return made
