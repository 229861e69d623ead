"""What happened, told to whoever hangs on it."""

from __future__ import annotations

from dataclasses import dataclass

from commonwatt.kernel.units import I


@dataclass(frozen=True, eq=False)
class SupplyLost:
    """Connections went dark at `time`."""

    time: int
    connections: I


@dataclass(frozen=True, eq=False)
class SupplyRestored:
    """Connections are live again at `time`."""

    time: int
    connections: I


@dataclass(frozen=True)
class PlanFellBack:
    """Dispatch could not solve afresh: `status` says what is followed instead, `cause` why."""

    time: int
    status: str
    cause: str


Event = SupplyLost | SupplyRestored | PlanFellBack
