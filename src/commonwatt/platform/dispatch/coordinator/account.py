"""What rows cost by themselves if they follow given powers, by the family's law alone."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.flexibility import Envelope, Profile, Storage
from commonwatt.kernel.units import F


def levels(rows: Storage, power_kw: F, hours: F) -> F:
    """(N,T) level at every slot's end; what gains push above the ceiling spills."""
    level, now = np.empty(power_kw.shape), rows.start_kwh
    for t in range(hours.size):
        draw, feed = np.maximum(power_kw[:, t], 0.0), np.maximum(-power_kw[:, t], 0.0)
        gain = (draw * rows.eta_in[:, t] - feed / rows.eta_out[:, t]) * hours[t]
        now = np.minimum(rows.high_kwh[:, t], rows.keep[:, t] * now + gain - rows.use_kwh[:, t])
        level[:, t] = now
    return level


def private_eur(rows: Storage | Envelope, power_kw: F, hours: F) -> F:
    """(N,) € of wear, of being short, of the level left at the end; or of leaving one's wish."""
    if isinstance(rows, Envelope):
        return moved_eur(rows, power_kw, hours)
    level = levels(rows, power_kw, hours)
    return wear_eur(rows, power_kw, hours) + missed_eur(rows, level) - stored_eur(rows, level)


def moved_eur(rows: Envelope, power_kw: F, hours: F) -> F:
    """(N,) € of running otherwise than wished."""
    above = np.maximum(power_kw - rows.want_kw, 0.0)
    below = np.maximum(rows.want_kw - power_kw, 0.0)
    return _summed((rows.up_price * above + rows.down_price * below) * hours)


def wear_eur(rows: Storage, power_kw: F, hours: F) -> F:
    """(N,) € of wear."""
    return rows.wear_price * _summed(np.abs(power_kw) * hours)


def missed_eur(rows: Storage, level_kwh: F) -> F:
    """(N,) € of levels (N,T) below what is wanted."""
    wanted = np.where(rows.short_price > 0, rows.low_kwh, -np.inf)
    return _summed(rows.short_price * np.maximum(0.0, wanted - level_kwh))


def stored_eur(rows: Storage, level_kwh: F) -> F:
    """(N,) € that the last of the levels (N,T) is worth."""
    worth: F = rows.end_price * level_kwh[:, -1]
    return worth


def skipped_eur(rows: Profile, power_kw: F) -> float:
    """€ of programmes that do not run at all."""
    return float(rows.skip_price[~power_kw.any(axis=1)].sum())


def _summed(table: F) -> F:
    """(N,) sums over slots, the same for a row whatever rows stand beside it."""
    found: F = np.ascontiguousarray(table).sum(axis=1)
    return found
