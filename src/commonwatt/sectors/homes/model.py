"""What stands in and behind homes: base consumers, heat pumps, hot water, home batteries."""

from __future__ import annotations

from commonwatt.kernel.readings import Of, Quantity
from commonwatt.kernel.tables import Dtype, Field, Kind
from commonwatt.physics.thermal import OneLevel

REFERENCE_C = OneLevel.EMPTY_C
"""Temperature of a building's mass at which its level of heat counts as 0 kWh."""

CONSUMER = Kind(
    name="consumer",
    doc="Base consumption nobody moves: peak × the series `<profile>.p` (reactive: `<profile>.q`).",
    fields=(
        Field(name="profile", doc="Name of its load shape among the series.", dtype=Dtype.TEXT),
        Field(name="peak_kw", doc="Active power where the shape is 1.", low=0),
        Field(name="peak_kvar", doc="Reactive power where the shape is 1.", default=0.0),
    ),
)
HEAT_PUMP = Kind(
    name="heat_pump",
    doc="A modulating air-to-water heat pump and the floor-heated building it keeps warm.",
    fields=(
        Field(name="rated_kw", doc="Most electric power.", low=0),
        Field(name="loss_kw_per_k", doc="Heat loss of the envelope.", low=0.01, uncertain=0.1),
        Field(name="mass_kwh_per_k", doc="Heat capacity of its mass.", low=0.5, uncertain=0.1),
        Field(name="set_c", doc="Air temperature its people like.", low=5, high=30, default=21.0),
        Field(name="low_c", doc="Below this they are cold.", low=5, high=30, default=20.0),
        Field(name="high_c", doc="Above this it is too warm.", low=5, high=35, default=23.5),
    ),
)
HOT_WATER = Kind(
    name="hot_water",
    doc="A hot-water heat pump with its tank.",
    fields=(
        Field(name="rated_kw", doc="Most electric power.", low=0),
        Field(name="volume_l", doc="Volume of the tank.", low=1, default=200.0),
        Field(name="daily_l", doc="Mean daily draw at tank temperature.", low=0, default=100.0),
    ),
)
BATTERY = Kind(
    name="battery",
    doc="A home battery behind the meter.",
    fields=(
        Field(name="rated_kw", doc="Most power, charging and discharging.", low=0),
        Field(name="capacity_kwh", doc="Usable energy.", low=0),
        Field(name="efficiency", doc="One way.", low=0.5, high=1, default=0.95),
    ),
)
KINDS = (CONSUMER, HEAT_PUMP, HOT_WATER, BATTERY)

AIR_C = Quantity(name="building.air_c", of=Of.ASSET, doc="Room air, °C.", state=True)
MASS_C = Quantity(name="building.mass_c", of=Of.ASSET, doc="Floor and walls, °C.", state=True)
COLD_K_H = Quantity(
    name="building.cold_k_h", of=Of.ASSET, doc="Kelvin-hours of air below what people accept."
)
TANK_KWH = Quantity(
    name="hot_water.level_kwh", of=Of.ASSET, doc="Heat in the tank above cold water.", state=True
)
BATTERY_KWH = Quantity(
    name="battery.level_kwh", of=Of.ASSET, doc="Energy in the battery.", state=True
)
GAIN_KW = Quantity(
    name="building.gain_kw", of=Of.ASSET, doc="Sun and people's useful heat (derived)."
)
USE_KW = Quantity(name="hot_water.use_kw", of=Of.ASSET, doc="Hot water drawn (derived).")
QUANTITIES = (AIR_C, MASS_C, COLD_K_H, TANK_KWH, BATTERY_KWH, GAIN_KW, USE_KW)
