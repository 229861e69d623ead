"""What twins stand on: the city with true parameters, its weather as it will be, and its luck."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from commonwatt.city.model import City
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.place import Place
from commonwatt.kernel.prices import PriceList
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.tables import Table
from commonwatt.kernel.units import F, I
from commonwatt.kernel.world import Weather
from commonwatt.platform.signals import Signals


@dataclass(frozen=True, kw_only=True, eq=False)
class TrueGround:
    """Fills the port `Ground`: tables differ from nameplates by `Field.uncertain`."""

    city: City
    rng: Rng
    signals: Signals
    tables: Mapping[str, Table]

    @classmethod
    def of(cls, city: City, rng: Rng, signals: Signals) -> TrueGround:
        """The truth behind `city` under the luck of `rng`."""
        tables = {name: _true(table, rng) for name, table in city.tables.items()}
        return cls(city=city, rng=rng, signals=signals, tables=tables)

    def __deepcopy__(self, memo: dict[int, object]) -> TrueGround:
        """Itself: nothing in it ever changes, and twins that hold it are forked often."""
        return self

    @property
    def place(self) -> Place:
        """Where it lies."""
        return self.city.place

    @property
    def connections(self) -> Table:
        """The metered points."""
        return self.city.connections

    @property
    def assets(self) -> int:
        """How many assets there are."""
        return self.city.assets

    @property
    def sites(self) -> I:
        """(A,) the connection each asset hangs on."""
        return self.city.sites

    @property
    def prices(self) -> PriceList:
        """The published price list."""
        return self.city.prices

    def table(self, kind: str) -> Table:
        """The assets of one kind with their true parameters."""
        return self.tables.get(kind, self.city.table(kind))

    def series(self, name: str, window: Window) -> F:
        """(T,) mean of a named profile."""
        return self.city.series.mean(name, window)

    def weather(self, window: Window) -> Weather:
        """The weather as it will be."""
        return self.signals.weather_truth(window)


def _true(table: Table, rng: Rng) -> Table:
    """`table` with uncertain columns drawn around their nameplate: plate · exp(σ·N(0,1))."""
    drawn = {
        spec.name: table.f(spec.name)
        * np.exp(spec.uncertain * rng.normal(f"truth.{table.kind.name}.{spec.name}", table.ix, 0))
        for spec in table.kind.fields
        if spec.uncertain > 0 and len(table)
    }
    return replace(table, columns={**table.columns, **drawn}) if drawn else table
