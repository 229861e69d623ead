"""How far off forecasts were: residual quantiles by lead time and time of day (split conformal)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.units import F, I
from commonwatt.platform.forecast.cleaning import quantiles
from commonwatt.platform.forecast.correction import LEADS
from commonwatt.platform.forecast.features import BLOCKS
from commonwatt.platform.forecast.trust import Past

PAIRED = 4
"""Slots ahead from which enough weather forecasts are kept to pair them with errors one by one;
nearer, the errors' spread is widened by theirs."""
FEWEST = 12
"""Errors a four-hour block must have to speak for itself."""


@dataclass(frozen=True, eq=False)
class Spread:
    """Quantiles of errors.

    Attributes:
        offset: (L,BLOCKS,Q,N) what to add to the expectation, in the seasonal scale, by lead time,
            time of day, level and series.
    """

    offset: F

    def around(self, ahead: I, block: I) -> F:
        """(Q,N,T) offsets at leads `ahead` (T,), slots, in blocks `block` (T,)."""
        where = np.interp(np.log(ahead), np.log(LEADS), np.arange(LEADS.size))
        low = np.minimum(where.astype(np.int64), LEADS.size - 2)
        part = (where - low)[:, None, None]
        near, far = self.offset[low, block], self.offset[low + 1, block]
        found: F = (near + part * (far - near)).transpose(1, 2, 0)
        return found


def observed(left: list[F], block: I, past: Past | None, shift: F, levels: F) -> Spread:
    """The spread of errors as they would have been with the weather as it was forecast.

    Args:
        left: by lead, (R,N) errors had the weather been known, NaN where unknown.
        block: (R,) of the same rows.
        past: forecasts of the weather about these rows (negative: about others), if there are any.
        shift: (K,N) what the forecasts of `past` add to what is said about their rows.
        levels: (Q,).
    """
    found = []
    for lead, errors in zip(LEADS, left, strict=True):
        if past is None:
            found.append(_by_block(errors, block, levels))
            continue
        use = (past.lead == lead) & (past.row >= 0)
        row = past.row[use]
        if lead < PAIRED:
            wider = np.sqrt(1 + _power(shift[use]) / (_power(errors) + 1e-12))
            found.append(wider * _by_block(errors, block, levels))
        else:
            found.append(_by_block(errors[row] - shift[use], block[row], levels))
    return Spread(offset=np.array(found))


def uniform(errors: F, widening: F, levels: F) -> Spread:
    """One spread for all leads from `errors` (R,N), `widening` (N,) for what they cannot show."""
    found = straddling(widening * quantiles(errors, levels), levels)
    return Spread(offset=np.broadcast_to(found, (LEADS.size, BLOCKS, *found.shape)).copy())


def _by_block(errors: F, block: I, levels: F) -> F:
    """(BLOCKS,Q,N) quantiles, those of the whole day where a block has too few errors."""
    asked = np.isfinite(errors).any(axis=1)
    errors, block = errors[asked], block[asked]
    whole = quantiles(errors, levels)
    found = np.empty((BLOCKS, *whole.shape))
    for b in range(BLOCKS):
        rows = errors[block == b]
        enough = np.isfinite(rows).sum(axis=0) >= FEWEST
        found[b] = np.where(enough, quantiles(rows, levels), whole) if enough.any() else whole
    return straddling(found, levels)


def _power(errors: F) -> F:
    """(N,) mean square of what is known of (K,N)."""
    known = np.isfinite(errors)
    total: F = np.where(known, errors**2, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return total


def straddling(offset: F, levels: F) -> F:
    """`offset` (..., Q,N) with 0 at the middle, nothing positive below, nothing negative above."""
    side = np.sign(np.round(levels - 0.5, 9))[:, None]
    apart: F = side * np.maximum(side * offset, 0)
    return apart
