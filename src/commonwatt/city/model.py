"""The city as drawn: column tables, profiles, prices and place, in one immutable value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path

import numpy as np

from commonwatt.city.allowances import Allowances
from commonwatt.city.confidence import Dispatch
from commonwatt.city.drawing import Layer
from commonwatt.city.fairness import Fairness
from commonwatt.city.registry import kinds
from commonwatt.city.reserve import Reserve
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.place import Place
from commonwatt.kernel.prices import PriceList
from commonwatt.kernel.tables import Kind, Table, checked
from commonwatt.kernel.units import F, I


@dataclass(frozen=True, eq=False)
class Series:
    """Profiles on a common 15-minute axis, UTC, labelled by slot start.

    Attributes:
        start: epoch seconds of the first slot.
        values: by name, (K,) floats; names starting with `weather.` and `price.` are signals.
    """

    start: int
    values: Mapping[str, F]

    @property
    def slots(self) -> int:
        """Slots covered, K; 0 without any series."""
        return min((v.size for v in self.values.values()), default=0)

    def mean(self, name: str, window: Window) -> F:
        """(T,) mean of one series over each slot of `window`.

        Raises:
            InvalidInput: there is no such series or it does not cover the window.
        """
        if name not in self.values:
            known = ", ".join(sorted(self.values)) or "none"
            msg = f"the city has no series {name!r}; it has {known}"
            raise InvalidInput(msg)
        first = (window.start - self.start) // SLOT_S
        last = (window.end - self.start) // SLOT_S
        if first < 0 or last > self.values[name].size:
            msg = f"series {name!r} does not cover the asked time"
            raise InvalidInput(msg)
        return window.average(self.values[name][first:last])


@dataclass(frozen=True, kw_only=True, eq=False)
class City:
    """One version of a city. Fills the port `Plan`.

    Attributes:
        name: what people call it.
        place: where it lies.
        connections: the metered points, kind `connection`.
        tables: every other kind, by name.
        series: profiles and, where the city has its own, weather and prices.
        prices: the published price list.
        fairness: how hard plans draw the burdens of neighbourhoods together.
        dispatch: how surely plans hold their limits.
        reserve: what plans keep ready.
        allowances: what sites may draw and feed in beside their fuses.
        layers: what its map shows, by layer, where it knows more than its tables tell.
        version: rises with every change of topology.
    """

    name: str
    place: Place
    connections: Table
    tables: Mapping[str, Table]
    series: Series
    prices: PriceList = field(default_factory=PriceList)
    fairness: Fairness = field(default_factory=Fairness)
    dispatch: Dispatch = field(default_factory=Dispatch)
    reserve: Reserve = field(default_factory=Reserve)
    allowances: Allowances = field(default_factory=Allowances)
    layers: Mapping[str, Layer] = field(default_factory=dict)
    version: int = 1

    @classmethod
    def load(cls, source: str | Path) -> City:
        """The city behind a folder, a pandapower file, `simbench:CODE` or `generate:HOMES:SEED`.

        Raises:
            InvalidInput: there is no such thing, or it is broken; the sentence names the culprit.
        """
        from commonwatt.city import sources  # noqa: PLC0415 - sources make cities: a circle at import

        return sources.load(source)

    @property
    def assets(self) -> int:
        """How many assets there are, A: dense indices run over 0…A-1."""
        return sum(len(t) for t in self.tables.values() if t.kind.sited)

    @cached_property
    def sites(self) -> I:
        """(A,) the connection each asset hangs on, by dense index."""
        found = np.zeros(self.assets, dtype=np.int64)
        for table in self.tables.values():
            if table.kind.sited:
                found[table.ix] = table.connection
        return found

    def table(self, kind: str) -> Table:
        """The rows of one kind; an empty table where the city has none."""
        if kind in self.tables:
            return self.tables[kind]
        return _nothing(kind)

    def with_tables(self, tables: Mapping[str, Table]) -> City:
        """The next version, with some tables replaced or added and dense indices dealt anew."""
        merged = {**self.tables, **tables}
        return replace(self, tables=indexed(merged), version=self.version + 1)


@cache
def _nothing(name: str) -> Table:
    """No rows of a kind, with the columns that a sector declares for it."""
    kind = kinds().get(name) or Kind(name=name, doc="none in this city", fields=())
    none = np.empty(0, dtype=np.int64)
    return Table(kind, (), none, none, checked(kind, {f.name: () for f in kind.fields}, name))


def indexed(tables: Mapping[str, Table]) -> dict[str, Table]:
    """`tables` in order of kind name, with dense indices dealt over all sited kinds."""
    dealt: dict[str, Table] = {}
    following = 0
    for name in sorted(tables):
        table = tables[name]
        start = following if table.kind.sited else 0
        ix = start + np.arange(len(table), dtype=np.int64)
        dealt[name] = replace(table, ix=ix)
        following += len(table) if table.kind.sited else 0
    return dealt
