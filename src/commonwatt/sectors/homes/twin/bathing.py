"""Hot-water tanks with their thermostats."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.ports import Ground
from commonwatt.kernel.world import World
from commonwatt.physics.people import HourAhead
from commonwatt.physics.thermal import TANK_SUPPLY_C, Tank, cop
from commonwatt.sectors.homes import model
from commonwatt.sectors.homes.analysis import tank_kw
from commonwatt.sectors.homes.twin.people import Taps

NEARLY_EMPTY = 0.15
"""Below this share of full the tank heats whatever it is told."""


class Tanks:
    """All hot-water tanks. State: level, and whether the thermostat is on."""

    def __init__(self, ground: Ground) -> None:
        self._table = ground.table(model.HOT_WATER.name)
        self._rated = self._table.f("rated_kw")
        self._tank = Tank(self._table.f("volume_l"))
        self.taps = Taps(ground)
        self._people = HourAhead(self.taps.over)
        luck = ground.rng.uniform("homes.start", self._table.ix, 0)
        self._level = self._tank.full_kwh * (0.6 + 0.35 * luck)
        self._heating = np.zeros(len(self._table), dtype=np.bool_)

    def step(self, world: World) -> None:
        """Draw, reheat and publish the level that is left."""
        ix, full = self._table.ix, self._tank.full_kwh
        want, self._heating = tank_kw(self._level, full, self._heating, self._rated)
        power = np.clip(world.within(ix, want), 0.0, self._rated)
        power = np.where(self._level < NEARLY_EMPTY * full, self._rated, power)
        (use,) = self._people.at(world.start)
        ratio = cop(world.weather.temperature_c, TANK_SUPPLY_C)
        left = self._tank.step(self._level, np.zeros_like(use), use, world.hours)
        power = np.minimum(power, (full - left) / (ratio * world.hours))
        power = power * world.energised[self._table.connection]
        self._level = self._tank.step(self._level, ratio * power, use, world.hours)
        world.run(ix, self._table.connection, power)
        world.publish(model.TANK_KWH.name, ix, self._level)
