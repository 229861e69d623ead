"""The simulated grid: one AC power flow per slot over what everybody draws."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from commonwatt.kernel.intervals import Window
from commonwatt.kernel.ports import Fate, Ground, Requests
from commonwatt.kernel.world import World
from commonwatt.sectors.grid.analysis.flow import Feeder

_CITY = np.zeros(1, dtype=np.int64)


class GridTwin:
    """Solves the grid after people and devices have acted. Keeps no state from slot to slot."""

    stage = 2

    def __init__(self, ground: Ground) -> None:
        self._feeder = Feeder.of(ground)
        self._buses = np.arange(self._feeder.buses)
        self._branches = np.arange(self._feeder.branches)

    def step(self, world: World) -> None:
        """Set every connection's voltage; publish voltages, branch power, loading and losses."""
        flow = self._feeder.flow(
            world.power_kw.sum(axis=1, keepdims=True),
            world.reactive_kvar.sum(axis=1, keepdims=True),
        )
        volts = flow.volts_pu[:, 0]
        world.volts_pu[:] = volts[self._feeder.connection_bus]
        world.publish("bus.volts_pu", self._buses, volts)
        world.publish("branch.loading", self._branches, flow.loading[:, 0])
        world.publish("branch.power_kw", self._branches, flow.power_kw[:, 0])
        world.publish("grid.loss_kw", _CITY, flow.loss_kw)
        world.publish("grid.source_kw", _CITY, flow.source_kw)

    def requests(self) -> Requests | None:
        """Nobody asks wires for anything."""
        return None

    def fate(self, window: Window) -> Fate:
        """Nothing happens to wires that others do not cause."""
        del window
        nothing: Mapping[str, tuple[np.ndarray, np.ndarray]] = {}
        return Fate(truth=nothing)
