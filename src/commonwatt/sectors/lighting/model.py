"""What exists: street lamps, each with its class of light, and what they tell about themselves."""

from __future__ import annotations

from commonwatt.kernel.readings import Of, Quantity
from commonwatt.kernel.tables import Dtype, Field, Kind

ROAD_CLASS = "road_class"
"""Column of the EN 13201-2 class."""

LAMP = Kind(
    name="lamp",
    doc="A street lamp: an LED luminaire with a dimmable driver, a clock and a presence sensor.",
    fields=(
        Field(name="rated_kw", doc="Electric power at full light.", low=0.001),
        Field(
            name=ROAD_CLASS,
            doc="EN 13201-2 class of its road at full light: M1…M6, C0…C5 or P1…P6.",
            dtype=Dtype.TEXT,
        ),
        Field(name="lon", doc="Degrees east.", low=-180, high=180, default=0.0),
        Field(name="lat", doc="Degrees north.", low=-90, high=90, default=0.0),
    ),
)
KINDS = (LAMP,)

PRESENCE = Quantity(
    name="lamp.presence",
    of=Of.ASSET,
    doc="Share of the slot in which somebody was near, as its sensor saw, by day and by night.",
)
TAKEN_KW = Quantity(
    name="lamp.taken_kw", of=Of.ASSET, doc="Light taken away: what it would draw by itself, less."
)
BELOW_H = Quantity(
    name="lamp.below_h",
    of=Of.ASSET,
    doc="Hours of the slot below what its class asks: full with people near, reduced without.",
)
BURNING_H = Quantity(
    name="lamp.burning_h", of=Of.ASSET, doc="Hours of the slot in which it ought to burn."
)
QUANTITIES = (PRESENCE, TAKEN_KW, BELOW_H, BURNING_H)
