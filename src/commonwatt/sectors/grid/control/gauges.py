"""What instruments say about the wires this moment, in the rows of the limits that a plan keeps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.units import F
from commonwatt.sectors.grid.analysis.overload import active_limit_kw
from commonwatt.sectors.grid.control.network import GridNetwork


@dataclass(frozen=True, kw_only=True, eq=False)
class Gauged:
    """R limits at one moment; NaN where nothing was measured.

    Attributes:
        value: (R,) kW of a branch, pu of a bus.
        low: (R,) where it should stay above.
        high: (R,) where it should stay below.
        spare: (R,) how far within it should be before anybody is let go.
    """

    value: F
    low: F
    high: F
    spare: F


class Gauges:
    """Reads branches and buses against their ratings.

    Args:
        network: whose rows these are; its own margins are the plan's and do not count here.
        margin: share of every rating kept free of what changes until the next reading.
        margin_pu: kept free at either end of every voltage band.
        band: share of every rating that must be free beside before anybody is let go.
        band_pu: the same at either end of every voltage band.
    """

    def __init__(
        self,
        network: GridNetwork,
        *,
        margin: float = 0.02,
        margin_pu: float = 0.001,
        band: float = 0.03,
        band_pu: float = 0.003,
    ) -> None:
        self._rows = network.rows
        self._free_kva = (1.0 - margin) * network.feeder.rating_kva[self._rows.branch]
        bus = network.feeder.tables["bus"]
        self._low_pu = bus.f("low_pu")[self._rows.bus] + margin_pu
        self._high_pu = bus.f("high_pu")[self._rows.bus] - margin_pu
        self._rating_kva = network.feeder.rating_kva[self._rows.branch]
        self._spare = np.concatenate(
            [band * self._rating_kva, np.full(self._rows.bus.size, band_pu)]
        )

    def read(self, power_kw: F, loading: F, volts_pu: F) -> Gauged:
        """From the power and loading of branches and the voltage of buses, all of one moment."""
        rows = self._rows
        power, share = power_kw[rows.branch], loading[rows.branch]
        free = active_limit_kw(power, share * self._rating_kva, self._free_kva)
        return Gauged(
            value=np.concatenate([power, volts_pu[rows.bus]]),
            low=np.concatenate([-free, self._low_pu]),
            high=np.concatenate([free, self._high_pu]),
            spare=self._spare,
        )
