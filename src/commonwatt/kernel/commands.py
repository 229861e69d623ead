"""What devices are told: an envelope of power until it expires, with its author and its reason."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.principal import Principal
from commonwatt.kernel.units import B, F, I


@dataclass(frozen=True, kw_only=True, eq=False)
class Commands:
    """K commands. A device does what its own rule says, clipped to `[low_kw, high_kw]`.

    Equal bounds are a setpoint, `[-cap, 0]` caps a feed-in, `[0, cap]` a load. When a command
    expires unrenewed the device falls back to its own safe rule.

    Attributes:
        asset: (K,) asset index, each at most once.
        low_kw: (K,) lower bound on power, -inf for none.
        high_kw: (K,) upper bound on power, inf for none.
        expires: (K,) epoch seconds at which the command lapses.
        reason: (K,) one sentence each.
        author: who commands.
    """

    asset: I
    low_kw: F
    high_kw: F
    expires: I
    reason: tuple[str, ...]
    author: Principal

    def __len__(self) -> int:
        """How many."""
        return self.asset.size

    @classmethod
    def setpoints(
        cls, asset: I, power_kw: F, expires: int, reason: str, author: Principal
    ) -> Commands:
        """One power each, until `expires`, all for one reason."""
        return cls.bands(asset, power_kw, power_kw, expires, reason, author)

    @classmethod
    def bands(  # noqa: PLR0917 - the six columns of a command, in order
        cls, asset: I, low_kw: F, high_kw: F, expires: int, reason: str, author: Principal
    ) -> Commands:
        """An envelope each, until `expires`, all for one reason."""
        return cls(
            asset=asset,
            low_kw=np.broadcast_to(np.asarray(low_kw, float), asset.shape).copy(),
            high_kw=np.broadcast_to(np.asarray(high_kw, float), asset.shape).copy(),
            expires=np.full(asset.size, expires, dtype=np.int64),
            reason=(reason,) * asset.size,
            author=author,
        )

    @classmethod
    def none(cls, author: Principal) -> Commands:
        """No command at all."""
        empty = np.empty(0)
        return cls.bands(np.empty(0, np.int64), empty, empty, 0, "", author)

    def where(self, keep: B) -> Commands:
        """Those commands for which the mask `keep` holds."""
        return Commands(
            asset=self.asset[keep],
            low_kw=self.low_kw[keep],
            high_kw=self.high_kw[keep],
            expires=self.expires[keep],
            reason=tuple(r for r, kept in zip(self.reason, keep, strict=True) if kept),
            author=self.author,
        )

    @classmethod
    def gathered(cls, parts: list[Commands], author: Principal) -> Commands:
        """All of `parts` as one, given by `author`."""
        if not parts:
            return cls.none(author)
        return cls(
            asset=np.concatenate([p.asset for p in parts]),
            low_kw=np.concatenate([p.low_kw for p in parts]),
            high_kw=np.concatenate([p.high_kw for p in parts]),
            expires=np.concatenate([p.expires for p in parts]),
            reason=tuple(r for p in parts for r in p.reason),
            author=author,
        )
