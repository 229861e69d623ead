"""The most stressed days of a year: where today's habits overload the wires most, by energy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from commonwatt.city.bootstrap import Simulated, simulated
from commonwatt.city.model import City
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import DAY_S, SLOT_S, moment
from commonwatt.kernel.units import F
from commonwatt.sectors.grid.analysis.flow import Feeder
from commonwatt.sectors.grid.analysis.overload import overload_kvah

LEAD_DAYS = 28
"""Days of history a study lives through before it begins."""
TAIL_DAYS = 3
"""Days of weather kept beyond a study's end, for its last forecasts."""


@dataclass(frozen=True)
class Stress:
    """A span of days and how stressed it is."""

    start: int
    overload_kvah: float
    peak_loading: float

    def why(self, days: int) -> str:
        """One sentence for the report."""
        date = f"{moment(self.start + DAY_S // 2):%d %B %Y}"
        if self.overload_kvah > 0:
            return (
                f"The {days} days from {date} are the most stressed of the year: under today's "
                f"habits the wires are overloaded by {self.overload_kvah:.0f} kVAh."
            )
        return (
            f"The {days} days from {date} are the most stressed of the year, yet no limit binds: "
            f"the worst loading is {self.peak_loading:.0%}."
        )


def most_stressed(
    city: City,
    *,
    days: int,
    count: int,
    seed: int,
    progress: Callable[[float], None],
) -> list[Stress]:
    """The `count` most stressed spans of `days` days, none overlapping another.

    A year of today's habits is lived through once; spans are ranked by overload energy, then by
    peak loading.

    Args:
        city: what is studied.
        days: length of a span.
        count: how many spans.
        seed: the luck of the year.
        progress: told the share done.

    Raises:
        InvalidInput: the city's profiles are too short for even one span.
    """
    first, last = _usable(city)
    if last - first < days:
        raise InvalidInput(
            f"{city.name}: its profiles cover too few days for a study of {days} days with "
            f"{LEAD_DAYS} days of history before"
        )
    overload, peak = _year(city, first, last, seed, progress)
    spans = last - first - days + 1
    sums = np.array([overload[k : k + days].sum() for k in range(spans)])
    peaks = np.array([peak[k : k + days].max() for k in range(spans)])
    starts = _midnights(city, first, last)
    taken: list[int] = []
    for k in np.lexsort((-peaks, -sums)):
        if all(abs(int(k) - other) >= days for other in taken):
            taken.append(int(k))
        if len(taken) == count:
            break
    return [Stress(int(starts[k]), float(sums[k]), float(peaks[k])) for k in taken]


def _usable(city: City) -> tuple[int, int]:
    """First and last whole day, counted from the first of the profiles, that a study may touch."""
    return LEAD_DAYS, city.series.slots * SLOT_S // DAY_S - TAIL_DAYS


def _midnights(city: City, first: int, last: int) -> np.ndarray:
    """Local midnights of the usable days."""
    noon = city.series.start + DAY_S * np.arange(first, last) + DAY_S // 2
    return noon - city.place.local(noon) % DAY_S


def _year(
    city: City, first: int, last: int, seed: int, progress: Callable[[float], None]
) -> tuple[F, F]:
    """(D,) overload energy in kVAh and highest loading of every usable day under today's habits."""
    midnights = _midnights(city, first, last + 1)
    world = simulated(city, seed, start=int(midnights[0]) - 2 * DAY_S)
    world.field.advance(int(midnights[0]))
    feeder = Feeder.of(city)
    overload, peak = np.zeros(last - first), np.zeros(last - first)
    for day in range(last - first):
        world.field.truth.clear()
        world.field.advance(int(midnights[day + 1]))
        loading = _loading(world, feeder)
        hours = np.full(loading.shape[1], SLOT_S / 3600)
        overload[day] = overload_kvah(loading, feeder.rating_kva, hours).sum()
        peak[day] = loading.max()
        progress((day + 1) / (last - first))
    return overload, peak


def _loading(world: Simulated, feeder: Feeder) -> F:
    """(branch,T) loading of every slot since the truth was last cleared."""
    slots = [r.value for r in world.field.truth if r.quantity == "branch.loading"]
    return np.array(slots).T.reshape(feeder.branches, -1)
