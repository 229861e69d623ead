"""What measurements say about lamps, and what a lamp wants by its class and the sun."""

from commonwatt.sectors.lighting.analysis.account import LightingAccount

__all__ = ["LightingAccount"]
