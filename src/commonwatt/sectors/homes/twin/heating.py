"""Heated buildings with their heat pumps' firmware and their people's last word."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.ports import Ground
from commonwatt.kernel.units import F
from commonwatt.kernel.world import World
from commonwatt.physics.heating import thermostat_kw
from commonwatt.physics.people import HourAhead
from commonwatt.physics.thermal import COUPLING, FLOOR_SUPPLY_C, Building, cop
from commonwatt.sectors.homes import model
from commonwatt.sectors.homes.twin.people import INTERNAL_KW, USUAL_LOSS, Gains

GUARD_K = 0.1
"""People overrule a command when it is this much colder than `low_c` or warmer than `high_c`."""


class HeatedHomes:
    """All heat pumps and the buildings they warm. State: temperatures of air and mass."""

    def __init__(self, ground: Ground) -> None:
        table = ground.table(model.HEAT_PUMP.name)
        self._table = table
        self._rated, self._loss = table.f("rated_kw"), table.f("loss_kw_per_k")
        self._set, self._low, self._high = table.f("set_c"), table.f("low_c"), table.f("high_c")
        self._luck = ground.rng.uniform("homes.start", table.ix, 0)
        self.gains = Gains(ground)
        self._people = HourAhead(self.gains.over)
        self._building = Building(self._loss, table.f("mass_kwh_per_k"), 0.0)
        self._air: F | None = None
        self._mass = self._set

    def step(self, world: World) -> None:
        """Heat for one slot and publish the temperatures it leaves."""
        ix, outdoor = self._table.ix, float(world.weather.temperature_c[0])
        air = self._started(outdoor)
        power = self._chosen(world, air, outdoor)
        (gain,) = self._people.at(world.start)
        if self._building.hours != world.hours:
            self._building = Building(self._loss, self._building.mass_kwh_per_k, world.hours)
        self._air, self._mass = self._building.step(
            air,
            self._mass,
            heat_kw=power * cop(world.weather.temperature_c, FLOOR_SUPPLY_C),
            gain_kw=gain,
            outdoor_c=outdoor,
        )
        world.run(ix, self._table.connection, power)
        world.publish(model.AIR_C.name, ix, self._air)
        world.publish(model.MASS_C.name, ix, self._mass)
        cold = np.maximum(self._low - self._air, 0.0) * world.hours
        world.publish(model.COLD_K_H.name, ix, cold)

    def _chosen(self, world: World, air: F, outdoor: float) -> F:
        """(N,) power: the thermostat within its envelope, unless people have had enough."""
        want = thermostat_kw(
            air_c=air,
            set_c=self._set,
            outdoor_c=np.array([outdoor]),
            loss_kw_per_k=self._loss,
            rated_kw=self._rated,
        )
        power = np.clip(world.within(self._table.ix, want), 0.0, self._rated)
        power = np.where(air < self._low - GUARD_K, np.maximum(power, want), power)
        power = np.where(air > self._high + GUARD_K, 0.0, power)
        return power * world.energised[self._table.connection]

    def _started(self, outdoor: float) -> F:
        """(N,) room air now; at the very first slot homes are near their set point."""
        if self._air is None:
            self._air = self._set + 0.6 * (self._luck - 0.5)
            need = self._loss * (self._air - outdoor) - INTERNAL_KW * self._loss / USUAL_LOSS
            self._mass = self._air + np.maximum(need, 0.0) / (COUPLING * self._loss)
        return self._air
