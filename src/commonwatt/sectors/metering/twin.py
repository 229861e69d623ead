"""Stage 3: meters sample the solved world."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.ports import Fate, Ground, Requests
from commonwatt.kernel.readings import Readings
from commonwatt.kernel.units import WH_PER_KWH, F
from commonwatt.kernel.world import World
from commonwatt.sectors.metering import model

_OLDEST_WH = 2e7
"""Registers start anywhere up to this: meters have lived before we came."""
_ROUNDING_WH = 1e-6
"""Keeps sums of binary fractions from falling just short of the whole Wh they mean."""


class Meters:
    """Fills the port `Twin`. State: energy drawn and fed in so far, unrounded.

    A register is the whole Wh below its cumulative energy, so the difference of two registers is
    within 1 Wh of the truth over any span. Each slot's net energy moves one register only.
    """

    stage = 3

    def __init__(self, ground: Ground) -> None:
        self._connections = np.arange(len(ground.connections))
        unmetered = ground.table(model.UNMETERED).ix
        self._devices = np.setdiff1d(np.arange(ground.assets), unmetered)
        self._drawn = self._opening(ground, "metering.import")
        self._fed = self._opening(ground, "metering.export")
        self._installed = False

    def step(self, world: World) -> None:
        """Count this slot's energy and publish every meter's values."""
        if not self._installed:
            self._read(world, world.start - SLOT_S)
            self._installed = True
        net = world.net_kw()
        self._drawn = self._drawn + np.maximum(net, 0.0) * world.hours * WH_PER_KWH
        self._fed = self._fed + np.maximum(-net, 0.0) * world.hours * WH_PER_KWH
        self._read(world, world.start)
        world.publish(model.POWER_KW.name, self._connections, net)
        world.publish(model.KVAR.name, self._connections, world.reactive_kvar.sum(axis=1))
        world.publish(model.VOLTS_PU.name, self._connections, world.volts_pu)
        world.publish(model.ASSET_KW.name, self._devices, world.asset_kw[self._devices])

    def requests(self) -> Requests | None:
        """None: meters ask for nothing."""

    def fate(self, window: Window) -> Fate:  # noqa: ARG002 - the port's shape
        """Nothing: meters only watch."""
        return Fate(truth={})

    def _read(self, world: World, slot: int) -> None:
        """Publish both registers as they stand at the end of the slot that starts at `slot`."""
        for quantity, energy in ((model.IMPORT_WH, self._drawn), (model.EXPORT_WH, self._fed)):
            register = np.floor(energy + _ROUNDING_WH)
            world.readings.append(Readings.at(quantity.name, self._connections, slot, register))

    def _opening(self, ground: Ground, stream: str) -> F:
        """(C,) registers on the day of installation, whole Wh."""
        wh: F = np.floor(_OLDEST_WH * ground.rng.uniform(stream, self._connections, 0))
        return wh
