"""What measurements say about buildings: gains, comfort; and what their time switch wants."""

from commonwatt.sectors.buildings.analysis.account import BuildingsAccount

__all__ = ["BuildingsAccount"]
