"""What exists: charge points for electric cars."""

from __future__ import annotations

from commonwatt.kernel.tables import Field, Kind

CHARGER = Kind(
    name="charger",
    doc="A charge point for one electric car, at home or at work.",
    fields=(
        Field(name="rated_kw", doc="Most that it draws.", low=0.1),
        Field(
            name="daily_kwh",
            doc="Energy its car takes on an average day, at the charger's meter.",
            low=0.0,
        ),
        Field(
            name="arrival_h",
            doc="Mean local hour at which the car is plugged in on working days.",
            low=0.0,
            high=24.0,
            default=17.5,
        ),
        Field(
            name="stay_h",
            doc="Mean hours from plug-in to departure.",
            low=0.25,
            high=22.0,
            default=13.0,
        ),
        Field(
            name="min_kw",
            doc="Least power at which a car charges; below it the car pauses.",
            low=0.0,
            default=0.0,
        ),
    ),
)
"""Kind `charger`."""
