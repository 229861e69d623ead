"""The clock is a port: live runs on the wall's, studies on a virtual one."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """Tells city time and lets it pass."""

    def now(self) -> int:
        """City time, epoch seconds."""

    def sleep_until(self, moment: int) -> None:
        """Return once `now() >= moment`."""


@dataclass
class VirtualClock:
    """Jumps to the next moment at once: what a study runs on."""

    time_s: int

    def now(self) -> int:
        """City time, epoch seconds."""
        return self.time_s

    def sleep_until(self, moment: int) -> None:
        """Jump; never backwards."""
        self.time_s = max(self.time_s, moment)


class WallClock:
    """The machine's clock: the one named exception to the ban on direct time."""

    def now(self) -> int:
        """City time, epoch seconds."""
        return int(time.time())

    def sleep_until(self, moment: int) -> None:
        """Sleep for what is left."""
        time.sleep(max(0.0, moment - time.time()))
