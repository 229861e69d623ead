"""Street lighting: lamps that know dusk, see people pass, and can give up some light."""

from commonwatt.kernel.sector import Sector
from commonwatt.sectors.lighting.analysis import LampJudge, LightingAccount
from commonwatt.sectors.lighting.control import Dimming
from commonwatt.sectors.lighting.model import KINDS, PRESENCE, QUANTITIES
from commonwatt.sectors.lighting.twin import Lamps

SECTOR = Sector(
    name="lighting",
    title="Street lighting",
    kinds=KINDS,
    quantities=QUANTITIES,
    foreseen=(PRESENCE.name,),
    twins=(Lamps,),
    flexible=Dimming(),
    judge=LampJudge(),
    measured=LightingAccount(),
)
"""The row of this sector."""
