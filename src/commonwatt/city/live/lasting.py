"""The field as it lasts: every slot it lives through is on disk before anybody hears of it."""

from __future__ import annotations

from typing import Any, Protocol

from commonwatt.city.field import DirectField
from commonwatt.city.live.snapshots import Snapshots
from commonwatt.city.steps import Glance
from commonwatt.kernel.commands import Commands
from commonwatt.kernel.ports import Requests
from commonwatt.kernel.readings import Readings


class Companion(Protocol):
    """What lives through a slot along with the field, and is put down and taken up with it."""

    memory: Any


class LastingField:
    """Fills the port `Field`: a field whose truth and last readings survive the process.

    A slot is lived once. Asked again for a slot it has lived through, as after a crash, it delivers
    the same readings again instead.

    Args:
        field: the twins.
        snapshots: where they are kept.
        companion: acts on the field within a slot, so that each must be known as the other is.

    Attributes:
        keeps: whether every slot is kept; the days before the show are lived anew after a crash.
    """

    def __init__(self, field: DirectField, snapshots: Snapshots, companion: Companion) -> None:
        self.field = field
        self._snapshots = snapshots
        self._companion = companion
        self._arrived: list[Readings] = []
        self.keeps = True

    @classmethod
    def resumed(cls, snapshots: Snapshots, time: int, companion: Companion) -> LastingField:
        """The field as it was at `time`; `companion` remembers what it did then."""
        field, arrived, companion.memory = snapshots.load(time)
        lasting = cls(field, snapshots, companion)
        lasting._arrived = arrived
        return lasting

    @property
    def now(self) -> int:
        """City time up to which it has lived."""
        return self.field.now

    def advance(self, to: int) -> list[Readings]:
        """Live until `to`, or deliver once more what arrived when that was done."""
        if self.now < to:
            self._arrived = self.field.advance(to)
            self.field.truth.clear()
            if self.keeps:
                self.save()
        return self._arrived

    def accept(self, commands: Commands) -> None:
        """Hand commands to the devices."""
        self.field.accept(commands)

    def correct(self, commands: Commands) -> None:
        """Hand a correction to the devices."""
        self.field.correct(commands)

    def glance(self, to: int) -> Glance:
        """Live until `to` within the slot; what instruments show then."""
        return self.field.glance(to)

    def requests(self) -> Requests:
        """What customers have asked for and is open now."""
        return self.field.requests()

    def save(self) -> None:
        """Put down how the field stands, commands taken included."""
        self._snapshots.save(self.now, (self.field, self._arrived, self._companion.memory))
