"""A hamlet for tests: three buses, three connections, a few assets."""

import numpy as np
import pytest

from commonwatt.city.model import City, Series, indexed
from commonwatt.city.registry import kinds
from commonwatt.kernel.intervals import SLOTS_PER_DAY
from commonwatt.kernel.place import Place
from commonwatt.kernel.tables import Table, checked

START = 1451602800  # 2015-12-31T23:00Z


def table(kind, ids, connection=None, **columns):
    schema = kinds()[kind]
    hosts = np.full(len(ids), -1) if connection is None else np.array(connection)
    typed = checked(schema, {"id": ids, **columns}, kind)
    return Table(schema, tuple(ids), np.arange(len(ids)), hosts, typed)


def _hamlet(days=40):
    slots = days * SLOTS_PER_DAY
    shape = 0.3 + 0.2 * np.sin(2 * np.pi * np.arange(slots) / SLOTS_PER_DAY)
    tables = {
        t.kind.name: t
        for t in (
            table("bus", ["bus/mv", "bus/lv", "bus/end"], rated_kv=[20.0, 0.4, 0.4]),
            table(
                "consumer",
                ["consumer/1", "consumer/2", "consumer/3"],
                [0, 1, 2],
                profile=["h0", "h0", "h0"],
                peak_kw=[4.0, 3.0, 5.0],
                peak_kvar=[1.0, 1.0, 1.0],
            ),
            table("pv", ["pv/1", "pv/2"], [0, 2], rated_kw=[9.0, 6.0]),
            table("battery", ["battery/1"], [0], rated_kw=[5.0], capacity_kwh=[10.0]),
            table("charger", ["charger/1"], [1], rated_kw=[11.0], daily_kwh=[7.0]),
        )
    }
    return City(
        name="hamlet",
        place=Place(53.6, 11.4, 40.0, "Europe/Berlin"),
        connections=table("connection", ["c/1", "c/2", "c/3"], bus=[1, 2, 2]),
        tables=indexed(tables),
        series=Series(START, {"h0.p": shape, "h0.q": shape}),
    )


@pytest.fixture
def hamlet():
    """Makes a hamlet with profiles for some days."""
    return _hamlet
