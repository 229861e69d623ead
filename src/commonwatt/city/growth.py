"""How many years of cars and heat pumps a city's wires carry before the first overload.

Both spread along logistic curves. Cars: half of a full stock of 1.2 per home by 2034, spreading by
a factor e in 2.9 years at first, which puts 3 % of the stock at 2024 and 20 % at 2030. Heat pumps:
half of a final 75 % of homes by 2036, a factor e in 4 years: 3.6 % at 2024 and 14 % at 2030. The
levels of 2024 are of the order of the German stock (1.4 million of 49 million cars; about 4 % of
dwellings), those of 2030 lower than the government's aims (15 million cars; 6 million heat pumps).

The wires are those of today, without the cars, heat pumps, roofs and batteries that stand there;
each year deals more of them to homes by the overlay's luck, so that later years keep what earlier
ones had. The coldest day of the year is lived through under today's habits: nobody coordinates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from commonwatt.city.importers.overlay import overlay
from commonwatt.city.model import City
from commonwatt.city.soundness import Day, hard_days, lived, without
from commonwatt.kernel.errors import InvalidInput
from commonwatt.sectors.grid.analysis.flow import Feeder

FIRST_YEAR = 2025
HORIZON = 40
_KIND = "deepest cold"


@dataclass(frozen=True)
class Curve:
    """A logistic curve: `full`/(1+e^(-(year - half)/spread))."""

    full: float
    half: float
    spread: float

    def at(self, year: float) -> float:
        """Its value at a year.

        >>> round(CURVES["ev"].at(2030) / 1.2, 2), round(CURVES["hp"].at(2030), 2)
        (0.2, 0.14)
        """
        return float(self.full / (1 + np.exp(-(year - self.half) / self.spread)))


CURVES = {"ev": Curve(1.2, 2034.0, 2.9), "hp": Curve(0.75, 2036.0, 4.0)}
"""Per home, by what the overlay calls them."""


@dataclass(frozen=True, kw_only=True)
class Growth:
    """The finding.

    Attributes:
        years: whole years from `FIRST_YEAR` until the coldest day overloads a branch for the first
            time; None if none within the horizon does.
        day: that day, or the last of the horizon; None if no power flow exists on it any more.
        shares: cars and heat pumps per home by then.
    """

    years: int | None
    day: Day | None
    shares: dict[str, float]

    @property
    def sentence(self) -> str:
        """What a person wants to know."""
        owned = f"{self.shares['ev']:.0%} cars and {self.shares['hp']:.0%} heat pumps per home"
        if self.years is None:
            return f"No overload within {HORIZON} years of growth, {owned}."
        when = f"after {self.years} years of growth ({FIRST_YEAR + self.years}: {owned})"
        if self.day is None:
            return f"The grid collapses {when}, on the coldest day."
        worst = self.day.overloads[0]
        return f"First overload {when}: {worst.what} at {worst.value:.0%} on the coldest day."


def until_overload(
    city: City, seed: int, progress: Callable[[str, float], None] = lambda _what, _share: None
) -> Growth:
    """Years of growth until the first overload, found by bisection: more is never less load.

    Raises:
        InvalidInput: the city has no homes, or its series are too short.
    """
    bare = without(city)
    feeder, start = Feeder.of(bare), hard_days(bare)[_KIND]
    days: dict[int, Day | None] = {}

    def overloaded(years: int) -> bool:
        grown = overlay(bare, shares_after(years), seed)
        progress(f"living the coldest day of {FIRST_YEAR + years}", len(days) / 7)
        try:
            day = lived(grown, feeder, _KIND, start, seed)
        except InvalidInput:  # beyond every limit: no power flow exists
            day = None
        days[years] = day
        return day is None or bool(day.overloads)

    low, high = -1, HORIZON
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if overloaded(middle) else (middle, high)
    beyond = high not in days and not overloaded(high)
    return Growth(years=None if beyond else high, day=days[high], shares=shares_after(high))


def shares_after(years: int) -> dict[str, float]:
    """Cars and heat pumps per home so many years after `FIRST_YEAR`."""
    return {what: curve.at(FIRST_YEAR + years) for what, curve in CURVES.items()}
