"""Dispatch: what should move, within what the wires can carry, at least system cost.

`Dispatcher.plan` turns what the sectors offer into one sparse linear programme, has it solved by
HiGHS in a child process, checks it with an AC power flow, and always returns a schedule.
"""

from commonwatt.platform.dispatch.budget import Budget
from commonwatt.platform.dispatch.certificate import Binding, Breach, Certificate
from commonwatt.platform.dispatch.costs import Costs
from commonwatt.platform.dispatch.objective import Objective
from commonwatt.platform.dispatch.plan import Dispatcher, Work
from commonwatt.platform.dispatch.reserve import given, released
from commonwatt.platform.dispatch.worker import Worker

__all__ = [
    "Binding",
    "Breach",
    "Budget",
    "Certificate",
    "Costs",
    "Dispatcher",
    "Objective",
    "Work",
    "Worker",
    "given",
    "released",
]
