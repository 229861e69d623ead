"""The simulated street: who passes, which lamps fail, and what the lamps make of it."""

from commonwatt.sectors.lighting.twin.lamps import Lamps

__all__ = ["Lamps"]
