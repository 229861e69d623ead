"""Envelope rows as columns of the linear programme: how far from its wish each one runs."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from commonwatt.kernel.flexibility import Envelope
from commonwatt.kernel.units import F, I
from commonwatt.platform.dispatch.lp import Sheet
from commonwatt.platform.dispatch.stores import identities, placed, taken

_UP, _DOWN = 5, 6


@dataclass(frozen=True, kw_only=True, eq=False)
class Bands:
    """Where the envelope rows' columns are.

    Attributes:
        up, down: (N,T) column of power above and below `want_kw`, -1 where there is none.
        envelope: the rows.
    """

    up: I
    down: I
    envelope: Envelope

    def powers(self, x: F) -> F:
        """(N,T) power of every row in solution `x`."""
        return self.envelope.want_kw + taken(x, self.up) - taken(x, self.down)


def gathered(blocks: tuple[Envelope, ...], slots: int) -> Envelope:
    """All blocks as one."""
    if not blocks:
        none, ints = np.empty((0, slots)), np.empty(0, dtype=np.int64)
        return Envelope(
            asset=ints, connection=ints, low_kw=none, want_kw=none, high_kw=none,
            down_price=none, up_price=none,
        )  # fmt: skip
    names = Envelope.__dataclass_fields__
    return replace(blocks[0], **{k: np.concatenate([getattr(b, k) for b in blocks]) for k in names})


def add_bands(sheet: Sheet, envelope: Envelope, hours: F) -> Bands:
    """Add every envelope row's columns to `sheet`; a wish outside its bounds pays for that."""
    want, low, high = envelope.want_kw, envelope.low_kw, envelope.high_kw
    row = identities(envelope.asset)
    up = placed(
        sheet, np.maximum(low, high) > want, key=(_UP, row), cost=envelope.up_price * hours,
        low=np.maximum(0, low - want), high=high - want,
    )  # fmt: skip
    down = placed(
        sheet, np.minimum(low, high) < want, key=(_DOWN, row), cost=envelope.down_price * hours,
        low=np.maximum(0, want - high), high=want - low,
    )  # fmt: skip
    return Bands(up=up, down=down, envelope=envelope)
