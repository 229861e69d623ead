"""The simulated roofs: they feed in what sun and inverter give, clipped by the cap in force."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.intervals import SLOT_S, SLOTS_PER_DAY, Window
from commonwatt.kernel.ports import Fate, Ground, Requests
from commonwatt.kernel.units import F
from commonwatt.kernel.world import World
from commonwatt.physics.sun import pv_per_rated_kw

_TINY_KW = 1e-9


class Roofs:
    """Every `pv` of the city. Without memory: its day of potentials follows from time alone.

    Args:
        ground: true ratings, profiles and weather.
    """

    stage = 0

    def __init__(self, ground: Ground) -> None:
        table = ground.table("pv")
        self._ground = ground
        self._asset, self._connection = table.ix, table.connection
        self._rated_kw = table.f("rated_kw")
        self._profile = np.array(table.text("profile") if len(table) else [], dtype=np.str_)
        facing = np.column_stack([table.f("tilt_deg"), table.f("azimuth_deg")])
        self._orientations, self._facing = np.unique(facing, axis=0, return_inverse=True)
        self._day_start = 0
        self._day_kw: F = np.empty((self._asset.size, 0))

    def step(self, world: World) -> None:
        """Feed in, at unity power factor; what the inverters report is published."""
        if not self._asset.size:
            return
        potential = self._potential_at(world.start)
        allowed = world.within(self._asset, -potential)
        world.run(self._asset, self._connection, np.clip(allowed, -potential, 0.0))
        curtailed = potential + world.asset_kw[self._asset]
        world.publish("pv.curtailed_kw", self._asset, curtailed)
        world.publish("pv.capped", self._asset, (curtailed > _TINY_KW).astype(np.float64))

    def requests(self) -> Requests | None:
        """Roofs ask for nothing."""
        return None

    def fate(self, window: Window) -> Fate:
        """What the roofs could feed in."""
        if not self._asset.size:
            return Fate(truth={})
        return Fate(truth={"pv.potential_kw": (self._asset, self._potential(window))})

    def _potential_at(self, start: int) -> F:
        """(N,) potential of one slot, worked out a day at a time."""
        slot = (start - self._day_start) // SLOT_S
        if not 0 <= slot < self._day_kw.shape[1]:
            self._day_start, slot = start, 0
            self._day_kw = self._potential(Window.uniform(start, SLOTS_PER_DAY))
        return self._day_kw[:, slot]

    def _potential(self, window: Window) -> F:
        """(N,T) potential: by profile where a roof has one, else by sun and weather."""
        unit = np.empty((self._asset.size, len(window)))
        for profile in np.unique(self._profile[self._profile != ""]):
            unit[self._profile == profile] = self._ground.series(f"{profile}.p", window)
        computed = self._profile == ""
        if computed.any():
            unit[computed] = self._by_weather(window)[self._facing[computed]]
        return np.maximum(unit, 0.0) * self._rated_kw[:, None]

    def _by_weather(self, window: Window) -> F:
        """(D,T) output per rated kW of every distinct orientation."""
        middle = (window.edges[:-1] + window.edges[1:]) // 2
        weather = self._ground.weather(window)
        tilt, azimuth = self._orientations.T
        return pv_per_rated_kw(middle, self._ground.place, weather, tilt, azimuth)
