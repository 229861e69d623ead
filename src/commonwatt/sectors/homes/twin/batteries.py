"""Stage 1: home batteries watch their meter."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.intervals import Window
from commonwatt.kernel.ports import Fate, Ground, Requests
from commonwatt.kernel.world import World
from commonwatt.physics.battery import Battery
from commonwatt.sectors.homes import model


class Batteries:
    """Fills the port `Twin`: self-consumption within the envelope in force. State: levels."""

    stage = 1

    def __init__(self, ground: Ground) -> None:
        table = ground.table(model.BATTERY.name)
        self._table = table
        self._battery = Battery(table.f("rated_kw"), table.f("capacity_kwh"), table.f("efficiency"))
        luck = ground.rng.uniform("homes.start", table.ix, 0)
        self._level = self._battery.capacity_kwh * (0.2 + 0.3 * luck)
        whole = np.bincount(table.connection, table.f("rated_kw"), len(ground.connections))
        at_home = whole[table.connection]
        self._share = np.where(at_home > 0, table.f("rated_kw") / np.maximum(at_home, 1e-9), 0.0)

    def step(self, world: World) -> None:
        """Cancel what the home draws or feeds in, as far as the envelope and the level let it."""
        table = self._table
        want = -world.net_kw()[table.connection] * self._share
        low, high = self._battery.possible(self._level, world.hours)
        power = np.clip(world.within(table.ix, want), low, high)
        power = power * world.energised[table.connection]
        self._level = self._battery.step(self._level, power, world.hours)
        world.run(table.ix, table.connection, power)
        world.publish(model.BATTERY_KWH.name, table.ix, self._level)

    def requests(self) -> Requests | None:
        """None: batteries ask for nothing."""

    def fate(self, window: Window) -> Fate:  # noqa: ARG002 - the port's shape
        """Nothing: what batteries do is all decided."""
        return Fate(truth={})
