"""From the flat plane of the plan to the lie of the land, and on to longitude and latitude.

Long, low waves bend straight streets gently. Their slopes add up to less than 1, so the bend is one
to one: what did not cross or overlap on the plan does not on the land.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.place import Place
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.units import F

PLACE = Place(latitude=51.0, longitude=10.0, altitude_m=220.0, zone="Europe/Berlin")
"""Where generated towns lie: the middle of Germany."""
M_PER_DEGREE = 111_195.0
"""Of a meridian on a sphere of 6,371 km."""
WAVES = 6
SLOPE = 0.54
"""Most that the waves may shear a right angle by, rad, where all meet; usually a quarter."""
SHORTEST_M, LONGEST_M = 280.0, 950.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Terrain:
    """Waves that displace points.

    Attributes:
        wave: (W,2) wave vectors, rad/m.
        push: (W,2) displacement of each at its crest, m.
        phase: (W,).
    """

    wave: F
    push: F
    phase: F

    @classmethod
    def of(cls, rng: Rng) -> Terrain:
        """Waves as long as streets."""
        u = rng.uniform("generate.terrain", np.arange(WAVES)[:, None], np.arange(4))
        length = SHORTEST_M * (LONGEST_M / SHORTEST_M) ** u[:, 0]
        heading, pushed = 2 * np.pi * u[:, 1], 2 * np.pi * u[:, 2]
        number = 2 * np.pi / length
        size = SLOPE / WAVES / number
        return cls(
            wave=number[:, None] * np.column_stack([np.cos(heading), np.sin(heading)]),
            push=size[:, None] * np.column_stack([np.cos(pushed), np.sin(pushed)]),
            phase=2 * np.pi * u[:, 3],
        )

    def laid(self, flat: F) -> F:
        """(...,2) metres east and north on the land, from the same on the plan."""
        bent: F = flat + np.sin(flat @ self.wave.T + self.phase) @ self.push
        return bent


def lonlat(metres: F) -> F:
    """(...,2) degrees east and north of points in metres from `PLACE`."""
    east = M_PER_DEGREE * np.cos(np.radians(PLACE.latitude))
    degrees: F = np.array([PLACE.longitude, PLACE.latitude]) + metres / [east, M_PER_DEGREE]
    return degrees
