"""What metering accounts for: energy drawn and fed in, and how much of it had to be estimated."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.ports import Measures, View
from commonwatt.kernel.readings import Quality
from commonwatt.kernel.units import SECONDS_PER_HOUR, WH_PER_KWH
from commonwatt.sectors.metering import model
from commonwatt.sectors.metering.analysis.validation import Validated, validated

FUSE_TOLERANCE = 2.0
"""A fuse carries a multiple of its rating for a while; registers faster than that are wrong."""
_DIRECTIONS = ((model.IMPORT_WH, "energy_import", 1.0), (model.EXPORT_WH, "energy_export", -1.0))


def validated_reads(view: View, window: Window, quantity: str, sign: float) -> Validated:
    """Validated interval energies (C,T) of one register over the 15-minute slots of `window`.

    Args:
        view: for the registers and, as the shape of gaps, the measured mean power.
        window: the span.
        quantity: `meter.import_wh` or `meter.export_wh`.
        sign: 1 for drawn, -1 for fed in.
    """
    connections = view.plan.connections
    series, fine = np.arange(len(connections)), window.fine()
    edges = Window(np.concatenate([[fine.start - SLOT_S], fine.edges]))
    power = np.maximum(sign * view.history(model.POWER_KW.name, series, fine), 0.0)
    most = FUSE_TOLERANCE * connections.f("fuse_kw") * WH_PER_KWH * SLOT_S / SECONDS_PER_HOUR
    registers = view.history(quantity, series, edges)
    return validated(registers, most, power * fine.hours * WH_PER_KWH)


class MeteringAccount:
    """Fills the port `Measured` from validated reads."""

    def measures(self, view: View, window: Window) -> Measures:
        """Energy drawn and fed in, Wh, by neighbourhood; and what of it was estimated."""
        area = np.array(view.plan.connections.text("neighbourhood"))
        rows: list[tuple[str, str, str, float, float]] = []
        for register, measure, sign in _DIRECTIONS:
            reads = validated_reads(view, window, register.name, sign)
            guessed = np.where(reads.quality == Quality.ESTIMATED, reads.energy_wh, 0)
            for name in np.unique(area):
                here = area == name
                total = float(reads.energy_wh[here].sum())
                rows.append((str(name), measure, "Wh", total, float("nan")))
                part = float(guessed[here].sum())
                rows.append((str(name), f"{measure}_estimated", "Wh", part, total))
        return Measures(rows=tuple(rows))
