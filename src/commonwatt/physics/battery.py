"""Batteries: what they can do in a slot, and where it leaves them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.units import F


@dataclass(frozen=True, eq=False)
class Battery:
    """N batteries with the same efficiency in both directions. Power drawn is positive.

    Attributes:
        rated_kw: (N,) most power at the terminals, either way.
        capacity_kwh: (N,) usable energy.
        efficiency: (N,) one way.
    """

    rated_kw: F
    capacity_kwh: F
    efficiency: F

    def possible(self, level_kwh: F, hours: float) -> tuple[F, F]:
        """(lowest, highest) mean power (N,) that level and rating allow over a slot."""
        most_out = np.maximum(level_kwh, 0.0) * self.efficiency / hours
        most_in = np.maximum(self.capacity_kwh - level_kwh, 0.0) / self.efficiency / hours
        return -np.minimum(self.rated_kw, most_out), np.minimum(self.rated_kw, most_in)

    def step(self, level_kwh: F, power_kw: F, hours: float) -> F:
        """(N,) level after a slot at a `possible` power."""
        gained = np.where(power_kw > 0, power_kw * self.efficiency, power_kw / self.efficiency)
        level: F = np.clip(level_kwh + gained * hours, 0.0, self.capacity_kwh)
        return level


def throughput_kwh(power_kw: F, hours: F | float) -> F:
    """Energy through the terminals, both ways: what wear is counted on."""
    worn: F = np.abs(power_kw) * hours
    return worn
