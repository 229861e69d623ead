"""Street lighting: lamps that know dusk, see people pass, and can give up some light."""

from commonwatt.kernel.sector import Sector
from commonwatt.sectors.lighting.analysis import LightingAccount
from commonwatt.sectors.lighting.model import KINDS, QUANTITIES

SECTOR = Sector(
    name="lighting",
    title="Street lighting",
    kinds=KINDS,
    quantities=QUANTITIES,
    measured=LightingAccount(),
)
"""The row of this sector."""
