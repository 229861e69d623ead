"""What exists: schools and offices, each a heat pump, the building it warms, and its hours."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.readings import Of, Quantity
from commonwatt.kernel.tables import Dtype, Field, Kind, Table
from commonwatt.kernel.units import F
from commonwatt.physics.thermal import OneLevel

REFERENCE_C = OneLevel.EMPTY_C
"""Temperature of a building's mass at which its level of heat counts as 0 kWh."""
SUPPLY_C = 45.0
"""Temperature of the water its heat pump makes: large radiators or ceiling panels."""
PEOPLE_PER_M2 = {"school": 0.10, "office": 0.06}
"""People per floor area when all are there, by use; of the order that SIA 2024 gives."""
USES = tuple(PEOPLE_PER_M2)
HOME_PEOPLE = 2.0
"""People in a usual home: cold is priced by homes, and public buildings hold many homes' people."""

BUILDING = Kind(
    name="building",
    doc="A school or office: its heat pump, and beside it plugs, light and fans by floor area.",
    fields=(
        Field(name="use", doc=f"{' or '.join(USES)}.", dtype=Dtype.TEXT, default=USES[0]),
        Field(name="floor_m2", doc="Heated floor area.", low=10),
        Field(name="rated_kw", doc="Most electric power of its heat pump.", low=0),
        Field(name="loss_kw_per_k", doc="Heat loss of the envelope.", low=0.01, uncertain=0.1),
        Field(name="mass_kwh_per_k", doc="Heat capacity of its mass.", low=0.5, uncertain=0.1),
        Field(name="open_h", doc="Opens, local hour, Monday to Friday.", low=0, high=24, default=8),
        Field(name="close_h", doc="Closes, local hour.", low=0, high=24, default=16),
        Field(name="set_c", doc="Air its people like.", low=5, high=30, default=21.0),
        Field(name="low_c", doc="Below this they are cold.", low=5, high=30, default=20.0),
        Field(name="high_c", doc="Above this it is too warm.", low=5, high=35, default=24.0),
        Field(name="setback_c", doc="Least air while empty.", low=5, high=30, default=17.0),
    ),
)
KINDS = (BUILDING,)

AIR_C = Quantity(name="zone.air_c", of=Of.ASSET, doc="Room air, °C.", state=True)
MASS_C = Quantity(name="zone.mass_c", of=Of.ASSET, doc="Floor and walls, °C.", state=True)
OCCUPIED_H = Quantity(
    name="zone.occupied_h", of=Of.ASSET, doc="Hours of the slot in which it is open."
)
COLD_K_H = Quantity(
    name="zone.cold_k_h",
    of=Of.ASSET,
    doc="Kelvin-hours of air below what people accept, while it is open.",
)
GAIN_KW = Quantity(
    name="zone.gain_kw", of=Of.ASSET, doc="Sun and people's heat, less ventilation's (derived)."
)
QUANTITIES = (AIR_C, MASS_C, OCCUPIED_H, COLD_K_H, GAIN_KW)


def homes_in(table: Table) -> F:
    """(N,) how many homes the people of each building would fill.

    Raises:
        InvalidInput: a building has a use nobody described.
    """
    uses = table.text("use")
    for name, use in zip(table.ids, uses, strict=True):
        if use not in PEOPLE_PER_M2:
            raise InvalidInput(f"building {name!r}: use {use!r} is not one of {', '.join(USES)}")
    per_m2 = np.array([PEOPLE_PER_M2[use] for use in uses])
    homes: F = table.f("floor_m2") * per_m2 / HOME_PEOPLE
    return homes
