"""A city on the drawing board: connections and assets are put down one by one, then checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from commonwatt.city.feeding import require_fed
from commonwatt.city.importers.wires import table, unique_ids
from commonwatt.city.model import City, Series, indexed
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.place import Place
from commonwatt.kernel.tables import CONNECTION, Kind, Table, checked
from commonwatt.kernel.units import F
from commonwatt.sectors.charging.model import CHARGER
from commonwatt.sectors.grid.analysis.flow import Feeder
from commonwatt.sectors.homes.model import BATTERY, CONSUMER, HEAT_PUMP, HOT_WATER
from commonwatt.sectors.renewables.model import PV

ASSET_KINDS = {k.name: k for k in (CONSUMER, HEAT_PUMP, HOT_WATER, BATTERY, PV, CHARGER)}
ZONE = "Europe/Berlin"
NOWHERE = Place(latitude=52.4, longitude=13.1, altitude_m=50.0, zone=ZONE)
"""Where a grid without coordinates is taken to lie: Potsdam."""
FUSES_A = (63, 80, 100, 125, 160, 200, 250, 315, 400, 630)
"""Main fuses on sale (DIN VDE 0636); above the largest, whole multiples of it."""
KW_PER_A = np.sqrt(3.0) * 0.4
_BOTH_WAYS = ("battery",)
_RATING = {"consumer": "peak_kw"}


@dataclass
class _Rows:
    """Rows of one asset kind under construction."""

    names: list[str] = field(default_factory=list)
    connection: list[int] = field(default_factory=list)
    columns: dict[str, list[Any]] = field(default_factory=dict)


@dataclass
class Draft:
    """Connections and assets hung on the buses of a grid.

    Attributes:
        where: file or code, for error sentences.
        grid: bus, line, transformer and source.
    """

    where: str
    grid: Mapping[str, Table]
    _names: list[str] = field(default_factory=list)
    _bus: list[int] = field(default_factory=list)
    _use: list[str] = field(default_factory=list)
    _rows: dict[str, _Rows] = field(default_factory=dict)

    def connect(self, name: str, bus: int, use: str) -> int:
        """A new connection at `bus`; its index."""
        self._names.append(name)
        self._bus.append(bus)
        self._use.append(use)
        return len(self._names) - 1

    def hang(self, kind: str, name: str, connection: int, **columns: float | str) -> None:
        """Put an asset down at a connection."""
        rows = self._rows.setdefault(kind, _Rows())
        rows.names.append(name)
        rows.connection.append(connection)
        for column, value in columns.items():
            rows.columns.setdefault(column, []).append(value)

    def site(self, kind: str, name: str, bus: int, use: str) -> int:
        """The connection at `bus` with the fewest assets of `kind`; a new one if there is none."""
        here = [c for c, at in enumerate(self._bus) if at == bus]
        if not here:
            return self.connect(name, bus, use)
        taken = self._rows[kind].connection if kind in self._rows else []
        return min(here, key=taken.count)

    def city(self, name: str, series: Series) -> City:
        """The finished city.

        Raises:
            InvalidInput: nothing draws power, a connection hangs on a dead bus, or a value is off.
        """
        if "consumer" not in self._rows:
            raise InvalidInput(f"{self.where}: there is no load in this grid, so nothing to run")
        bus = np.array(self._bus, dtype=np.int64)
        feeder = Feeder(self.grid, bus)
        require_fed(feeder, self._names, self.grid["bus"].ids, self.where)
        assets = {kind: self._assets(kind, rows) for kind, rows in self._rows.items()}
        columns = {
            "bus": self._bus,
            "neighbourhood": neighbourhoods(feeder),
            "use": self._use,
            "fuse_kw": fuses_kw(assets, bus.size).tolist(),
        }
        return City(
            name=name,
            place=_place(self.grid["bus"]),
            connections=table(CONNECTION, self._names, columns, f"{self.where}, connections"),
            tables=indexed({**self.grid, **assets}),
            series=series,
        )

    def _assets(self, kind: str, rows: _Rows) -> Table:
        where = f"{self.where}, {kind}"
        return sited(ASSET_KINDS[kind], rows.names, rows.connection, rows.columns, where)


def sited(
    kind: Kind, names: list[str], connection: list[int], columns: dict[str, list[Any]], where: str
) -> Table:
    """A checked table of assets; `indexed` deals their indices."""
    return Table(
        kind,
        unique_ids(kind.name, names),
        np.arange(len(names), dtype=np.int64),
        np.array(connection, dtype=np.int64),
        checked(kind, columns, where),
    )


def fuses_kw(assets: Mapping[str, Table], connections: int) -> F:
    """(C,) the next main fuse above all that a connection can draw, or feed in, at once."""
    draw, feed = np.zeros(connections), np.zeros(connections)
    for kind, rows in assets.items():
        rated = rows.f(_RATING.get(kind, "rated_kw"))
        if kind != "pv":
            np.add.at(draw, rows.connection, rated)
        if kind == "pv" or kind in _BOTH_WAYS:
            np.add.at(feed, rows.connection, rated)
    amps = np.maximum(draw, feed) / KW_PER_A
    largest = FUSES_A[-1]
    sizes = np.array(FUSES_A)
    fitting = sizes[np.minimum(np.searchsorted(sizes, amps), len(FUSES_A) - 1)]
    fuse: F = np.where(amps > largest, np.ceil(amps / largest) * largest, fitting) * KW_PER_A
    return fuse


def neighbourhoods(feeder: Feeder) -> list[str]:
    """(C,) "feeder X", X the first line below the last transformer, or "busbar"."""
    return [_feeder_of(feeder, int(bus)) for bus in feeder.connection_bus]


def _feeder_of(feeder: Feeder, bus: int) -> str:
    last, here = -1, bus
    while feeder.tree.above[here] >= feeder.transformers:
        last, here = int(feeder.tree.above[here]), int(feeder.tree.parent[here])
    return "busbar" if last < 0 else feeder.names[last].replace("line ", "feeder ", 1)


def _place(bus: Table) -> Place:
    lon, lat = bus.f("lon"), bus.f("lat")
    known = (lon != 0) | (lat != 0)
    if not known.any():
        return NOWHERE
    return Place(
        latitude=float(lat[known].mean()),
        longitude=float(lon[known].mean()),
        altitude_m=NOWHERE.altitude_m,
        zone=ZONE,
    )


def flat(slots: int) -> Mapping[str, F]:
    """Series of a consumer without a profile: always at its peak."""
    ones = np.ones(slots)
    return {"flat.p": ones, "flat.q": ones}
