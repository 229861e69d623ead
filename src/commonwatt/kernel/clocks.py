"""The clock is a port: live runs on the wall's, studies on a virtual one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

SLACK_S = 300
"""City seconds that a scaled clock lets its user catch up."""


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


class ScaledClock:
    """City time at a multiple of the wall's, 1 to 600 times as fast; it waits for whoever lags.

    A moment that is missed by more than `slack_s` of city time moves the clock back to it, so city
    time never runs ahead of the work: where the work is too slow, time passes more slowly.

    Args:
        start: city time now.
        factor: city seconds per second.
        idle: called several times a second while it sleeps; what it raises ends the sleep.
        slack_s: city seconds that may be caught up.
        wall: tells seconds, from whenever.
        nap: sleeps so many of them.
    """

    NAP_S = 0.2
    LEAST_NAP_S = 1e-3

    def __init__(
        self,
        start: int,
        factor: float,
        *,
        idle: Callable[[], None] = lambda: None,
        slack_s: int = SLACK_S,
        wall: Callable[[], float] = time.monotonic,
        nap: Callable[[float], None] = time.sleep,
    ) -> None:
        self._factor = factor
        self._idle = idle
        self._slack_s = slack_s
        self._wall = wall
        self._nap = nap
        self._city, self._since = float(start), wall()

    @property
    def factor(self) -> float:
        """City seconds per second asked for."""
        return self._factor

    @factor.setter
    def factor(self, value: float) -> None:
        self._city, self._since = self._exact(), self._wall()
        self._factor = value

    def now(self) -> int:
        """City time, epoch seconds."""
        return int(self._exact())

    def seconds(self) -> float:
        """Seconds on the wall, from whenever: for telling how long things take."""
        return self._wall()

    def sleep_until(self, moment: int) -> None:
        """Return once `now() >= moment`, with the clock at most `slack_s` beyond it."""
        self._idle()
        while (left := moment - self._exact()) > 0:
            self._nap(min(self.NAP_S, max(left / self._factor, self.LEAST_NAP_S)))
            self._idle()
        if self._exact() - moment > self._slack_s:
            self._city, self._since = float(moment), self._wall()

    def _exact(self) -> float:
        return self._city + (self._wall() - self._since) * self._factor
