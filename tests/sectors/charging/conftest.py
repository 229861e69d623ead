"""A street of chargers, and a view of it made of dictionaries."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from commonwatt.kernel.intervals import SLOT_S
from commonwatt.kernel.place import Place
from commonwatt.kernel.ports import Requests
from commonwatt.kernel.prices import PriceList
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.tables import CONNECTION, Table, checked
from commonwatt.kernel.world import Weather, World
from commonwatt.sectors.charging.model import CHARGER

START = 1453330800  # 2016-01-20T23:00Z, midnight in Berlin
BERLIN = Place(52.5, 13.4, 40.0, "Europe/Berlin")
NIGHT = np.zeros(1)


@dataclass
class Street:
    connections: Table
    charger: Table
    rng: Rng
    place: Place = BERLIN
    prices: PriceList = field(default_factory=PriceList)

    @property
    def assets(self):
        return 2 + len(self.charger)

    def table(self, kind):
        assert kind == "charger"
        return self.charger


@dataclass
class Seen:
    """Prices: dear from 6 to 22 h UTC. Nothing measured but what `measured` holds."""

    plan: Street
    now: int = START
    open_requests: Requests | None = None
    measured: dict = field(default_factory=dict)
    tariff: tuple = (0.20, 0.35)

    def requests(self):
        return self.open_requests

    def signal(self, name, window):
        if name == "carbon.kg_per_kwh":
            return np.full(len(window), 0.4)
        if name == "price.wholesale_eur_per_kwh":
            return np.full(len(window), 0.08)
        assert name == "tariff.import_eur_per_kwh"
        hour = window.starts % 86_400 // 3600
        return np.where((hour >= 6) & (hour < 22), self.tariff[1], self.tariff[0])

    def latest(self, quantity, series):
        return self.measured.get(quantity, np.full(series.size, np.nan))

    def history(self, quantity, series, window):
        found = self.measured[quantity]
        assert found.shape == (series.size, len(window))
        return found


def street_of(count=3, seed=1, first=2, **columns):
    """`count` chargers, two to a connection."""
    raw = {"rated_kw": 11.0, "daily_kwh": 8.0, "arrival_h": 17.5, "stay_h": 13.0, "min_kw": 0.0}
    raw |= columns
    filled = {name: list(np.broadcast_to(value, count)) for name, value in raw.items()}
    sites = np.arange(count) // 2
    points = max(1, (count + 1) // 2)
    areas = ["north", "south"] * points
    connections = checked(
        CONNECTION, {"bus": list(range(points)), "neighbourhood": areas[:points]}, "test"
    )
    return Street(
        Table(
            CONNECTION,
            tuple(f"c{i}" for i in range(points)),
            np.arange(points),
            np.full(points, -1),
            connections,
        ),
        Table(
            CHARGER,
            tuple(f"charger/{i}" for i in range(count)),
            first + np.arange(count),
            sites,
            checked(CHARGER, filled, "test"),
        ),
        Rng(seed),
    )


def requests_of(*rows):
    """Rows of (asset, since, until, need, got, power); times in hours from START."""
    columns = np.array(rows, dtype=float).reshape(-1, 6).T
    asset, since, until, need, got, power = columns
    seconds = [(START + 3600 * c).astype(np.int64) for c in (since, until)]
    return Requests(
        asset=asset.astype(np.int64),
        since=seconds[0],
        until=seconds[1],
        need_kwh=need,
        got_kwh=got,
        power_kw=power,
    )


def world_of(street, start):
    points = len(street.connections)
    return World(
        start=start,
        end=start + SLOT_S,
        weather=Weather(temperature_c=NIGHT, wind_m_s=NIGHT, ghi_w_m2=NIGHT, dhi_w_m2=NIGHT),
        phase=np.zeros(points, dtype=np.int64),
        power_kw=np.zeros((points, 3)),
        reactive_kvar=np.zeros((points, 3)),
        asset_kw=np.zeros(street.assets),
        low_kw=np.full(street.assets, -np.inf),
        high_kw=np.full(street.assets, np.inf),
        volts_pu=np.ones(points),
        energised=np.ones(points, dtype=bool),
    )


@pytest.fixture
def make():
    """The makers of this module, for tests that need several streets."""

    class Makers:
        start = START
        street = staticmethod(street_of)
        requests = staticmethod(requests_of)
        world = staticmethod(world_of)

        @staticmethod
        def view(street, requests=None, **more):
            return Seen(street, open_requests=requests, **more)

    return Makers
