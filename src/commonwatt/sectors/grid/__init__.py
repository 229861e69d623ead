"""The electricity grid: AC power flow, limits for dispatch, losses, loading and voltage."""

from commonwatt.kernel.readings import Of, Quantity
from commonwatt.kernel.sector import Sector
from commonwatt.sectors.grid.analysis.account import GridAccount
from commonwatt.sectors.grid.analysis.judge import WireJudge
from commonwatt.sectors.grid.control import GridNetwork
from commonwatt.sectors.grid.model import BUS, LINE, SOURCE, TRANSFORMER
from commonwatt.sectors.grid.twin import GridTwin

SECTOR = Sector(
    name="grid",
    title="Grid",
    kinds=(BUS, LINE, TRANSFORMER, SOURCE),
    quantities=(
        Quantity(name="bus.volts_pu", of=Of.BUS, doc="Voltage, 1.0 is rated."),
        Quantity(
            name="branch.loading", of=Of.BRANCH, doc="Transformers, then lines; 1.0 is rated."
        ),
        Quantity(name="branch.power_kw", of=Of.BRANCH, doc="At the end nearer to the source."),
        Quantity(name="grid.loss_kw", of=Of.CITY, doc="Lost in lines and transformers."),
        Quantity(name="grid.source_kw", of=Of.CITY, doc="Drawn from the grid above."),
    ),
    measured=GridAccount(),
    judge=WireJudge(),
    twins=(GridTwin,),
    network=GridNetwork,
)
