"""Stage 0: people come and go, the time switch warms rooms, the caretaker has the last word."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.intervals import Window
from commonwatt.kernel.ports import Fate, Ground, Requests
from commonwatt.kernel.units import F
from commonwatt.kernel.world import World
from commonwatt.physics.heating import thermostat_kw
from commonwatt.physics.people import HourAhead
from commonwatt.physics.thermal import COUPLING, Building, cop
from commonwatt.sectors.buildings import model
from commonwatt.sectors.buildings.analysis import open_share, set_point_c
from commonwatt.sectors.buildings.twin.people import Occupants

GUARD_K = 0.1
"""A caretaker overrules a command when rooms are this much outside what is accepted."""


class HeatedBuildings:
    """Fills the port `Twin`. State: temperatures of air and mass."""

    stage = 0

    def __init__(self, ground: Ground) -> None:
        table = ground.table(model.BUILDING.name)
        self._table, self._ground = table, ground
        self._rated, self._loss = table.f("rated_kw"), table.f("loss_kw_per_k")
        self._occupants = Occupants(ground)
        self._people = HourAhead(self._occupants.over)
        self._building = Building(self._loss, table.f("mass_kwh_per_k"), 0.0)
        self._air: F | None = None
        self._mass = table.f("set_c")

    def step(self, world: World) -> None:
        """Live through one slot and publish the temperatures it leaves."""
        ix, connection = self._table.ix, self._table.connection
        if not ix.size:
            return
        outdoor = float(world.weather.temperature_c[0])
        air = self._started(outdoor)
        used, gain = self._people.at(world.start)
        slot = Window.uniform(world.start, 1, world.end - world.start)
        share = open_share(self._table, self._ground.place, slot)[:, 0]
        power = self._chosen(world, air, share > 0)
        if self._building.hours != world.hours:
            self._building = Building(self._loss, self._building.mass_kwh_per_k, world.hours)
        self._air, self._mass = self._building.step(
            air,
            self._mass,
            heat_kw=power * cop(world.weather.temperature_c, model.SUPPLY_C),
            gain_kw=gain,
            outdoor_c=outdoor,
        )
        world.draw(connection, used)
        world.run(ix, connection, power)
        world.publish(model.AIR_C.name, ix, self._air)
        world.publish(model.MASS_C.name, ix, self._mass)
        world.publish(model.OCCUPIED_H.name, ix, share * world.hours)
        cold = np.maximum(self._table.f("low_c") - self._air, 0.0) * share * world.hours
        world.publish(model.COLD_K_H.name, ix, cold)

    def requests(self) -> Requests | None:
        """None: buildings ask for nothing."""

    def fate(self, window: Window) -> Fate:
        """What people will use and what heat they will leave."""
        if not self._table.ix.size:
            return Fate(truth={})
        used, gain = self._occupants.over(window)
        base = np.zeros((len(self._ground.connections), len(window)))
        np.add.at(base, self._table.connection, used)
        return Fate(
            truth={
                "connection.base_kw": (np.arange(base.shape[0]), base),
                model.GAIN_KW.name: (self._table.ix, gain),
            }
        )

    def _chosen(self, world: World, air: F, is_open: np.ndarray) -> F:
        """(N,) power: the switch's within its envelope, unless rooms leave what is accepted."""
        table = self._table
        want = thermostat_kw(
            air_c=air,
            set_c=set_point_c(table, self._ground.place, world.start),
            outdoor_c=world.weather.temperature_c,
            loss_kw_per_k=self._loss,
            rated_kw=self._rated,
            supply_c=model.SUPPLY_C,
        )
        power = np.clip(world.within(table.ix, want), 0.0, self._rated)
        coldest = np.where(is_open, table.f("low_c"), table.f("setback_c"))
        power = np.where(air < coldest - GUARD_K, np.maximum(power, want), power)
        power = np.where(air > table.f("high_c") + GUARD_K, 0.0, power)
        return power * world.energised[table.connection]

    def _started(self, outdoor: float) -> F:
        """(N,) room air now; at the very first slot rooms are near their set point."""
        if self._air is None:
            luck = self._ground.rng.uniform("buildings.start", self._table.ix, 0)
            self._air = self._table.f("set_c") + 0.6 * (luck - 0.5)
            self._mass = self._air + np.maximum(self._air - outdoor, 0.0) / COUPLING
        return self._air
