"""A village for tests: small enough to live through in seconds, loaded enough to need coordination.

Seven homes on one feeder behind one small transformer. The sun is bright at noon and the evening is
cold, so that roofs overload the transformer by day, cars and heat pumps by night. The village
brings its own weather and prices, so nothing large is loaded.
"""

import pickle
from contextlib import contextmanager

import numpy as np
import pytest

from commonwatt.city import folder
from commonwatt.city.live.folder import StateFolder
from commonwatt.city.live.life import Life
from commonwatt.city.live.setting import Setting
from commonwatt.city.model import City, Series, indexed
from commonwatt.city.registry import kinds
from commonwatt.kernel.intervals import DAY_S, SLOTS_PER_DAY
from commonwatt.kernel.place import Place
from commonwatt.kernel.tables import Table, checked
from commonwatt.platform.database import Database
from commonwatt.study import play

FIRST = 1491343200  # 2017-04-05, local midnight in Berlin
LEAD_DAYS = 4
NOON = FIRST + LEAD_DAYS * DAY_S + DAY_S // 2
"""When lives begin in tests: sun at once, then an evening, then cars that leave in the morning."""
SEED = 7
HOMES = 7
AT_ONCE = 1e6
"""City seconds per second at which nobody waits."""


def table(kind, count, connection=None, **columns):
    schema = kinds()[kind]
    ids = [f"{kind}/{k + 1}" for k in range(count)]
    filled = {
        name: list(v) if isinstance(v, list | np.ndarray) else [v] * count
        for name, v in columns.items()
    }
    hosts = np.full(count, -1) if connection is None else np.array(connection)
    typed = checked(schema, {"id": ids, **filled}, kind)
    return Table(schema, tuple(ids), np.arange(count), hosts, typed)


def series(days):
    """Quarter hours of load, clear but not cloudless skies, cold nights, and prices."""
    slot = np.arange(days * SLOTS_PER_DAY)
    hour, day = slot % SLOTS_PER_DAY / 4, slot // SLOTS_PER_DAY
    sun = np.maximum(0.0, np.sin(np.pi * (hour - 6.5) / 13.0))
    haze = 1.0 - 0.1 * np.sin(1.7 * day) ** 2
    evening = np.exp(-(((hour - 19) / 2.5) ** 2))
    return {
        "h0.p": 0.12 + 0.35 * evening + 0.03 * np.sin(slot * 1.3),
        "h0.q": 0.05 + 0.1 * evening,
        "weather.ghi_w_m2": 820 * sun * haze,
        "weather.dhi_w_m2": 140 * sun,
        "weather.temperature_c": 2.0 + 5.0 * sun + 0.5 * np.sin(day),
        "weather.wind_m_s": 3.0 + 0.5 * np.sin(slot / 17.0),
        "price.wholesale_eur_per_kwh": 0.09 + 0.05 * evening - 0.05 * sun,
        "carbon.kg_per_kwh": 0.4 + 0.1 * evening - 0.15 * sun,
    }


def drawn(days=9, rated_kva=30.0, **altered):
    """The village; `altered` series replace its own."""
    all_homes = np.arange(HOMES)
    tables = (
        table("bus", 4, rated_kv=[20.0, 0.4, 0.4, 0.4]),
        table("source", 1, bus=0),
        table(
            "transformer", 1, high_bus=0, low_bus=1, rated_kva=rated_kva, high_kv=20.0, low_kv=0.4,
            short_circuit_pct=4.0, copper_loss_kw=0.015 * rated_kva, iron_loss_kw=0.1,
            no_load_pct=0.3, clock=5,
        ),
        table(
            "line", 2, from_bus=[1, 2], to_bus=[2, 3], length_m=80.0, r_ohm=0.017, x_ohm=0.007,
            c_nf=20.0, rated_a=200.0,
        ),
        table("consumer", HOMES, all_homes, profile="h0", peak_kw=4.0, peak_kvar=1.0),
        table("pv", 5, [0, 2, 3, 5, 6], rated_kw=[11.0, 12.0, 10.0, 12.0, 11.0]),
        table("battery", 2, [0, 3], rated_kw=4.0, capacity_kwh=8.0),
        table("charger", 5, [1, 2, 3, 4, 6], rated_kw=11.0, daily_kwh=14.0),
        table("heat_pump", 3, [1, 4, 5], rated_kw=3.0, loss_kw_per_k=0.2, mass_kwh_per_k=8.0),
        table("hot_water", 2, [1, 5], rated_kw=1.0),
    )  # fmt: skip
    return City(
        name="village",
        place=Place(53.6, 11.4, 40.0, "Europe/Berlin"),
        connections=table(
            "connection", HOMES, bus=[1, 1, 2, 2, 2, 3, 3], neighbourhood=["near"] * 4 + ["far"] * 3
        ),
        tables=indexed({t.kind.name: t for t in tables}),
        series=Series(FIRST, {**series(days), **altered}),
    )


@pytest.fixture(scope="session")
def village():
    """Draws the village, with profiles for some days and a transformer of some size."""
    return drawn


@pytest.fixture(scope="session")
def tables():
    """Draws a table of one kind."""
    return table


@pytest.fixture(scope="session")
def short_lead():
    """A study's past is some days rather than weeks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(play, "LEAD_DAYS", LEAD_DAYS)
        yield LEAD_DAYS


@pytest.fixture(scope="session")
def past(short_lead):
    """The village at noon after some days of today's life, as bytes."""
    assert short_lead == play.LEAD_DAYS
    return pickle.dumps(play.lead(drawn(), NOON, SEED))


@pytest.fixture
def world(past):
    """The village at noon, to be lived in."""
    return pickle.loads(past)  # noqa: S301 - our own bytes


@pytest.fixture(scope="session")
def noon():
    """When `world` stands still."""
    return NOON


@pytest.fixture(scope="session")
def drawn_village(tmp_path_factory):
    """The folder of a village with profiles for a fortnight."""
    path = tmp_path_factory.mktemp("drawn") / "village"
    folder.save(drawn(days=14), path)
    return path


@pytest.fixture(scope="session")
def begin(drawn_village):
    """Makes a state folder in which the village is about to live."""

    def make(path, **changes):
        setting = {
            "city": str(drawn_village),
            "seed": SEED,
            "start": NOON,
            "speed": AT_ONCE,
            "lead_s": DAY_S,
        }
        state = StateFolder(path)
        state.begin(Setting(**setting | changes))
        database = Database(state.database_url)
        database.migrate()
        database.close()
        return state

    return make


@pytest.fixture(scope="session")
def alive():
    """Opens a life in a state folder, and closes it at the end of the block."""

    @contextmanager
    def opened(state, **options):
        database = Database(state.database_url)
        life = Life(state, database, **options)
        try:
            yield life
        finally:
            life.close()
            database.close()

    return opened
