"""What buildings offer, how they follow a plan, and what a competent installer sets up today."""

from commonwatt.sectors.buildings.control.flexible import BuildingsFlexible

__all__ = ["BuildingsFlexible"]
