"""Metering: meters of every connection, sub-meters of devices, and reads one can bill from."""

from commonwatt.kernel.sector import Sector
from commonwatt.sectors.metering.analysis import MeteringAccount, derive
from commonwatt.sectors.metering.model import QUANTITIES
from commonwatt.sectors.metering.twin import Meters

SECTOR = Sector(
    name="metering",
    title="Metering",
    kinds=(),
    quantities=QUANTITIES,
    derive=derive,
    twins=(Meters,),
    measured=MeteringAccount(),
)
