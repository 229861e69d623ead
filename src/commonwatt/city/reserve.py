"""Reserve: what a city file asks plans to keep ready, and how a call of it reaches devices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from commonwatt.kernel import flexibility
from commonwatt.kernel.commands import Commands
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.flexibility import Schedule
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.units import F, I
from commonwatt.platform.dispatch import given

_MOVED_KW = 1e-3


@dataclass(frozen=True)
class Called:
    """Reserve called at a moment.

    Attributes:
        kw: above 0 for less drawn or more fed in, below 0 for more drawn.
        why: by whom and what for, in a few words.
        call: its number, where it is on record.
    """

    kw: float
    why: str = ""
    call: int | None = None


Calling = Callable[[int], Called | None]
"""What is called at a moment, if anything."""


def never(_now: int) -> None:
    """No call at all."""


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


@dataclass(frozen=True, kw_only=True, eq=False)
class Release:
    """What a slot gives of a call.

    Attributes:
        called: the call.
        kw: what is given of it, with its sign; 0 where nothing is kept, or nobody plans.
        asset: (K,) assets that it moves.
        moved_kw: (K,) by how much.
    """

    called: Called
    kw: float
    asset: I
    moved_kw: F

    @classmethod
    def of(cls, called: Called, plan: Schedule, goal: Schedule) -> Release:
        """What `goal` gives of `called` beside `plan`, in its first slot."""
        by = goal.power_kw[:, 0] - plan.power_kw[:, 0]
        moves = np.abs(by) > _MOVED_KW
        return cls(
            called=called,
            kw=given(plan, called.kw),
            asset=plan.asset[moves],
            moved_kw=by[moves],
        )

    @property
    def words(self) -> str:
        """What is said to devices that it moves."""
        which = "less drawn" if self.called.kw > 0 else "more drawn"
        why = f" {self.called.why}" if self.called.why else ""
        short = abs(self.kw) < abs(self.called.kw) - _MOVED_KW
        rest = f", all that is kept of {abs(self.called.kw):.1f} kW asked for" if short else ""
        return f"reserve is called{why}: {abs(self.kw):.1f} kW {which}{rest}"

    def reasons(self, asset: I, reason: Sequence[str]) -> tuple[str, ...]:
        """`reason` of each `asset` (K,), where it moves with the call's words behind."""
        mine = np.isin(asset, self.asset).tolist()
        return tuple(
            f"{said.removesuffix('.')}; {self.words}" if moves else said
            for said, moves in zip(reason, mine, strict=True)
        )


def telling(told: Commands, release: Release | None) -> Commands:
    """`told`, where assets that a call moves are told why beside."""
    if release is None:
        return told
    return replace(told, reason=release.reasons(told.asset, told.reason))
