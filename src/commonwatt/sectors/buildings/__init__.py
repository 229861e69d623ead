"""Buildings: schools and offices as thermal stores with opening hours."""

from commonwatt.kernel.sector import Sector
from commonwatt.sectors.buildings.analysis import BuildingsAccount
from commonwatt.sectors.buildings.model import KINDS, QUANTITIES

SECTOR = Sector(
    name="buildings",
    title="Buildings",
    kinds=KINDS,
    quantities=QUANTITIES,
    measured=BuildingsAccount(),
)
"""The row of this sector."""
