"""What cars that have yet to come will draw: a plan counts a car from plug-in, a forecast before.

On the days known, what was drawn by cars plugged in after this hour of the day says what those that
come after it will draw today: cars that are here already stand in the plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from commonwatt.city.live.arrivals import APART_DAYS, came
from commonwatt.city.live.census import Census
from commonwatt.city.live.loads import Read
from commonwatt.kernel.intervals import DAY_S, SLOT_S, SLOTS_PER_DAY, Window
from commonwatt.kernel.place import Place
from commonwatt.kernel.units import B, F, I

_NEAR = np.array([1.0, 2.0, 3.0, 2.0, 1.0]) / 9
"""How much neighbouring quarter hours tell of each other."""


@dataclass(frozen=True, eq=False)
class Sessions:
    """Charging as it was measured on K chargers.

    Attributes:
        past: the quarter hours known.
        power_kw: (K,P) drawn, 0 where nobody spoke.
        number: (K,P) how many cars had been plugged in, the one of that slot included.
        connection: (K,) where each charger hangs.
    """

    past: Window
    power_kw: F
    number: I
    connection: I

    @classmethod
    def measured(cls, census: Census, read: Read, past: Window) -> Self:
        """From telemetry of the slots of `past`."""
        table = census.city.table("charger")
        power = np.nan_to_num(read("asset.power_kw", table.ix, past))
        number = came(read("ev.got_kwh", table.ix, past)).cumsum(axis=1)
        return cls(past, power, number, table.connection)

    def after(self, window: Window, connections: int, place: Place) -> F:
        """(C,T) kW, what those will draw on average that are plugged in after `window` begins.

        Working days and weekends are told apart once there are days enough of both; a quarter hour
        no known day tells of gets 0.
        """
        fine = window.fine()
        told = np.zeros((len(fine), self.connection.size))
        days = np.zeros(len(fine))
        kind = _weekend(fine.starts, place)
        apart = len(self.past) >= APART_DAYS * SLOTS_PER_DAY
        for begin in range(window.start - DAY_S, self.past.start - 1, -DAY_S):
            first = (begin - self.past.start) // SLOT_S
            power = self.power_kw[:, first : first + len(fine)]
            new = self.number[:, first : first + len(fine)] > _plugged(self.number, first)
            lead = slice(0, power.shape[1])
            alike = kind[lead] == _weekend(begin + SLOT_S * np.arange(power.shape[1]), place)
            use = alike | (not apart)
            told[lead] += (power * new * use).T
            days[lead] += use
        mean = _smooth(told) / np.maximum(_smooth(days[:, None]), 1e-9)
        total = np.zeros((connections, len(window)))
        np.add.at(total, self.connection, window.average(mean.T))
        return total


def _plugged(number: I, first: int) -> I:
    """(K,1) cars plugged in before slot `first`."""
    return number[:, first - 1 : first] if first else np.zeros_like(number[:, :1])


def _weekend(times: I, place: Place) -> B:
    found: B = place.weekday(times) >= 5
    return found


def _smooth(table: F) -> F:
    """(T,K) running sums over neighbouring slots; beyond the ends there is nothing."""
    reach = len(_NEAR) // 2
    padded = np.pad(table, ((reach, reach), (0, 0)))
    found: F = sum(
        (w * padded[k : k + len(table)] for k, w in enumerate(_NEAR)), np.zeros_like(table)
    )
    return found
