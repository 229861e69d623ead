"""What goes on within a quarter of an hour: appliances switch, clouds pass.

Meters tell means of 15 min; these laws tell how a known mean comes about in steps of 10 s. The mean
of the steps is the mean given, up to rounding, and every law is a pure function of (luck, entity,
step), so that paired runs see the same minutes. The figures are of the order that single appliances
and irradiance at high resolution show (Richardson et al. 2010, "Domestic electricity use: a
high-resolution energy demand model"; Lohmann et al. 2016, "Characterizing spatiotemporal structure
of irradiance variability"); they are not fitted to any feeder.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.intervals import STEPS_PER_SLOT
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.units import F, I

STANDBY = 0.25
"""Share of a slot's energy that never comes in bursts."""
SWING = 0.3
"""Spread σ of a roof's output within a slot at most, as a share of its mean."""
COMMON = 0.7
"""Share of that variance which all roofs of a district have together."""
CLOUD_STEPS = 6
"""A cloud's edge takes a minute."""
_FARTHEST = 2.5
_TINY = 1e-12


@dataclass(frozen=True)
class Appliance:
    """What switches on and off in kitchens and bathrooms.

    Attributes:
        name: of its stream of luck.
        power_kw: while it is on.
        steps: how long that is, in steps of 10 s.
        share: of the mean load that goes through such appliances.
    """

    name: str
    power_kw: float
    steps: int
    share: float


APPLIANCES = (
    Appliance("kettle", power_kw=2.2, steps=12, share=0.30),
    Appliance("hob", power_kw=1.6, steps=2, share=0.25),
)


def bursts(rng: Rng, entity: I, mean_kw: F, slot: int) -> F:
    """(N,90) power in every step of `slot` of loads whose mean is `mean_kw` (N,).

    What appliances take is taken from the level below them, so a home of 0.4 kW shows a kettle now
    and then and a hundred homes hardly anything. What feeds in is left level.
    """
    drawn = np.maximum(mean_kw, 0.0)
    total = np.zeros((mean_kw.size, STEPS_PER_SLOT))
    for appliance in APPLIANCES:
        total += _switched(rng, appliance, entity, drawn, slot)
    taken = total.mean(axis=1)
    most = (1.0 - STANDBY) * drawn
    scale = np.minimum(1.0, np.divide(most, taken, out=np.ones_like(taken), where=taken > 0))
    power: F = mean_kw[:, None] + scale[:, None] * (total - taken[:, None])
    return power


def _switched(rng: Rng, appliance: Appliance, entity: I, mean_kw: F, slot: int) -> F:
    """(N,90) kW of one kind of appliance; one that is on at the end has been on at the start."""
    rate = appliance.share * mean_kw / (appliance.power_kw * appliance.steps)
    steps = slot * STEPS_PER_SLOT + np.arange(STEPS_PER_SLOT)
    luck = rng.uniform(f"flicker.{appliance.name}", entity[:, None], steps)
    starts = _poisson(rate[:, None], luck)
    wrapped = np.hstack([starts[:, -appliance.steps :], starts])
    passed = np.cumsum(wrapped, axis=1)
    on: F = passed[:, appliance.steps :] - passed[:, : -appliance.steps]
    return appliance.power_kw * on


def _poisson(rate: F, luck: F) -> F:
    """Counts of the given mean, by inversion; `rate` is a few at most."""
    chance = np.broadcast_to(np.exp(-rate), luck.shape).copy()
    below, count = chance.copy(), np.zeros_like(luck)
    number = 0
    while (more := (luck > below) & (chance > _TINY)).any():
        number += 1
        count[more] += 1
        chance = chance * rate / number
        below += chance
    return count


def clouds(rng: Rng, entity: I, mean_kw: F, ceiling_kw: F, *, diffuse_share: float, slot: int) -> F:
    """(N,90) power in every step of `slot` of roofs that make `mean_kw` (N,) on average.

    A sky half diffuse flickers most, a clear or an overcast one hardly. Where a roof would swing
    above `ceiling_kw` (N,) (its rating, or the cap it runs at) or below nothing, it swings less.
    """
    spread = SWING * 4.0 * diffuse_share * (1.0 - diffuse_share)
    steps = slot * STEPS_PER_SLOT + np.arange(1 - CLOUD_STEPS, STEPS_PER_SLOT)
    sky = rng.normal("flicker.sky", 0, steps)[None, :]
    own = rng.normal("flicker.roof", entity[:, None], steps)
    shocks = np.sqrt(COMMON) * sky + np.sqrt(1.0 - COMMON) * own
    passed = np.cumsum(np.hstack([np.zeros((entity.size, 1)), shocks]), axis=1)
    smooth = (passed[:, CLOUD_STEPS:] - passed[:, :-CLOUD_STEPS]) / np.sqrt(CLOUD_STEPS)
    swing = spread * np.clip(smooth, -_FARTHEST, _FARTHEST)
    swing -= swing.mean(axis=1, keepdims=True)
    power: F = mean_kw[:, None] * (1.0 + _fitting(swing, mean_kw, ceiling_kw)[:, None] * swing)
    return power


def _fitting(swing: F, mean_kw: F, ceiling_kw: F) -> F:
    """(N,) share of `swing` (N,90) that stays between nothing and the ceiling."""
    highest = np.maximum(swing.max(axis=1), _TINY)
    lowest = np.maximum(-swing.min(axis=1), _TINY)
    above = np.divide(ceiling_kw, mean_kw, out=np.ones_like(mean_kw), where=mean_kw > _TINY) - 1.0
    share: F = np.minimum(1.0, np.minimum(np.maximum(above, 0.0) / highest, 1.0 / lowest))
    return share
