"""Cars that come and what they ask for, counted where load is watched, and when they will.

A car is known at plug-in, never before; how many come is seasonal: the mean of the same quarter
hour of the days known, working days and weekends apart once there are enough.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.city.live.census import Census
from commonwatt.city.live.loads import Read
from commonwatt.city.live.present import SOURCE
from commonwatt.kernel.intervals import DAY_S, SLOT_S, SLOTS_PER_DAY, Window
from commonwatt.kernel.place import Place
from commonwatt.kernel.ports import Forecast
from commonwatt.kernel.readings import Of, Quantity
from commonwatt.kernel.units import B, F, I

CITY_CARS = Quantity(
    name="city.ev_arrivals", of=Of.CITY, doc="Cars plugged in per quarter hour, in the whole city."
)
CITY_ASKED = Quantity(
    name="city.ev_asked_kwh",
    of=Of.CITY,
    doc="What the cars that left in a quarter hour had asked for, in the whole city.",
)
BRANCH_CARS = Quantity(
    name="branch.ev_arrivals",
    of=Of.BRANCH,
    doc="Cars plugged in per quarter hour below a transformer or the head of a feeder.",
)
BRANCH_ASKED = Quantity(
    name="branch.ev_asked_kwh",
    of=Of.BRANCH,
    doc="What the cars that left in a quarter hour below a transformer or feeder had asked for.",
)
COUNTED = (CITY_CARS, CITY_ASKED, BRANCH_CARS, BRANCH_ASKED)
MODEL = "season"
AHEAD = 128
"""Quarter hours foreseen."""
APART_DAYS = 14
"""Days from which working days and weekends are told apart."""
_NEAR = np.array([1.0, 2.0, 3.0, 2.0, 1.0]) / 9
"""How much neighbouring quarter hours tell of each other."""
_LOST = 2
"""A car that was silent for fewer slots and has more energy than before never left."""


def series_of(census: Census, quantity: str) -> I:
    """(N,) the series of one of `COUNTED`; none where there are no chargers."""
    if not len(census.city.table("charger")):
        return np.empty(0, np.int64)
    return census.heads if quantity in (BRANCH_CARS.name, BRANCH_ASKED.name) else SOURCE


def counted(census: Census, read: Read, quantity: str, series: I, window: Window) -> F:
    """(N,T) what was counted of one of `COUNTED`."""
    table = census.city.table("charger")
    if quantity in (CITY_CARS.name, BRANCH_CARS.name):
        before = Window(np.concatenate([[window.start - SLOT_S], window.edges]))
        found = came(read("ev.got_kwh", table.ix, before))[:, 1:].astype(float)
    else:
        found = np.nan_to_num(read("ev.asked_kwh", table.ix, window))
    whole = quantity in (CITY_CARS.name, CITY_ASKED.name)
    below = census.below[series][:, table.connection]
    total: F = found.sum(axis=0)[None] if whole else below @ found
    return total


def came(got_kwh: F) -> B:
    """(K,T) whether a car was plugged in, from the energy (K,T) each charger's car has got.

    >>> came(np.array([[np.nan, 0.5, 1.0, np.nan, 2.0, np.nan, np.nan, np.nan, 3.0, 0.1]])).tolist()
    [[False, True, False, False, False, False, False, False, True, True]]
    """
    here = np.isfinite(got_kwh)
    new = here.copy()
    new[:, 0] = False  # it may have been there before
    for lag in range(1, _LOST + 1):
        silent = np.ones_like(here[:, lag:])
        for between in range(1, lag):
            silent &= ~here[:, lag - between : here.shape[1] - between]
        goes_on = silent & here[:, :-lag] & (got_kwh[:, lag:] >= got_kwh[:, :-lag] - 1e-9)
        new[:, lag:] &= ~goes_on
    return new


@dataclass(frozen=True, eq=False)
class Season:
    """What is usual.

    Attributes:
        table: (2,96,N) mean by kind of day (working, weekend) and quarter hour of local time.
        since: when the days it was learnt from begin.
        until: when they end.
    """

    table: F
    since: int
    until: int

    @classmethod
    def learnt(cls, values: F, window: Window, place: Place) -> Season:
        """From (N,K) what was counted in the slots of `window`."""
        kind, slot = _calendar(window.starts, place)
        total = np.zeros((2, SLOTS_PER_DAY, values.shape[0]))
        days = np.zeros((2, SLOTS_PER_DAY, 1))
        np.add.at(total, (kind, slot), values.T)
        np.add.at(days, (kind, slot), 1.0)
        if len(window) < APART_DAYS * SLOTS_PER_DAY:
            total[:], days[:] = total.sum(axis=0), days.sum(axis=0)
        mean = _smooth(total) / np.maximum(_smooth(days), 1e-9)
        return cls(table=mean, since=window.start, until=window.end)

    def expected(self, window: Window, place: Place) -> F:
        """(N,T) what is usual in the slots of `window`."""
        usual: F = self.table[_calendar(window.starts, place)].T
        return usual

    @property
    def basis(self) -> str:
        """How it was learnt, in words."""
        days = (self.until - self.since) / DAY_S
        return f"the mean of the same quarter hour over the last {days:.1f} days"


def said(census: Census, quantity: str, season: Season, now: int) -> Forecast:
    """What is expected from `now` on, without a band."""
    window, series = Window.uniform(now, AHEAD), series_of(census, quantity)
    return Forecast(
        quantity=quantity,
        series=series,
        window=window,
        levels=np.array([0.5]),
        value=season.expected(window, census.city.place)[None],
        issued_at=now,
        model=(MODEL,) * series.size,
    )


def _calendar(times: I, place: Place) -> tuple[I, I]:
    """(T,) 1 on weekends else 0, and the quarter hour of the local day."""
    weekend = place.weekday(times) >= 5
    return weekend.astype(np.int64), place.local(times) % DAY_S // SLOT_S


def _smooth(table: F) -> F:
    """(2,96,N) running means over the quarter hours of the day."""
    reach = len(_NEAR) // 2
    found: F = sum(
        (w * np.roll(table, k - reach, axis=1) for k, w in enumerate(_NEAR)), np.zeros_like(table)
    )
    return found
