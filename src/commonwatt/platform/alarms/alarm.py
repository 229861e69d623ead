"""One alarm: what is wrong, what follows, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Priority(IntEnum):
    """How soon somebody must act (IEC 62682: the higher, the rarer)."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3


class Condition(StrEnum):
    """Whether the cause persists."""

    ACTIVE = "active"
    CLEARED = "cleared"


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """One occurrence of an alarm.

    Attributes:
        key: what is wrong with what, for instance "grid.overload/line/3"; one alarm per key stands.
        priority: how soon somebody must act.
        cause: what was seen.
        consequence: what happens if nobody acts.
        action: what to do.
        raised: when it began, epoch seconds.
        seen: when it was last raised.
        times: how often it was raised.
        condition: whether the cause persists.
        cleared: when it last cleared; None while it never has.
        acknowledged: when somebody took note; None if nobody has.
        by: who took note.
    """

    key: str
    priority: Priority
    cause: str
    consequence: str
    action: str
    raised: int
    seen: int
    times: int = 1
    condition: Condition = Condition.ACTIVE
    cleared: int | None = None
    acknowledged: int | None = None
    by: str = ""

    @property
    def standing(self) -> bool:
        """Whether it is on the operator's list: active, or cleared and noted by nobody."""
        return self.condition is Condition.ACTIVE or self.acknowledged is None
