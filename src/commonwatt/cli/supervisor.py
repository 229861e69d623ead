"""Keeping the processes of a running city alive: each restarts alone, all stop together."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import FrameType

from commonwatt.kernel.errors import CommonwattError

REFUSED = 2
PATIENCE_S = 15.0
"""How long a process may take to stop before it is killed."""
TICK_S = 0.1
FLUTTER = 5
FLUTTER_S = 60.0
"""A process that dies so often within so long is not started again."""


class CannotRun(CommonwattError):  # noqa: N818 - reads as what it is
    """A process of the city refuses to run, or dies again and again."""


@dataclass
class Part:
    """One process.

    Attributes:
        name: as people know it.
        words: `commonwatt` and what follows it on the command line.
        pass_fds: descriptors it inherits.
    """

    name: str
    words: Sequence[str]
    pass_fds: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    deaths: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Start it, in a session of its own: a Ctrl-C at the terminal is for the supervisor."""
        self.process = subprocess.Popen(  # noqa: S603 - our own command, our own interpreter
            [sys.executable, "-m", "commonwatt", *self.words],
            pass_fds=self.pass_fds,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )


class Supervisor:
    """Starts parts, starts again those that die, and stops them all on SIGINT or SIGTERM.

    Args:
        parts: in the order of starting.
        say: told in words what happens.
    """

    def __init__(self, parts: Sequence[Part], say: Callable[[str], None]) -> None:
        self._parts = parts
        self._say = say
        self._stopping = False

    def run(self) -> None:
        """Return once all parts have stopped because somebody asked for it.

        Raises:
            CannotRun: a part refuses to run or dies too often; the others are stopped.
        """
        before = [
            (number, signal.signal(number, self._stop))
            for number in (signal.SIGINT, signal.SIGTERM)
        ]
        try:
            for part in self._parts:
                part.start()
            while not self._stopping:
                for part in self._parts:
                    self._tend(part)
                time.sleep(TICK_S)
        finally:
            self._end_all()
            for number, handler in before:
                signal.signal(number, handler)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _tend(self, part: Part) -> None:
        """Start a part again that has died; give up on one that keeps dying."""
        code = part.process.poll() if part.process is not None else None
        if code is None or self._stopping:
            return
        if code == REFUSED:
            raise CannotRun(f"the {part.name} refuses to run; it has said why above")
        now = time.monotonic()
        part.deaths = [death for death in part.deaths if now - death < FLUTTER_S] + [now]
        if len(part.deaths) >= FLUTTER:
            raise CannotRun(
                f"the {part.name} died {FLUTTER} times within a minute; see what it said above"
            )
        self._say(f"the {part.name} ended with code {code}; it is started again")
        part.start()

    def _end_all(self) -> None:
        running = [p.process for p in self._parts if p.process and p.process.poll() is None]
        for process in running:
            process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE_S
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
