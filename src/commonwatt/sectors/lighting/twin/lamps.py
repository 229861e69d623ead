"""Stage 0: lamps burn from dusk to dawn, brighter when somebody comes."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.intervals import SLOT_S, SLOTS_PER_DAY, Window
from commonwatt.kernel.ports import Fate, Ground, Requests
from commonwatt.kernel.units import F
from commonwatt.kernel.world import World
from commonwatt.physics.people import HourAhead
from commonwatt.sectors.lighting import model
from commonwatt.sectors.lighting.analysis import Levels, dark_share
from commonwatt.sectors.lighting.twin.faults import Faults
from commonwatt.sectors.lighting.twin.passers import Passers


class Lamps:
    """Fills the port `Twin`. Without memory: dusk, passers and faults follow from time alone."""

    stage = 0

    def __init__(self, ground: Ground) -> None:
        table = ground.table(model.LAMP.name)
        self._table, self._place = table, ground.place
        self._levels = Levels.of(table)
        self._passers = Passers(ground)
        self._people = HourAhead(self._passers.over)
        self._faults = Faults(ground.rng, len(table))
        self._day_start = 0
        self._day_dark: F = np.empty(0)

    def step(self, world: World) -> None:
        """Burn for one slot, and say what the sensors saw and what light was missing."""
        ix, connection = self._table.ix, self._table.connection
        if not ix.size:
            return
        dark = self._dark_at(world.start)
        (presence,) = self._people.at(world.start)
        want = self._levels.wanted(dark, presence[:, None])[:, 0]
        edges = world.low_kw[ix][:, None], world.high_kw[ix][:, None]
        power = self._levels.drawn(dark, presence[:, None], *edges)[:, 0]
        world.publish(model.PRESENCE.name, ix, presence)
        world.publish(model.TAKEN_KW.name, ix, np.maximum(want - power, 0.0))
        world.publish(model.BURNING_H.name, ix, np.full(ix.size, dark * world.hours))
        out, stuck = self._faults.on(world.start)
        out = out | ~world.energised[connection]
        below = np.where(out, 1.0, self._too_dim(presence, world.high_kw[ix]))
        world.publish(model.BELOW_H.name, ix, below * dark * world.hours)
        power = np.where(stuck, self._levels.full_kw, power)
        world.run(ix, connection, np.where(out, 0.0, power))

    def requests(self) -> Requests | None:
        """None: lamps ask for nothing."""

    def fate(self, window: Window) -> Fate:
        """Who will pass."""
        if not self._table.ix.size:
            return Fate(truth={})
        return Fate(truth={model.PRESENCE.name: (self._table.ix, self._passers.over(window)[0])})

    def _too_dim(self, presence: F, high_kw: F) -> F:
        """(N,) share of the time in which a cap holds lamps below what their class asks."""
        levels = self._levels
        cap = np.maximum(high_kw, levels.least_kw)
        share: F = presence * (cap < levels.full_kw) + (1 - presence) * (cap < levels.reduced_kw)
        return share

    def _dark_at(self, start: int) -> float:
        """Share of the slot in which it is dark, worked out a day at a time."""
        slot = (start - self._day_start) // SLOT_S
        if not 0 <= slot < self._day_dark.size:
            self._day_start, slot = start, 0
            self._day_dark = dark_share(Window.uniform(start, SLOTS_PER_DAY), self._place)
        return float(self._day_dark[slot])
