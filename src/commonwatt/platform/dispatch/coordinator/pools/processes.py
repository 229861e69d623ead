"""Shards in processes of this machine: each gets its rows once, then only prices and recipes.

Processes are started as dispatch starts its solver (see `dispatch.worker`), not by
`multiprocessing`, so that notebooks and tests need no guard around their main module.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numba

from commonwatt.platform.dispatch.coordinator.pools.seat import READY
from commonwatt.platform.dispatch.coordinator.pools.workers import (
    PATIENCE_S,
    START_S,
    Failed,
    Workers,
)
from commonwatt.platform.dispatch.coordinator.shards import Shard
from commonwatt.platform.dispatch.worker import Child

PROGRAM = Path(__file__).with_name("seat.py")


class Processes(Workers):
    """A process for each shard; they share out the threads that responses use here."""

    def __init__(self, shards: Sequence[Shard], patience_s: float = PATIENCE_S) -> None:
        threads = max(1, numba.get_num_threads() // len(shards))
        self.processes = [
            Process(f"shard {s + 1} of {len(shards)} (a process)", shard, threads, patience_s)
            for s, shard in enumerate(shards)
        ]
        super().__init__(shards, self.processes, patience_s)


class Process:
    """A shard in a process of its own (fills `Worker`)."""

    def __init__(self, name: str, shard: Shard, threads: int, patience_s: float) -> None:
        self.name = name
        self._shard, self._threads, self._patience_s = shard, threads, patience_s
        self._child: Child | None = None
        self._burial: weakref.finalize[..., Process] | None = None
        self._ready, self._broken = False, ""

    @property
    def pid(self) -> int:
        """Process id.

        Raises:
            Failed: there is no process.
        """
        return self._living().process.pid

    def begin(self) -> None:
        """Start, and hand over the rows."""
        self.end()
        self._child = Child(PROGRAM)
        self._burial = weakref.finalize(self, self._child.end)
        self._ready, self._broken = False, ""
        _limit(self._child, self._patience_s)
        self._send((self._shard, self._threads))

    def ask(self, question: str, given: tuple[Any, ...]) -> None:
        """Send a question."""
        self._send((question, given))

    def answer(self, within_s: float) -> Any:
        """The answer to what was asked last.

        Raises:
            Failed: it died, or was silent for `within_s` seconds.
        """
        if not self._ready and self._received(START_S) == READY:
            self._ready = True
        return self._received(within_s)

    def end(self) -> None:
        """Kill it."""
        child, self._child = self._child, None
        if self._burial is not None:
            self._burial.detach()
        if child is not None:
            with contextlib.suppress(OSError):
                child.end()

    def _send(self, message: Any) -> None:
        try:
            self._living().pipe.send(message)
        except BlockingIOError:
            self._broken = "it took nothing in"
        except OSError:
            self._broken = "it died"

    def _received(self, within_s: float) -> Any:
        if self._broken:
            raise Failed(self._broken)
        pipe = self._living().pipe
        try:
            if pipe.poll(within_s):
                return pipe.recv()
        except (EOFError, OSError) as error:
            msg = "it died"
            raise Failed(msg) from error
        msg = f"it was silent for {within_s:g} s"
        raise Failed(msg)

    def _living(self) -> Child:
        if self._child is None:
            msg = "it was let go"
            raise Failed(msg)
        return self._child


def _limit(child: Child, patience_s: float) -> None:
    """Let no write or read hang for longer: a stopped process takes nothing in."""
    whole, part = divmod(patience_s, 1.0)
    span = struct.pack("@ll", int(whole), int(part * 1e6))
    with socket.socket(fileno=os.dup(child.pipe.fileno())) as same:
        same.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, span)
        same.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, span)
