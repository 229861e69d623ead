"""What the grid asks of others: limits for dispatch, gauges between plans, today's live limiter."""

from commonwatt.sectors.grid.control.gauges import Gauged, Gauges
from commonwatt.sectors.grid.control.limiter import Limiter
from commonwatt.sectors.grid.control.network import GridNetwork

__all__ = ["Gauged", "Gauges", "GridNetwork", "Limiter"]
