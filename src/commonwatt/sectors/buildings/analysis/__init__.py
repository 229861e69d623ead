"""What measurements say about buildings: gains, comfort; and what their time switch wants."""

from commonwatt.sectors.buildings.analysis.account import BuildingsAccount
from commonwatt.sectors.buildings.analysis.derived import derive, one_level
from commonwatt.sectors.buildings.analysis.hours import comfort_due, open_share
from commonwatt.sectors.buildings.analysis.judge import ColdJudge
from commonwatt.sectors.buildings.analysis.switch import set_point_c

__all__ = [
    "BuildingsAccount",
    "ColdJudge",
    "comfort_due",
    "derive",
    "one_level",
    "open_share",
    "set_point_c",
]
