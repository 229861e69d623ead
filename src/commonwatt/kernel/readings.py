"""What was measured, and how sure we are of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

import numpy as np

from commonwatt.kernel.units import F, I


class Of(StrEnum):
    """What a series of a quantity belongs to, hence what its series number indexes."""

    ASSET = "asset"
    CONNECTION = "connection"
    BUS = "bus"
    BRANCH = "branch"
    CITY = "city"


_UNITS = {
    "_k_h": "K·h",
    "_kwh": "kWh",
    "_wh": "Wh",
    "_kw": "kW",
    "kvar": "kvar",
    "_c": "°C",
    "_pu": "pu",
    "_l": "l",
    "_lux": "lx",
    "_h": "h",
}
"""What the ends of names stand for, the longer before the shorter."""


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """Something measured: `pv.power_kw`. `state` marks values at a slot's end rather than means."""

    name: str
    of: Of
    doc: str
    state: bool = False

    @property
    def unit(self) -> str:
        """As its name says: "kW" of `pv.power_kw`, "1" of a bare number."""
        return next((unit for end, unit in _UNITS.items() if self.name.endswith(end)), "1")


class Quality(IntEnum):
    """How a value came about."""

    MEASURED = 0
    VALIDATED = 1
    ESTIMATED = 2
    REJECTED = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class Readings:
    """K readings of one quantity.

    Attributes:
        quantity: name, for instance "meter.import_wh".
        series: (K,) index of the asset, connection, bus or branch.
        time: (K,) start of the interval the value holds for, epoch seconds.
        value: (K,).
        quality: (K,) of `Quality`.
    """

    quantity: str
    series: I
    time: I
    value: F
    quality: I

    def __len__(self) -> int:
        """How many."""
        return self.series.size

    @classmethod
    def at(cls, quantity: str, series: I, time: int, value: F) -> Readings:
        """Measured values of many series for the one interval that starts at `time`."""
        return cls(
            quantity=quantity,
            series=series,
            time=np.full(series.size, time, dtype=np.int64),
            value=np.asarray(value, dtype=np.float64),
            quality=np.zeros(series.size, dtype=np.int64),
        )

    def where(self, keep: np.ndarray) -> Readings:
        """Those readings for which the mask `keep` holds."""
        return Readings(
            quantity=self.quantity,
            series=self.series[keep],
            time=self.time[keep],
            value=self.value[keep],
            quality=self.quality[keep],
        )
