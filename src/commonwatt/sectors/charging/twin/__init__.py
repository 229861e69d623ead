"""The simulated cars: when they come, and what their chargers do."""

from commonwatt.sectors.charging.twin.cars import Cars
from commonwatt.sectors.charging.twin.sessions import Habits, Sessions

__all__ = ["Cars", "Habits", "Sessions"]
