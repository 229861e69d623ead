"""The alarm list, after the states of IEC 62682 (ISA-18.2): ACTIVE or CLEARED, noted or not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.principal import Purpose, Warrant
from commonwatt.platform.alarms.alarm import Alarm, Condition, Priority

DEADBAND_S = 900

_CITY = (Purpose.OPERATE, Purpose.STUDY)


class Alarms:
    """Standing alarms by key, and those that are over. Deep-copyable.

    Args:
        deadband_s: raised again so soon after clearing, it is the same occurrence that flutters: it
            becomes active again and stays acknowledged.
    """

    def __init__(self, deadband_s: int = DEADBAND_S) -> None:
        self._deadband_s = deadband_s
        self._newest: dict[str, Alarm] = {}
        self._past: list[Alarm] = []

    def raise_(
        self,
        key: str,
        priority: Priority,
        *,
        cause: str,
        consequence: str,
        action: str,
        time: int,
        warrant: Warrant,
    ) -> Alarm:
        """Raise an alarm; raising a standing one again counts it and renews its words.

        A rise in priority asks for acknowledgement again.

        Returns:
            The alarm that now stands under `key`.

        Raises:
            NotPermitted: the warrant is not for running the city.
            InvalidInput: an empty key or text: an alarm nobody can act on.
        """
        warrant.require(*_CITY)
        if not all((key, cause, consequence, action)):
            msg = f"alarm {key!r} lacks a key, cause, consequence or action; name all four"
            raise InvalidInput(msg)
        words = Alarm(
            key=key,
            priority=priority,
            cause=cause,
            consequence=consequence,
            action=action,
            raised=time,
            seen=time,
        )
        before = self._newest.get(key)
        self._newest[key] = words if before is None else self._again(before, words)
        return self._newest[key]

    def acknowledge(self, key: str, time: int, warrant: Warrant) -> Alarm:
        """Note that somebody has seen the alarm; the first acknowledgement counts."""
        warrant.require(*_CITY)
        alarm = self._standing(key)
        if alarm.acknowledged is None:
            alarm = replace(alarm, acknowledged=time, by=warrant.principal.id)
            self._newest[key] = alarm
        return alarm

    def clear(self, key: str, time: int, warrant: Warrant) -> None:
        """Note that the cause is gone; where nothing is active under `key` nothing happens."""
        warrant.require(*_CITY)
        alarm = self._newest.get(key)
        if alarm is not None and alarm.condition is Condition.ACTIVE:
            self._newest[key] = replace(alarm, condition=Condition.CLEARED, cleared=time)

    def standing(self, warrant: Warrant) -> list[Alarm]:
        """What the operator has to look at: highest priority first, then the oldest."""
        warrant.require(*_CITY)
        found = [alarm for alarm in self._newest.values() if alarm.standing]
        return sorted(found, key=lambda alarm: (-alarm.priority, alarm.raised, alarm.key))

    def recall(self, occurrences: Iterable[Alarm]) -> None:
        """Take up again what `history` once told: the newest of each key may stand.

        Args:
            occurrences: in the order of their beginning.
        """
        for alarm in occurrences:
            before = self._newest.get(alarm.key)
            if before is not None:
                self._past.append(before)
            self._newest[alarm.key] = alarm

    def history(self, warrant: Warrant) -> list[Alarm]:
        """Every occurrence there ever was, in the order of its beginning."""
        warrant.require(*_CITY)
        return sorted([*self._past, *self._newest.values()], key=lambda a: (a.raised, a.key))

    def _again(self, before: Alarm, words: Alarm) -> Alarm:
        fluttered = before.cleared is not None and words.seen - before.cleared < self._deadband_s
        if before.condition is Condition.CLEARED and not fluttered and not before.standing:
            self._past.append(before)
            return words
        kept = before.acknowledged is not None and words.priority <= before.priority
        return replace(
            words,
            raised=before.raised,
            times=before.times + 1,
            cleared=before.cleared,
            acknowledged=before.acknowledged if kept else None,
            by=before.by if kept else "",
        )

    def _standing(self, key: str) -> Alarm:
        alarm = self._newest.get(key)
        if alarm is None or not alarm.standing:
            raise InvalidInput(f"no alarm {key!r} stands; see the list of standing alarms")
        return alarm
