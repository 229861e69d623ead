"""What a device's newest measured state is, in a few words."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.principal import Warrant
from commonwatt.kernel.readings import Of, Quantity
from commonwatt.server.live import Live


def quantities_of(live: Live, ix: int) -> list[Quantity]:
    """What was ever measured of one asset, its power first."""
    row = live.census.sector(live.census.sector_of_asset(ix))
    one = np.array([ix])
    known = [q for q in row.quantities if q.of is Of.ASSET and live.measured(q.name, one)]
    power = live.census.quantities["asset.power_kw"]
    return [power, *known] if live.measured(power.name, one) else known


def state_of(live: Live, ix: int, warrant: Warrant) -> str:
    """Its states as people read them: "21.3 °C, 20.9 °C"; empty where it has none."""
    states = [q for q in quantities_of(live, ix) if q.state]
    values = [(live.latest(q.name, np.array([ix]), warrant)[0], q.unit) for q in states]
    return ", ".join(f"{value:.1f} {unit}" for value, unit in values if np.isfinite(value))
