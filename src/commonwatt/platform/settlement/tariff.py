"""What a home pays for energy and gets for it, in exact integers per Wh."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import DAY_S
from commonwatt.kernel.money import TICKS_PER_CT, ticks_per_wh
from commonwatt.kernel.place import Place
from commonwatt.kernel.units import SECONDS_PER_HOUR, I


@dataclass(frozen=True, kw_only=True)
class Band:
    """A time-of-use band.

    Attributes:
        name: as printed on bills.
        import_ct_per_kwh: price of energy drawn, to 0.01 ct/kWh.
        hours: local (from, to) hours of every day; (22, 6) runs over midnight. Without any it
            holds only as the first band, at all other times.
    """

    name: str
    import_ct_per_kwh: Decimal
    hours: tuple[tuple[float, float], ...] = ()


NORMAL = Band(name="normal", import_ct_per_kwh=Decimal("33.00"))
CHEAP = Band(name="cheap", import_ct_per_kwh=Decimal("25.00"), hours=((22, 6),))


@dataclass(frozen=True, kw_only=True)
class Tariff:
    """A retail tariff. The default is a stylised German two-rate tariff.

    Attributes:
        name: as printed on bills.
        bands: the first one holds whenever no other does.
        export_ct_per_kwh: what a home gets for energy fed in, to 0.01 ct/kWh.
        standing_ct_per_day: for being connected, per local day.
        zone: civil time zone in which bands and days are told.

    Raises:
        InvalidInput: no band, overlapping bands, a price finer than 0.01 ct/kWh, an unknown zone.
    """

    name: str = "two-rate"
    bands: tuple[Band, ...] = (NORMAL, CHEAP)
    export_ct_per_kwh: Decimal = Decimal("8.00")
    standing_ct_per_day: Decimal = Decimal("35.00")
    zone: str = "Europe/Berlin"

    def __post_init__(self) -> None:
        """Refuse what could not be billed exactly."""
        if not self.bands:
            raise InvalidInput(f"tariff {self.name!r} has no band; give at least one")
        try:
            ZoneInfo(self.zone)
            _ = self._import_ticks, self.export_ticks
        except (ValueError, KeyError) as error:
            raise InvalidInput(f"tariff {self.name!r}: {error}") from error
        if (self.standing_ct_per_day * TICKS_PER_CT) % 1:
            raise InvalidInput(f"tariff {self.name!r}: the standing charge is finer than 10⁻⁵ ct")
        quarter = np.arange(0, DAY_S, 900)
        if (np.sum([_holds(band, quarter) for band in self.bands[1:]], axis=0) > 1).any():
            raise InvalidInput(f"tariff {self.name!r}: two bands overlap; each hour has one price")

    @property
    def export_ticks(self) -> int:
        """Ticks per Wh fed in."""
        return ticks_per_wh(self.export_ct_per_kwh)

    @property
    def standing_ticks(self) -> int:
        """Ticks per local day."""
        return int(self.standing_ct_per_day * TICKS_PER_CT)

    def local(self, times: I) -> I:
        """(T,) local wall-clock seconds since 1970."""
        return self._clock.local(times)

    def band(self, times: I) -> I:
        """(T,) which of `bands` holds at each moment."""
        clock = self.local(times) % DAY_S
        found = np.zeros(times.size, dtype=np.int64)
        for number, band in enumerate(self.bands[1:], start=1):
            found[_holds(band, clock)] = number
        return found

    def import_ticks(self, times: I) -> I:
        """(T,) ticks per Wh drawn at each moment."""
        ticks: I = self._import_ticks[self.band(times)]
        return ticks

    @cached_property
    def _import_ticks(self) -> I:
        return np.array([ticks_per_wh(b.import_ct_per_kwh) for b in self.bands], dtype=np.int64)

    @cached_property
    def _clock(self) -> Place:
        return Place(latitude=0.0, longitude=0.0, altitude_m=0.0, zone=self.zone)


def _holds(band: Band, clock: I) -> np.ndarray:
    """(T,) whether `band` holds at local seconds of the day `clock`."""
    held = np.zeros(clock.size, dtype=np.bool_)
    for begin, end in band.hours:
        first, last = begin * SECONDS_PER_HOUR, end * SECONDS_PER_HOUR
        if first <= last:
            held |= (clock >= first) & (clock < last)
        else:
            held |= (clock >= first) | (clock < last)
    return held
