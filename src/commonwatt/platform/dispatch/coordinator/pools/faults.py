"""What can be wrong with an answer, whoever gave it."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.units import F
from commonwatt.platform.dispatch.coordinator.blocks import Answer

_ROUNDING = 1e-6


def fault(answer: object, groups: int, slots: int) -> str:
    """What is wrong with the form of an answer of `groups`; empty where nothing is."""
    if not isinstance(answer, Answer):
        return f"it answered with a {type(answer).__name__}"
    if answer.power_kw.shape != (groups, slots):
        return f"it answered with powers {answer.power_kw.shape} for {(groups, slots)}"
    if answer.cost.shape != (groups,) or answer.bound.shape != (groups,):
        return f"it answered with {answer.cost.size} costs for {groups} groups"
    if not all(np.isfinite(part).all() for part in (answer.power_kw, answer.cost, answer.bound)):
        return "it answered with numbers that are none"
    return ""


def overstated(answer: Answer, energy_price: F) -> str:
    """What is wrong where an answer's bound lies above what the answer itself costs.

    Args:
        answer: of K groups.
        energy_price: (K,T) €/kW of one more kW through each slot at the prices asked.
    """
    paid = answer.cost + (energy_price * answer.power_kw).sum(axis=1)
    over = answer.bound - paid - _ROUNDING * (1 + np.abs(paid))
    if (over <= 0).all():
        return ""
    k = int(np.argmax(over))
    return f"it says that {answer.bound[k]:.6g} € is the least, of an answer at {paid[k]:.6g} €"
