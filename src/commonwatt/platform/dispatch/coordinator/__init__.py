"""The coordinator: dispatch for many assets by prices and exact responses, with a certificate.

`Task.of` takes what sectors offer, the wires' limits and the system's prices; `solve` returns every
row's power, a lower bound on the cost of any plan, and where to start the next horizon from.
"""

from commonwatt.platform.dispatch.coordinator.coordinator import (
    Certificate,
    Effort,
    Outcome,
    Start,
)
from commonwatt.platform.dispatch.coordinator.market import Duals
from commonwatt.platform.dispatch.coordinator.task import Task

__all__ = ["Certificate", "Duals", "Effort", "Outcome", "Start", "Task"]
