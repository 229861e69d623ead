"""People as weather: what they do wanders, whatever anybody commands.

Every law is a pure function of (luck, time), so that paired runs see the same people.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from commonwatt.kernel.intervals import DAY_S, SLOT_S, Window, slot_of
from commonwatt.kernel.place import Place
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.units import F, I

FAST_SPREAD = 0.20
"""Spread σ of what people do within the hour."""
DAY_SPREAD = 0.15
"""Spread σ from day to day."""
_MEMORY = np.array([0.75, 0.5, 0.35, 0.2559])
"""Weights of this and the three slots before in the fast part; squares sum to 1."""

Law = Callable[[Window], tuple[F, ...]]


@dataclass(eq=False)
class HourAhead:
    """Reads a law an hour at a time and tells one slot of it: laws are cheaper by the hour."""

    law: Law
    _start: int = -1
    _known: tuple[F, ...] = field(default=())

    def at(self, start: int) -> tuple[F, ...]:
        """Each (N,) what the law says about the slot that begins at `start`."""
        hour = start - start % 3600
        if hour != self._start:
            self._start, self._known = hour, self.law(Window.uniform(hour, 4))
        slot = (start - hour) // SLOT_S
        return tuple(part[:, slot] for part in self._known)


def mood(rng: Rng, place: Place, stream: str, entity: I, window: Window) -> F:
    """(N,T) lognormal factors of mean 1 that wander from slot to slot and from day to day."""
    slots = np.asarray(slot_of(window.starts))
    span = np.arange(slots[0] - _MEMORY.size + 1, slots[-1] + 1)
    shocks = rng.normal(f"{stream}.fast", entity[:, None], span)
    fast = sum(
        weight * shocks[:, _MEMORY.size - 1 - lag : shocks.shape[1] - lag]
        for lag, weight in enumerate(_MEMORY)
    )
    days, back = np.unique(place.local(window.starts) // DAY_S, return_inverse=True)
    daily = rng.normal(f"{stream}.day", entity[:, None], days)[:, back]
    spread = FAST_SPREAD**2 + DAY_SPREAD**2
    factor: F = np.exp(FAST_SPREAD * fast + DAY_SPREAD * daily - spread / 2)
    return factor
