"""How bright a lamp must be, by the class of its road.

EN 13201-2:2015 ranks roads by maintained luminance (M, cd/m²) or illuminance (C and P, lx). With
traffic low for its class a road may be lit as one of a lower class for that time (EN 13201-1,
adaptive lighting: the class follows the traffic of the hour). With nobody near a lamp falls by one
class; two below is the least anybody may ask for; the lowest class of a series is never left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.tables import Table
from commonwatt.kernel.units import F
from commonwatt.sectors.lighting import model

LIGHT = {
    "M": (2.0, 1.5, 1.0, 0.75, 0.5, 0.3),
    "C": (50.0, 30.0, 20.0, 15.0, 10.0, 7.5),
    "P": (15.0, 10.0, 7.5, 5.0, 3.0, 2.0),
}
"""Light a class asks for, from its first (M1, C0, P1) to its last (M6, C5, P6)."""
CLASSES = tuple(
    f"{series}{k + (series != 'C')}" for series, steps in LIGHT.items() for k in range(len(steps))
)
"""Every class a lamp may have."""
REDUCED_STEPS, LEAST_STEPS = 1, 2
STANDBY = 0.05
"""Share of its rated power a driver takes whatever light it gives; the rest goes with the light."""


def placed(road_class: str) -> tuple[str, int]:
    """(series, place in it) of a class.

    >>> placed("M1"), placed("C0"), placed("P6")
    (('M', 0), ('C', 0), ('P', 5))
    """
    return road_class[0], int(road_class[1:]) - (road_class[0] != "C")


def light_share(road_class: str, steps: int) -> float:
    """Light of the class `steps` below, as a share of this one's.

    >>> light_share("P4", 1), light_share("M5", 2), light_share("M6", 2)
    (0.6, 0.6, 1.0)
    """
    series, place = placed(road_class)
    light = LIGHT[series]
    return light[min(place + steps, len(light) - 1)] / light[place]


@dataclass(frozen=True, eq=False)
class Levels:
    """Powers of N lamps while they burn, each (N,).

    Attributes:
        full_kw: at the light of their class.
        reduced_kw: what they fall to by themselves when nobody is near.
        least_kw: the least anybody may ask of them.
    """

    full_kw: F
    reduced_kw: F
    least_kw: F

    @classmethod
    def of(cls, table: Table) -> Levels:
        """The levels of the lamps of `table`.

        Raises:
            InvalidInput: a lamp has a class that EN 13201 does not know.
        """
        classes = table.text(model.ROAD_CLASS)
        for name, road_class in zip(table.ids, classes, strict=True):
            if road_class not in CLASSES:
                raise InvalidInput(
                    f"lamp {name!r}: road_class {road_class!r} is not one of {', '.join(CLASSES)}"
                )
        full = table.f("rated_kw")
        reduced, least = (
            full * _power_share(np.array([light_share(c, steps) for c in classes]))
            for steps in (REDUCED_STEPS, LEAST_STEPS)
        )
        return cls(full, reduced, least)

    def drawn(self, dark: F | float, presence: F, low_kw: F, high_kw: F) -> F:
        """Mean power of a slot under an envelope.

        The envelope holds at every moment: a lamp capped below full stays there when somebody
        comes. None takes a burning lamp below its least, and by day only one that asks for light
        lights it.

        Args:
            dark: share of the slot in which it is dark, (N,T) or what broadcasts to it.
            presence: (N,T) share in which somebody is near.
            low_kw: (N,T) lower edge, -inf for none.
            high_kw: (N,T) upper edge, inf for none.
        """
        full, reduced = self.full_kw[:, None], self.reduced_kw[:, None]
        least = self.least_kw[:, None]
        with_people = np.clip(np.clip(full, low_kw, high_kw), least, full)
        without = np.clip(np.clip(reduced, low_kw, high_kw), least, full)
        by_day = np.clip(np.clip(0.0, low_kw, high_kw), 0.0, full)
        night = presence * with_people + (1 - presence) * without
        mean: F = dark * night + (1 - dark) * by_day
        return mean

    def wanted(self, dark: F | float, presence: F) -> F:
        """(N,T) mean power of lamps left alone."""
        return self.drawn(dark, presence, np.array(-np.inf), np.array(np.inf))

    def cap_for(self, burning_kw: F, presence: F) -> F:
        """(N,) envelope's upper edge that makes lamps draw `burning_kw` on average while they burn.

        Above the reduced level only the share with people near gives way; below it, all of it.

        Args:
            burning_kw: (N,) mean power wanted while it is dark.
            presence: (N,) share of that time in which somebody is expected near.
        """
        shared = np.maximum(presence, 1e-9)
        above = (burning_kw - (1 - presence) * self.reduced_kw) / shared
        cap = np.where(above >= self.reduced_kw, above, burning_kw)
        return np.clip(cap, self.least_kw, self.full_kw)


def _power_share(light: F) -> F:
    share: F = STANDBY + (1 - STANDBY) * light
    return share
