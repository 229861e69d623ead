"""What a store cannot give up in the first slot without missing what is wanted of it later."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.flexibility import Storage
from commonwatt.kernel.units import F


def least_draw_kw(block: Storage, hours: F) -> F:
    """(N,) mean power each store must draw in the first slot, at full power ever after.

    Counted back from every level wanted: a car that leaves in two hours and needs them both has
    nothing to give, one that stays all night has all. At most what it can draw.

    Args:
        block: stores over T slots.
        hours: (T,) widths of the slots.
    """
    wanted = block.low_kwh[:, -1]
    for t in range(hours.size - 1, 0, -1):
        gain = block.eta_in[:, t] * block.draw_kw[:, t] * hours[t]
        keep = np.maximum(block.keep[:, t], 1e-9)
        before = (wanted + block.use_kwh[:, t] - gain) / keep
        wanted = np.maximum(before, block.low_kwh[:, t - 1])
    short = wanted + block.use_kwh[:, 0] - block.keep[:, 0] * block.start_kwh
    per_kw = np.maximum(block.eta_in[:, 0] * hours[0], 1e-9)
    least: F = np.clip(short / per_kw, 0.0, block.draw_kw[:, 0])
    return least
