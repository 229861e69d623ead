"""What there is, numbered: ids, kinds and sectors of everything a page may ask about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from commonwatt.city.model import City
from commonwatt.kernel.errors import NotFound
from commonwatt.kernel.readings import Quantity
from commonwatt.kernel.sector import Sector
from commonwatt.kernel.units import F, I
from commonwatt.sectors.grid.analysis.flow import Feeder
from commonwatt.sectors.metering.model import UNMETERED


@dataclass(frozen=True, eq=False)
class Census:
    """The things of one city version, by dense index."""

    city: City
    sectors: Sequence[Sector]

    @cached_property
    def assets(self) -> tuple[str, ...]:
        """(A,) ids."""
        ids = [""] * self.city.assets
        for table in self.city.tables.values():
            if table.kind.sited:
                for ix, name in zip(table.ix.tolist(), table.ids, strict=True):
                    ids[ix] = name
        return tuple(ids)

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """(A,) kind of every asset."""
        names = [""] * self.city.assets
        for table in self.city.tables.values():
            if table.kind.sited:
                for ix in table.ix.tolist():
                    names[ix] = table.kind.name
        return tuple(names)

    @cached_property
    def sector_of_kind(self) -> dict[str, str]:
        """Which sector a kind belongs to."""
        return {kind.name: row.name for row in self.sectors for kind in row.kinds}

    @cached_property
    def members(self) -> dict[str, I]:
        """The assets of every sector, rising."""
        found: dict[str, list[I]] = {row.name: [] for row in self.sectors}
        for table in self.city.tables.values():
            owner = self.sector_of_kind.get(table.kind.name)
            if table.kind.sited and owner is not None:
                found[owner].append(table.ix)
        return {
            name: np.sort(np.concatenate(parts)) if parts else np.empty(0, np.int64)
            for name, parts in found.items()
        }

    @cached_property
    def branches(self) -> tuple[str, ...]:
        """(B,) ids: transformers, then lines, as the grid's quantities number them."""
        return (*self.city.table("transformer").ids, *self.city.table("line").ids)

    @cached_property
    def feeder(self) -> Feeder:
        """The wires, ready to be solved."""
        return Feeder.of(self.city)

    @cached_property
    def heads(self) -> I:
        """Where load is watched, as branches: transformers, and the first line of each feeder."""
        feeder = self.feeder
        fed = np.isin(feeder.near_bus, feeder.far_bus[: feeder.transformers])
        return np.union1d(np.arange(feeder.transformers), np.flatnonzero(fed))

    @cached_property
    def below(self) -> csr_array:
        """(branches,C) 1 where a connection hangs below a branch."""
        feeder = self.feeder
        return feeder.tree.behind(feeder.connection_bus, feeder.branches)

    @cached_property
    def quantities(self) -> dict[str, Quantity]:
        """All that is measured, by name."""
        return {q.name: q for row in self.sectors for q in row.quantities}

    @cached_property
    def _asset_number(self) -> dict[str, int]:
        return {name: ix for ix, name in enumerate(self.assets)}

    @cached_property
    def _connection_number(self) -> dict[str, int]:
        return {name: ix for ix, name in enumerate(self.city.connections.ids)}

    def asset(self, name: str) -> int:
        """The index of an asset.

        Raises:
            NotFound: there is none of that id.
        """
        if name not in self._asset_number:
            raise NotFound(f"there is no asset {name!r} in {self.city.name}")
        return self._asset_number[name]

    def connection(self, name: str) -> int:
        """The index of a connection.

        Raises:
            NotFound: there is none of that id.
        """
        if name not in self._connection_number:
            raise NotFound(f"there is no connection {name!r} in {self.city.name}")
        return self._connection_number[name]

    def sector(self, name: str) -> Sector:
        """The row of a sector.

        Raises:
            NotFound: no such sector is installed.
        """
        for row in self.sectors:
            if row.name == name:
                return row
        known = ", ".join(row.name for row in self.sectors)
        raise NotFound(f"there is no sector {name!r}; there are {known}")

    def sector_of_asset(self, ix: int) -> str:
        """Name of the sector an asset belongs to."""
        return self.sector_of_kind.get(self.kinds[ix], "")

    @cached_property
    def base_share(self) -> F:
        """(A,) share of its connection's base load that an asset stands for; NaN if sub-metered."""
        share = np.full(self.city.assets, np.nan)
        table = self.city.table(UNMETERED)
        count = np.bincount(table.connection, minlength=len(self.city.connections))
        share[table.ix] = 1.0 / count[table.connection]
        return share


def asset_kw(census: Census, asset: I, metered: F, base: F) -> F:
    """(K,…) power of some assets: as sub-metered, else their share of the base load.

    Args:
        census: what there is.
        asset: (K,) which.
        metered: (K,…) their `asset.power_kw`, NaN where nothing is measured.
        base: (K,…) the `connection.base_kw` of the connection each hangs on.
    """
    share = census.base_share[asset]
    rest = base * (share if base.ndim == 1 else share[:, None])
    return np.where(np.isfinite(metered), metered, rest)
