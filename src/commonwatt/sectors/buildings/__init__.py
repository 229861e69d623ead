"""Buildings: schools and offices as thermal stores with opening hours."""

from commonwatt.kernel.sector import Sector
from commonwatt.sectors.buildings.analysis import BuildingsAccount, ColdJudge, derive
from commonwatt.sectors.buildings.control import BuildingsFlexible
from commonwatt.sectors.buildings.model import GAIN_KW, KINDS, QUANTITIES
from commonwatt.sectors.buildings.twin import HeatedBuildings

SECTOR = Sector(
    name="buildings",
    title="Buildings",
    kinds=KINDS,
    quantities=QUANTITIES,
    foreseen=(GAIN_KW.name,),
    derive=derive,
    twins=(HeatedBuildings,),
    flexible=BuildingsFlexible(),
    judge=ColdJudge(),
    measured=BuildingsAccount(),
)
"""The row of this sector."""
