"""The simulated homes: people, buildings, tanks and batteries as they truly are."""

from commonwatt.sectors.homes.twin.batteries import Batteries
from commonwatt.sectors.homes.twin.households import Households

__all__ = ["Batteries", "Households"]
