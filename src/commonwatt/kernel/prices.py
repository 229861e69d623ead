"""The one published price list: dispatch minimises what a study counts, in every run alike."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.units import G_PER_KG, F


@dataclass(frozen=True, kw_only=True)
class PriceList:
    """System prices beside the wholesale price of energy; a city file may set its own.

    Attributes:
        carbon_eur_per_t: CO₂ of the electricity drawn (fed in energy is credited alike).
        peak_eur_per_kw_day: each day's highest load of the substation, in either direction;
            0.10 is about 36 €/kW a year, a usual long-run cost of low-voltage capacity.
        wear_eur_per_kwh: battery wear per kWh charged or discharged (about 300 €/kWh over
            5,000 full cycles).
        curtailment_eur_per_kwh: solar energy not let in, beside the energy's own worth.
        discomfort_eur_per_k_h: a home one kelvin too cold for one hour; a public
            building counts as the homes that its people would fill.
        dimming_eur_per_kwh: street light taken away, per kWh the lamp would have drawn; a light
            point costs a city about 60 € a year for 200 kWh, energy aside, and is bought for less
            than it is worth.
        missing_eur_per_kwh: energy a car lacks at its stated departure.
        overload_eur_per_kvah: load above the rating of a transformer or line.
        voltage_eur_per_pu_h: one bus one pu outside its band for an hour.
        loss_eur_per_kwh: energy lost in the wires, beside its own worth.
    """

    carbon_eur_per_t: float = 100.0
    peak_eur_per_kw_day: float = 0.10
    wear_eur_per_kwh: float = 0.03
    curtailment_eur_per_kwh: float = 0.02
    discomfort_eur_per_k_h: float = 0.50
    dimming_eur_per_kwh: float = 0.30
    missing_eur_per_kwh: float = 1.00
    overload_eur_per_kvah: float = 2.00
    voltage_eur_per_pu_h: float = 100.0
    loss_eur_per_kwh: float = 0.0

    def __post_init__(self) -> None:
        """Reject prices that reward what costs, and what is no number."""
        for spec in fields(self):
            value = getattr(self, spec.name)
            if not (isinstance(value, int | float) and 0 <= value < np.inf):
                raise InvalidInput(f"prices: {spec.name} {value!r} is not a number of 0 or more")

    def with_carbon(self, wholesale_eur_per_kwh: F, carbon_kg_per_kwh: F) -> F:
        """(T,) €/kWh the system pays for energy: its wholesale price and its carbon's."""
        carbon = self.carbon_eur_per_t / G_PER_KG
        return wholesale_eur_per_kwh + carbon * carbon_kg_per_kwh
