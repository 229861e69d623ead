"""One envelope per asset, each until it expires."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.units import B, F, I

NEVER = np.iinfo(np.int64).min


class Envelopes:
    """The newest envelope of each of A assets, with its expiry and its reason.

    Attributes:
        reason: A sentences.
    """

    def __init__(self, count: int) -> None:
        self._low = np.full(count, -np.inf)
        self._high = np.full(count, np.inf)
        self._expires = np.full(count, NEVER, dtype=np.int64)
        self.reason = [""] * count

    @property
    def held(self) -> B:
        """(A,) whether there is or was an envelope."""
        held: B = self._expires != NEVER
        return held

    def put(self, asset: I, low_kw: F, high_kw: F, expires: I, reasons: list[str]) -> None:
        """Replace the envelopes of `asset` (K,)."""
        self._low[asset], self._high[asset] = low_kw, high_kw
        self._expires[asset] = expires
        for one, reason in zip(asset.tolist(), reasons, strict=True):
            self.reason[one] = reason

    def drop(self, asset: I) -> None:
        """Forget the envelopes of `asset` (K,)."""
        self._expires[asset] = NEVER

    def columns(self, asset: I) -> tuple[F, F, I, list[str]]:
        """Low, high, expiry and reason of `asset` (K,), as `put` takes them."""
        reasons = [self.reason[one] for one in asset.tolist()]
        return self._low[asset], self._high[asset], self._expires[asset], reasons

    def active(self, now: int) -> B:
        """(A,) whether an envelope is in force at `now`."""
        active: B = self._expires > now
        return active

    def bounds(self, now: int) -> tuple[F, F]:
        """(A,) low and (A,) high in force at `now`, ±inf where there is none."""
        active = self.active(now)
        return np.where(active, self._low, -np.inf), np.where(active, self._high, np.inf)
