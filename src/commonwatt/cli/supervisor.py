"""Keeping the processes of a running city alive: each restarts alone, all stop together."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from types import FrameType

import typer

from commonwatt.cli.console import complain
from commonwatt.kernel.errors import CommonwattError

REFUSED = 2
PATIENCE_S = 15.0
"""How long a process may take to stop before it is killed."""
TICK_S = 0.1
FLUTTER = 5
FLUTTER_S = 60.0
"""A process that dies so often within so long is not started again."""


class CannotRun(CommonwattError):  # noqa: N818 - reads as what it is
    """A process of the city dies again and again."""


@dataclass
class Part:
    """One process: a copy of this one, which has loaded everything already.

    Attributes:
        name: as people know it.
        run: what it does; whatever it refuses becomes one sentence and exit code 2.
    """

    name: str
    run: Callable[[], None]
    process: BaseProcess | None = None
    deaths: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Start it, in a session of its own: a Ctrl-C at the terminal is for the supervisor."""
        process = get_context("fork").Process(target=_embodied, args=(self.run,), name=self.name)
        process.start()
        self.process = process


def _embodied(run: Callable[[], None]) -> None:
    """Be a part."""
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    try:
        run()
    except CommonwattError as refusal:
        complain(str(refusal))
        sys.exit(REFUSED)


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
            Exit: a part refused to run and has said why; the others are stopped.
            CannotRun: a part dies too often; the others are stopped.
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
        code = part.process.exitcode if part.process is not None else None
        if code is None or self._stopping:
            return
        if code == REFUSED:
            raise typer.Exit(REFUSED)
        now = time.monotonic()
        part.deaths = [death for death in part.deaths if now - death < FLUTTER_S] + [now]
        if len(part.deaths) >= FLUTTER:
            raise CannotRun(
                f"the {part.name} died {FLUTTER} times within a minute; see what it said above"
            )
        self._say(f"the {part.name} ended with code {code}; it is started again")
        part.start()

    def _end_all(self) -> None:
        running = [p.process for p in self._parts if p.process and p.process.is_alive()]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + PATIENCE_S
        for process in running:
            process.join(max(0.0, deadline - time.monotonic()))
            if process.is_alive():
                process.kill()
                process.join()
