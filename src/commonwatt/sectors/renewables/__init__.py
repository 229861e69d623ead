"""Renewables: photovoltaics on roofs, what they could feed in and what they were kept from."""

from commonwatt.kernel.readings import Of, Quantity
from commonwatt.kernel.sector import Sector
from commonwatt.sectors.renewables.analysis import RenewablesAccount, derive
from commonwatt.sectors.renewables.control import Curtailment
from commonwatt.sectors.renewables.model import PV
from commonwatt.sectors.renewables.twin import Roofs

SECTOR = Sector(
    name="renewables",
    title="Renewables",
    kinds=(PV,),
    quantities=(
        Quantity(
            name="pv.potential_kw",
            of=Of.ASSET,
            doc="What a roof can feed in, a positive number; unknown while it is capped.",
        ),
        Quantity(
            name="pv.curtailed_kw",
            of=Of.ASSET,
            doc="Potential that was not fed in, as its inverter says.",
        ),
        Quantity(
            name="pv.capped",
            of=Of.ASSET,
            doc="1 while a cap holds the inverter below its potential, else 0; it says so.",
        ),
    ),
    foreseen=("pv.potential_kw",),
    derive=derive,
    twins=(Roofs,),
    flexible=Curtailment(),
    measured=RenewablesAccount(),
)
"""The row of this sector."""
