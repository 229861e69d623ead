"""What the grid asks of others: limits for dispatch, and the live limiter of today's operators."""

from commonwatt.sectors.grid.control.limiter import Limiter
from commonwatt.sectors.grid.control.network import GridNetwork

__all__ = ["GridNetwork", "Limiter"]
