"""The child process that solves: kept warm, waited for with patience, killed when it hangs.

It is started by `subprocess` from a file path and spoken to over a socket pair. That needs no
import of `__main__` (so it is safe in notebooks, pytest and process pools), forks no threads, and
lets the child see the parent's death as a closed pipe; Linux then kills it even in mid-solve.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import weakref
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from commonwatt.kernel.errors import NoPlan

PROGRAM = Path(__file__).with_name("solve.py")


class Child:
    """One running child and our end of its socket."""

    def __init__(self, program: Path) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603 - our own file, our own interpreter
                [sys.executable, "-P", str(program), str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )
        self.pipe = Connection(ours.detach())
        self.owner = os.getpid()

    def end(self) -> None:
        """Kill and bury it; a forked copy of its owner only closes its own end of the socket."""
        self.pipe.close()
        if self.owner == os.getpid():
            self.process.kill()
            self.process.wait()


class Worker:
    """Hands problems to a child process, one at a time; each failure costs one problem, no more.

    Attributes:
        program: the file the child runs.
    """

    def __init__(self, program: Path = PROGRAM) -> None:
        self.program = program
        self._child: Child | None = None
        self._burial: weakref.finalize[..., Worker] | None = None

    @property
    def pid(self) -> int:
        """Process id of a living child, started if need be."""
        return self._living().process.pid

    def solve(self, problem: dict[str, Any], wall_s: float) -> dict[str, Any]:
        """The child's answer to `problem` (see `solve.solved`).

        Raises:
            NoPlan: the child died or was silent for `wall_s` seconds; it has been replaced.
        """
        child = self._living()
        try:
            child.pipe.send(problem)
            answer = child.pipe.recv() if child.pipe.poll(wall_s) else None
        except (EOFError, OSError) as error:
            self.close()
            msg = "the solver died while solving"
            raise NoPlan(msg) from error
        except Exception as error:
            self.close()
            msg = f"the solver's answer could not be read ({type(error).__name__})"
            raise NoPlan(msg) from error
        if answer is None:
            self.close()
            msg = f"the solver hung: no answer within {wall_s:g} s, so it was killed"
            raise NoPlan(msg)
        if not isinstance(answer, dict) or not isinstance(answer.get("status"), str):
            self.close()
            msg = "the solver answered nonsense"
            raise NoPlan(msg)
        return answer

    def close(self) -> None:
        """End the child; the next problem starts a fresh one."""
        child, self._child = self._child, None
        if self._burial is not None:
            self._burial.detach()
        if child is not None:
            with contextlib.suppress(OSError):
                child.end()

    def _living(self) -> Child:
        child = self._child
        if child is not None and (child.owner != os.getpid() or child.process.poll() is not None):
            self.close()
            child = None
        if child is None:
            child = self._child = Child(self.program)
            self._burial = weakref.finalize(self, child.end)
        return child
