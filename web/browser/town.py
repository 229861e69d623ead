"""A running town to look at: `commonwatt up` in a folder of its own, and the links it gives."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ADDRESS = re.compile(r"(http://[\d.]+:\d+)/\?token=([\w-]+)\s")
PATIENCE_S = 120.0


class NoTownError(RuntimeError):
    """The town did not come up; holds what it printed."""


@dataclass(frozen=True)
class Town:
    """Where a town answers.

    Attributes:
        address: http://127.0.0.1:PORT.
        token: the operator's one-time token.
        state: its state folder.
    """

    address: str
    token: str
    state: Path

    @property
    def link(self) -> str:
        """What the operator opens; good for one session."""
        return f"{self.address}/?token={self.token}"

    def home_link(self, connection: str) -> str:
        """What the resident of `connection` opens; good for one session."""
        port = self.address.rsplit(":", 1)[1]
        command = ["home-link", connection, "--state", str(self.state), "--port", port]
        done = subprocess.run(
            [sys.executable, "-m", "commonwatt", *command],
            capture_output=True,
            text=True,
            check=True,
        )
        return re.sub(r"\s", "", done.stdout[done.stdout.index("http") :])


@contextmanager
def town(city: Sequence[str], state: Path, speed: float = 60) -> Iterator[Town]:
    """A town that runs while the context lasts.

    Args:
        city: the arguments that name it, such as `["--demo"]`.
        state: an empty folder for its state.
        speed: city seconds per second.

    Raises:
        NoTownError: it did not print its address in time.
    """
    log = state.with_suffix(".log")
    command = [sys.executable, "-m", "commonwatt", "up", *city, "--port", "0"]
    with log.open("w", encoding="utf-8") as said:
        process = subprocess.Popen(
            [*command, "--speed", f"{speed:g}", "--state", str(state)], stdout=said, stderr=said
        )
        try:
            yield _announced(process, log, state)
        finally:
            process.terminate()
            process.wait(timeout=60)


def _announced(process: subprocess.Popen[bytes], log: Path, state: Path) -> Town:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        found = ADDRESS.search(log.read_text(encoding="utf-8"))
        if found:
            return Town(found[1], found[2], state)
        time.sleep(0.2)
    raise NoTownError(f"commonwatt up gave no address: {log.read_text(encoding='utf-8')}")
