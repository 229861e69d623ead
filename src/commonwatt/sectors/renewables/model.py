"""What exists: photovoltaic generators."""

from __future__ import annotations

from commonwatt.kernel.tables import Dtype, Field, Kind

PV = Kind(
    name="pv",
    doc="A photovoltaic generator with its inverter.",
    fields=(
        Field(
            name="rated_kw",
            doc="Peak power under standard test conditions, which the inverter can feed in too.",
            low=0.0,
            uncertain=0.05,
        ),
        Field(
            name="profile",
            doc="Series '<profile>.p' holds its output per rated kW; empty: from the weather.",
            dtype=Dtype.TEXT,
            default="",
        ),
        Field(
            name="tilt_deg",
            doc="Tilt of the modules from the horizontal.",
            low=0.0,
            high=90.0,
            default=35.0,
        ),
        Field(
            name="azimuth_deg",
            doc="Where the modules face: 90 east, 180 south, 270 west.",
            low=0.0,
            high=360.0,
            default=180.0,
        ),
    ),
)
"""Kind `pv`. `uncertain`: soiling, ageing and flash tolerance spread about 5 % around the plate."""
