"""What is measured of devices, and their newest states in a few words."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.principal import Warrant
from commonwatt.kernel.readings import Of, Quantity
from commonwatt.kernel.units import I
from commonwatt.server.live import Live


def quantities_of(live: Live, ix: int) -> list[Quantity]:
    """What was ever measured of one asset, its power first."""
    row = live.census.sector(live.census.sector_of_asset(ix))
    one = np.array([ix])
    known = [q for q in row.quantities if q.of is Of.ASSET and live.measured(q.name, one)]
    power = live.census.quantities["asset.power_kw"]
    return [power, *known] if live.measured(power.name, one) else known


def foreseen_of_asset(live: Live, ix: int) -> list[str]:
    """Which quantities of an asset are foreseen."""
    row = live.census.sector(live.census.sector_of_asset(ix))
    known, one = live.census.quantities, np.array([ix])
    return [q for q in row.foreseen if known[q].of is Of.ASSET and live.measured(q, one)]


def states_of(live: Live, assets: I, warrant: Warrant) -> list[str]:
    """(K,) their states as people read them: "21.3 °C, 20.9 °C"; empty where there is none."""
    owner = np.array([live.census.sector_of_asset(ix) for ix in assets.tolist()], dtype=np.str_)
    words: list[list[str]] = [[] for _ in range(assets.size)]
    for name in np.unique(owner).tolist():
        mine = np.flatnonzero(owner == name)
        for quantity in live.census.sector(name).quantities:
            if not quantity.state or quantity.of is not Of.ASSET:
                continue
            values = live.latest(quantity.name, assets[mine], warrant)
            for row in np.flatnonzero(np.isfinite(values)).tolist():
                words[mine[row]].append(f"{values[row]:.1f} {quantity.unit}")
    return [", ".join(some) for some in words]
