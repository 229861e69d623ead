"""The simulated field: people who come and go, and the buildings they come to."""

from commonwatt.sectors.buildings.twin.heating import HeatedBuildings

__all__ = ["HeatedBuildings"]
