"""Reserve: what a city file asks plans to keep ready, and how a call of it reaches devices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from commonwatt.kernel import flexibility
from commonwatt.kernel.commands import Commands
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.flexibility import Schedule
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.units import I

Calling = Callable[[int], float]
"""Reserve called at a moment, kW: above 0 for less drawn or more fed in, below 0 for more drawn."""
_MOVED_KW = 1e-3


def never(_now: int) -> float:
    """No call at all."""
    return 0.0


@dataclass(frozen=True, kw_only=True)
class Reserve:
    """What a city file says under `[reserve]`.

    Attributes:
        up_kw: kept ready as less drawn or more fed in, in every slot.
        down_kw: kept ready as more drawn.
        hours: how long it must last once called.
        eur_per_kw_h: what each kW kept for an hour is worth; a plan keeps none that costs more.
    """

    up_kw: float = 0.0
    down_kw: float = 0.0
    hours: float = 0.25
    eur_per_kw_h: float = 1.0

    def __post_init__(self) -> None:
        """Reject what cannot be kept."""
        for name in ("up_kw", "down_kw", "eur_per_kw_h"):
            if not 0 <= getattr(self, name) < np.inf:
                raise InvalidInput(f"reserve: {name} {getattr(self, name):g} is not 0 or more")
        if not 0 < self.hours < np.inf:
            raise InvalidInput(f"reserve: hours {self.hours:g} is not above 0")

    def over(self, window: Window) -> flexibility.Reserve | None:
        """The same for every slot of `window`; None where nothing is asked for."""
        if not (self.up_kw or self.down_kw):
            return None
        one = np.ones(len(window))
        return flexibility.Reserve(
            up_kw=self.up_kw * one,
            down_kw=self.down_kw * one,
            up_price=self.eur_per_kw_h * one,
            down_price=self.eur_per_kw_h * one,
            hours=self.hours,
        )


def moved(plan: Schedule, called: Schedule) -> I:
    """(K,) assets that a call moves away from `plan` in its first slot."""
    found: I = plan.asset[np.abs(called.power_kw[:, 0] - plan.power_kw[:, 0]) > _MOVED_KW]
    return found


def telling(told: Commands, assets: I, kw: float) -> Commands:
    """`told`, where `assets` are told why beside."""
    if not assets.size:
        return told
    which = "less drawn" if kw > 0 else "more drawn"
    called = np.isin(told.asset, assets)
    reasons = tuple(
        f"{reason.removesuffix('.')}; reserve is called: {abs(kw):.1f} kW {which}"
        if mine
        else reason
        for reason, mine in zip(told.reason, called, strict=True)
    )
    return replace(told, reason=reasons)
