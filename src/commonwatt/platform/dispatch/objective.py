"""What dispatch minimises beside the offers' own prices: energy with its carbon, the day's peak."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from commonwatt.kernel.flexibility import Reserve
from commonwatt.kernel.units import F, I


@dataclass(frozen=True, kw_only=True, eq=False)
class Objective:
    """System prices over a window of T slots.

    Attributes:
        energy_price: (T,) €/kWh at the substation: wholesale price + carbon price × intensity.
        day: (T,) label of the local day that each slot belongs to.
        peak_price_eur_per_kw_day: of each day's highest substation power, in either direction.
        peak_so_far_kw: by day label, the peak already reached on that day; absent means 0.
        loss_price: €/kWh lost in the wires, beside the energy's own price.
        carbon_price: what of the energy's price is carbon's, (T,) or one for all slots; it decides
            nothing, and is told apart in what a plan costs.
        reserve: what power is to be kept ready, and what that is worth; None for none.
    """

    energy_price: F
    day: I
    peak_price_eur_per_kw_day: float = 0.0
    peak_so_far_kw: Mapping[int, float] = field(default_factory=dict)
    loss_price: float = 0.0
    carbon_price: F | float = 0.0
    reserve: Reserve | None = None
