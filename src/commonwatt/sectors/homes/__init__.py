"""Homes: base consumption, heat pumps, hot water, batteries, and the comfort of the people."""

from commonwatt.kernel.sector import Sector
from commonwatt.sectors.homes.analysis import HomesAccount, derive
from commonwatt.sectors.homes.control import HomesFlexible
from commonwatt.sectors.homes.model import GAIN_KW, KINDS, QUANTITIES, USE_KW
from commonwatt.sectors.homes.twin import Batteries, Households

SECTOR = Sector(
    name="homes",
    title="Homes",
    kinds=KINDS,
    quantities=QUANTITIES,
    foreseen=("connection.base_kw", "meter.kvar", GAIN_KW.name, USE_KW.name),
    derive=derive,
    twins=(Households, Batteries),
    flexible=HomesFlexible(),
    measured=HomesAccount(),
)
