"""Which buildings are too cold while people are in them."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.ports import Finding, View
from commonwatt.sectors.buildings import model
from commonwatt.sectors.buildings.analysis.hours import open_share

TOLERANCE_K = 0.5
"""Air this far below what people accept is worth an alarm."""
SLOTS = 4
"""For how long, all of it open: an hour."""
FEWEST = 2
"""Readings of that hour that must have come."""


class ColdJudge:
    """Fills the port `Judge` from the last hour's room air."""

    def findings(self, view: View) -> tuple[Finding, ...]:
        """One finding per building that stayed cold through an hour in which it was open."""
        table = view.plan.table(model.BUILDING.name)
        if not len(table):
            return ()
        hour = Window.uniform(view.now - SLOTS * SLOT_S, SLOTS)
        air = view.history(model.AIR_C.name, table.ix, hour)
        short = table.f("low_c")[:, None] - air
        seen = np.isfinite(air)
        cold = ((short > TOLERANCE_K) | ~seen).all(axis=1) & (seen.sum(axis=1) >= FEWEST)
        cold &= (open_share(table, view.plan.place, hour) == 1).all(axis=1)
        return tuple(
            Finding(
                key=f"buildings.cold/{table.ids[k]}",
                priority=2,
                cause=f"{table.ids[k]} has been {np.nanmin(short[k]):.1f} K too cold for an hour",
                consequence="people in it are cold",
                action="have its heat pump looked at, or start it earlier",
            )
            for k in np.flatnonzero(cold)
        )
