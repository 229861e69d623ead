"""What measurements say about homes: gains, hot water, comfort; and what firmware wants."""

from commonwatt.sectors.homes.analysis.account import HomesAccount
from commonwatt.sectors.homes.analysis.balances import use_kw
from commonwatt.sectors.homes.analysis.derived import derive
from commonwatt.sectors.homes.analysis.firmware import shaved_above, tank_kw

__all__ = [
    "HomesAccount",
    "derive",
    "shaved_above",
    "tank_kw",
    "use_kw",
]
