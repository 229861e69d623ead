"""A village for tests: one 100 kVA transformer, two feeders of three homes, sized to be tight."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from commonwatt.city.model import City, Series, indexed
from commonwatt.kernel.place import Place
from commonwatt.kernel.tables import CONNECTION, Kind, Table, checked
from commonwatt.sectors.charging.model import CHARGER
from commonwatt.sectors.grid.model import BUS, LINE, SOURCE, TRANSFORMER
from commonwatt.sectors.renewables.model import PV

HOMES = 6


def table(
    kind: Kind, connection: Sequence[int] | None = None, rows: int = 0, **columns: Sequence[object]
) -> Table:
    rows = rows or max(len(c) for c in columns.values())
    hosts = np.full(rows, -1) if connection is None else np.array(connection)
    ids = tuple(f"{kind.name}/{k}" for k in range(rows))
    return Table(kind, ids, np.arange(rows), hosts, checked(kind, columns, kind.name))


def village(low_pu: float = 0.94, high_pu: float = 1.06) -> City:
    """Buses: 0 at 20 kV, 1 the rail, 2-4 and 5-7 two feeders; bus k+2 is home k's."""
    lines = [(1, 2), (3, 2), (3, 4), (1, 5), (5, 6), (7, 6)]
    grid = [
        table(BUS, rated_kv=[20.0] + [0.4] * 7, low_pu=[low_pu] * 8, high_pu=[high_pu] * 8),
        table(
            LINE,
            from_bus=[a for a, _ in lines],
            to_bus=[b for _, b in lines],
            length_m=[60.0] * 6,
            r_ohm=[0.0125] * 6,
            x_ohm=[0.0048] * 6,
            c_nf=[50.0] * 6,
            rated_a=[120.0] * 6,
        ),
        table(
            TRANSFORMER,
            high_bus=[0],
            low_bus=[1],
            rated_kva=[100.0],
            high_kv=[20.0],
            low_kv=[0.4],
            short_circuit_pct=[4.0],
            copper_loss_kw=[1.75],
            iron_loss_kw=[0.2],
            no_load_pct=[0.3],
            clock=[5],
        ),
        table(SOURCE, bus=[0], volts_pu=[1.0]),
        table(PV, connection=range(HOMES), rated_kw=[30.0, 30.0, 20.0, 30.0, 30.0, 20.0]),
        table(CHARGER, connection=range(HOMES), rated_kw=[22.0] * HOMES, daily_kwh=[10.0] * HOMES),
    ]
    return City(
        name="village",
        place=Place(53.6, 11.4, 40.0, "Europe/Berlin"),
        connections=table(CONNECTION, bus=range(2, 2 + HOMES)),
        tables=indexed({t.kind.name: t for t in grid}),
        series=Series(0, {}),
    )


@pytest.fixture(scope="session")
def city() -> City:
    return village()


@pytest.fixture(scope="session")
def draw_village():
    return village
