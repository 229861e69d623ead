"""What measurements say about homes: gains, hot water, comfort; and what firmware wants."""

from commonwatt.sectors.homes.analysis.account import HomesAccount
from commonwatt.sectors.homes.analysis.balances import gain_kw, use_kw
from commonwatt.sectors.homes.analysis.derived import derive
from commonwatt.sectors.homes.analysis.firmware import shaved_above, tank_kw

__all__ = [
    "HomesAccount",
    "derive",
    "gain_kw",
    "shaved_above",
    "tank_kw",
    "use_kw",
]
