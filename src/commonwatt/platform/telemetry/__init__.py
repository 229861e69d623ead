"""Telemetry: everything measured, kept once acknowledged, quick to read.

`store` is what others use; `shelf` holds one quantity in memory by day, `loose` what does not fit
its 15-minute grid, `log` the file that survives a crash, `reader` another process's look at it.
"""

from commonwatt.platform.telemetry.store import DeadLetter, Telemetry

__all__ = ["DeadLetter", "Telemetry"]
