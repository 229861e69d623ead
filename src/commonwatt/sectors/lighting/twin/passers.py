"""Who passes a lamp: a pure function of (luck, time), so that paired runs see the same street."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import poisson

from commonwatt.kernel.intervals import DAY_S, SLOT_S, Window, slot_of
from commonwatt.kernel.ports import Ground
from commonwatt.kernel.units import F, I
from commonwatt.physics.people import mood
from commonwatt.sectors.lighting import model
from commonwatt.sectors.lighting.analysis import placed

PER_HOUR = {
    "M": (1500.0, 900.0, 500.0, 250.0, 100.0, 40.0),
    "C": (800.0, 600.0, 400.0, 250.0, 120.0, 60.0),
    "P": (120.0, 80.0, 50.0, 25.0, 12.0, 6.0),
}
"""Vehicles, or people, an hour that pass at the day's peak, by class. Ours: traffic is what ranks
roads into classes (CEN/TR 13201-1), but no count by class is published there."""
NEAR_S = {"M": 45.0, "C": 60.0, "P": 90.0}
"""How long one of them keeps a lamp bright: seen some 100 m off and held for 30 s after."""
BUSY_SPREAD = 0.4
"""Spread σ of how busy roads of one class are."""

_WEEKDAY = np.array(
    [4, 2, 2, 2, 4, 12, 35, 75, 85, 60, 50, 55, 60, 60, 65, 80, 95, 100, 85, 60, 40, 28, 18, 9]
) / 100  # fmt: skip
"""Share of the peak by local hour, Monday to Friday; after the usual shape of urban counts."""
_WEEKEND = np.array(
    [14, 10, 7, 5, 4, 5, 9, 15, 28, 42, 55, 60, 60, 58, 60, 62, 62, 58, 50, 40, 30, 24, 20, 16]
) / 100  # fmt: skip
_SATURDAY = 5


@dataclass(eq=False)
class Passers:
    """Traffic past every lamp."""

    ground: Ground

    def __post_init__(self) -> None:
        """Look the lamps up once; luck is dealt by their place in the table."""
        table = self.ground.table(model.LAMP.name)
        classes = [placed(road_class) for road_class in table.text(model.ROAD_CLASS)]
        self._lamps: I = np.arange(len(table))
        busy = self.ground.rng.normal("lighting.busy", self._lamps, 0)
        peak = np.array([PER_HOUR[series][place] for series, place in classes])
        self._peak = peak * np.exp(BUSY_SPREAD * busy - BUSY_SPREAD**2 / 2)
        self._near_s = np.array([NEAR_S[series] for series, _ in classes])

    def over(self, window: Window) -> tuple[F]:
        """One (N,T) array: share of each quarter hour in which somebody is near."""
        local = self.ground.place.local(window.starts)
        hour, day = local % DAY_S // 3600, self.ground.place.weekday(window.starts)
        shape = np.where(day < _SATURDAY, _WEEKDAY[hour], _WEEKEND[hour])
        wander = mood(self.ground.rng, self.ground.place, "lighting", self._lamps, window)
        expected = self._peak[:, None] * shape * wander * window.hours
        slots = np.asarray(slot_of(window.starts))
        luck = self.ground.rng.uniform("lighting.passers", self._lamps[:, None], slots)
        count = poisson.ppf(luck, expected)
        return (1.0 - (1.0 - self._near_s[:, None] / SLOT_S) ** count,)
