"""What cars can wait for, and how a plan, or a wall box's own rule, reaches their chargers."""

from commonwatt.sectors.charging.control.smart import SmartCharging

__all__ = ["SmartCharging"]
