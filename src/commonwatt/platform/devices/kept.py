"""What must be known of devices after a restart."""

from __future__ import annotations

from dataclasses import dataclass

from commonwatt.kernel.units import B, F, I


@dataclass(frozen=True, kw_only=True, eq=False)
class Kept:
    """Desired and reported envelopes of K assets, each once.

    Attributes:
        asset: (K,) asset index.
        low_kw: (K,) of the newest command.
        high_kw: (K,).
        expires: (K,) epoch seconds.
        reason: (K,) with its author in front.
        reported_low_kw: (K,) what the device last confirmed.
        reported_high_kw: (K,).
        reported_at: (K,) when; -1 for never.
        confirmed: (K,) whether that was the newest command.
    """

    asset: I
    low_kw: F
    high_kw: F
    expires: I
    reason: tuple[str, ...]
    reported_low_kw: F
    reported_high_kw: F
    reported_at: I
    confirmed: B
