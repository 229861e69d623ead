"""The challenge's battery: CityLearn 2.1.2's law, one hour of all homes at once.

What can flow falls with the charge, efficiency depends on the power, and capacity wears with use.
`citylearn.py --check` puts it beside the library's own class, step by step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_POWER = np.array([0.0, 0.3, 0.7, 0.8, 1.0])
_EFFICIENCY = np.array([0.83, 0.83, 0.90, 0.90, 0.85])
"""Round trip, by the share of the rated power that flows."""
_CHARGE = np.array([0.0, 0.8, 1.0])
_FLOW = np.array([1.0, 1.0, 0.2])
"""Share of the rated power that can flow, by state of charge."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Pack:
    """H batteries as built, all (H,).

    Attributes:
        capacity_kwh: when new.
        power_kw: rated.
        wear: share of the capacity lost in a full cycle.
        rated: round-trip efficiency before the first use.
    """

    capacity_kwh: np.ndarray
    power_kw: np.ndarray
    wear: np.ndarray
    rated: np.ndarray

    def new(self) -> Charge:
        """Empty and unworn."""
        return Charge(level_kwh=0 * self.capacity_kwh, usable_kwh=self.capacity_kwh, eta=self.rated)


@dataclass(frozen=True, kw_only=True, eq=False)
class Charge:
    """H batteries as they are, all (H,).

    Attributes:
        level_kwh: energy inside.
        usable_kwh: what is left of the capacity.
        eta: round-trip efficiency of the last flow; the next one's lower bound is reckoned with it.
    """

    level_kwh: np.ndarray
    usable_kwh: np.ndarray
    eta: np.ndarray


def reach(pack: Pack, now: Charge) -> tuple[np.ndarray, np.ndarray]:
    """(H,) most that can be fed and drawn in the next hour, kWh at the meter, both positive."""
    share = np.interp(now.level_kwh / pack.capacity_kwh, _CHARGE, _FLOW)
    flow = pack.power_kw * share
    return np.minimum(flow, now.level_kwh * np.sqrt(now.eta)), np.minimum(
        flow, now.usable_kwh - now.level_kwh
    )


def stepped(pack: Pack, now: Charge, asked_kwh: np.ndarray) -> tuple[Charge, np.ndarray]:
    """One hour later, and (H,) kWh that flowed at the meter, drawn positive."""
    feed, draw = reach(pack, now)
    asked = np.clip(asked_kwh, -feed, draw)
    eta = np.interp(np.abs(asked) / pack.power_kw, _POWER, _EFFICIENCY)
    way = np.sqrt(eta)
    led = now.level_kwh + np.where(asked >= 0, asked * way, asked / way)
    level = np.clip(led, 0.0, pack.capacity_kwh)
    moved = level - now.level_kwh
    flowed = np.where(moved >= 0, moved / way, moved * way)
    worn = pack.wear * pack.capacity_kwh * np.abs(flowed) / (2 * now.usable_kwh)
    return Charge(level_kwh=level, usable_kwh=now.usable_kwh - worn, eta=eta), flowed
