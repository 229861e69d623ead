"""Alarms: raised, acknowledged, cleared; never twice for one cause.

`alarm` is the record, `register` the list an operator works through.
"""

from commonwatt.platform.alarms.alarm import Alarm, Condition, Priority
from commonwatt.platform.alarms.register import Alarms

__all__ = ["Alarm", "Alarms", "Condition", "Priority"]
