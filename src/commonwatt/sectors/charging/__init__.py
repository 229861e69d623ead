"""Charging: electric cars, when they come, what they need and by when."""

from commonwatt.kernel.readings import Of, Quantity
from commonwatt.kernel.sector import Sector
from commonwatt.sectors.charging.analysis import ChargingAccount
from commonwatt.sectors.charging.control import SmartCharging
from commonwatt.sectors.charging.model import CHARGER
from commonwatt.sectors.charging.twin import Cars

SECTOR = Sector(
    name="charging",
    title="Charging",
    kinds=(CHARGER,),
    quantities=(
        Quantity(
            name="ev.got_kwh",
            of=Of.ASSET,
            doc="Energy the car has been given since plug-in.",
            state=True,
        ),
        Quantity(
            name="ev.asked_kwh", of=Of.ASSET, doc="What a car that leaves in this slot asked for."
        ),
        Quantity(
            name="ev.feasible_kwh",
            of=Of.ASSET,
            doc="What full power over its stay could have given it, at most what it asked.",
        ),
        Quantity(name="ev.served_kwh", of=Of.ASSET, doc="What it leaves with."),
    ),
    twins=(Cars,),
    flexible=SmartCharging(),
    measured=ChargingAccount(),
)
"""The row of this sector."""
