"""Stage 0: people live, homes heat, tanks reheat."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.intervals import Window
from commonwatt.kernel.ports import Fate, Ground, Requests
from commonwatt.kernel.world import World
from commonwatt.physics.people import HourAhead
from commonwatt.sectors.homes import model
from commonwatt.sectors.homes.twin.bathing import Tanks
from commonwatt.sectors.homes.twin.heating import HeatedHomes
from commonwatt.sectors.homes.twin.people import Consumption


class Households:
    """Fills the port `Twin`: base consumption, heat pumps and hot water."""

    stage = 0

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._consumption = Consumption(ground)
        self._consumers = ground.table(model.CONSUMER.name)
        self._people = HourAhead(self._consumption.over)
        self._homes = HeatedHomes(ground)
        self._tanks = Tanks(ground)

    def step(self, world: World) -> None:
        """Live through one slot."""
        active, reactive = self._people.at(world.start)
        world.run(self._consumers.ix, self._consumers.connection, active, reactive)
        self._homes.step(world)
        self._tanks.step(world)

    def requests(self) -> Requests | None:
        """None: homes ask for nothing."""

    def fate(self, window: Window) -> Fate:
        """Base consumption, heat gains and hot water drawn, as they will be."""
        connections = np.arange(len(self._ground.connections))
        active, reactive = self._consumption.per_connection(window)
        home, tank = self._ground.table(model.HEAT_PUMP.name), self._ground.table("hot_water")
        return Fate(
            truth={
                "connection.base_kw": (connections, active),
                "meter.kvar": (connections, reactive),
                model.GAIN_KW.name: (home.ix, self._homes.gains.over(window)[0]),
                model.USE_KW.name: (tank.ix, self._tanks.taps.over(window)[0]),
            }
        )
