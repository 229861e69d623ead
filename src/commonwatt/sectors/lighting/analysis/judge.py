"""Which lamps are broken: dark at night, or burning by day, by their own meters."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.intervals import SLOT_S, SLOTS_PER_DAY, Window
from commonwatt.kernel.ports import Finding, View
from commonwatt.kernel.units import B, F
from commonwatt.sectors.lighting import model
from commonwatt.sectors.lighting.analysis.classes import Levels
from commonwatt.sectors.lighting.analysis.dusk import dark_share

DARK_SHARE = 0.5
"""A lamp that draws less than this share of the least its class allows gives no light."""
LIT_SHARE = 0.1
"""One that draws more than this share of full power is alight."""
READINGS = 4
"""Readings in a row that must say so: an hour."""


class LampJudge:
    """Fills the port `Judge` from the last day's meter readings.

    The last night speaks for a lamp by day, and the last day at night, so that a fault stands until
    the lamp is seen to work again.
    """

    def findings(self, view: View) -> tuple[Finding, ...]:
        """One finding per broken lamp."""
        table = view.plan.table(model.LAMP.name)
        if not len(table):
            return ()
        day = Window.uniform(view.now - SLOTS_PER_DAY * SLOT_S, SLOTS_PER_DAY)
        power = view.history("asset.power_kw", table.ix, day)
        dark = dark_share(day, view.plan.place)
        levels = Levels.of(table)
        out = _throughout(power < DARK_SHARE * levels.least_kw[:, None], power, dark == 1)
        stuck = _throughout(power > LIT_SHARE * levels.full_kw[:, None], power, dark == 0)
        return (
            *(_dark_at_night(table.ids[k]) for k in np.flatnonzero(out)),
            *(_alight_by_day(table.ids[k], levels.full_kw[k]) for k in np.flatnonzero(stuck)),
        )


def _throughout(odd: B, power: F, when: B) -> B:
    """(N,) whether the newest `READINGS` readings among the slots of `when` are all odd."""
    asked = np.isfinite(power) & when
    newest = np.cumsum(asked[:, ::-1], axis=1)[:, ::-1] <= READINGS
    counted = asked & newest
    enough = counted.sum(axis=1) == READINGS
    found: B = enough & (odd | ~counted).all(axis=1)
    return found


def _dark_at_night(lamp: str) -> Finding:
    return Finding(
        key=f"lighting.dark/{lamp}",
        priority=2,
        cause=f"{lamp} drew next to nothing through an hour of night",
        consequence="the road beneath it is dark",
        action="have its driver and its fuse looked at",
    )


def _alight_by_day(lamp: str, full_kw: float) -> Finding:
    return Finding(
        key=f"lighting.burning/{lamp}",
        priority=1,
        cause=f"{lamp} burned through an hour of daylight",
        consequence=f"it wastes up to {1000 * full_kw:.0f} W and its clock cannot be trusted",
        action="have its clock and its relay looked at",
    )
