"""The messages between field and brain: some get lost and come late, all come a little late."""

from __future__ import annotations

from dataclasses import dataclass, field

from commonwatt.kernel.intervals import SLOT_S
from commonwatt.kernel.readings import Readings
from commonwatt.kernel.rng import Rng


@dataclass(eq=False)
class Link:
    """Delivers readings: in time, or after a retry when the first try was lost.

    Attributes:
        rng: the luck that decides what is lost.
        loss: share of readings whose first transmission fails.
        retry_s: after how long a device sends again what it could not deliver.
        delay_s: time every reading takes on top; 0 means there when its slot has ended.
    """

    rng: Rng
    loss: float = 0.01
    retry_s: int = 4 * SLOT_S
    delay_s: int = 0
    waiting: list[tuple[int, Readings]] = field(default_factory=list)

    def send(self, readings: list[Readings], now: int) -> None:
        """Take what instruments saw in the slot that ended at `now`."""
        for batch in readings:
            luck = self.rng.uniform(f"link.{batch.quantity}", batch.series, batch.time)
            lost = luck < self.loss
            self.waiting.append((now + self.delay_s, batch.where(~lost)))
            if lost.any():
                self.waiting.append((now + self.delay_s + self.retry_s, batch.where(lost)))

    def arrived(self, now: int) -> list[Readings]:
        """What has come through by `now`, oldest first."""
        here = [batch for due, batch in self.waiting if due <= now and len(batch)]
        self.waiting = [(due, batch) for due, batch in self.waiting if due > now]
        return here
