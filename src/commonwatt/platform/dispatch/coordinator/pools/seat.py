"""One shard at a worker's: run as a program, a process that answers until its pipe closes."""

from __future__ import annotations

import contextlib
import signal
import sys
from multiprocessing.connection import Connection
from typing import Any

import numba
import numpy as np

from commonwatt.platform.dispatch.coordinator.pools.here import Here
from commonwatt.platform.dispatch.coordinator.shards import Shard

READY = "ready"


class Seat:
    """A shard and the threads it may use; once made, its responses are compiled and loaded."""

    def __init__(self, shard: Shard, threads: int) -> None:
        numba.set_num_threads(min(threads, numba.get_num_threads()))
        self._pool = Here((shard,))
        self._pool.priced(np.zeros((int(shard.shape.place.max()) + 1, shard.hours.size)))

    def ready(self) -> str:
        """A word that says so."""
        return READY

    def asked(self, question: str, given: tuple[Any, ...]) -> Any:
        """What the pool of this one shard answers to a question of `Pool`."""
        return getattr(self._pool, question)(*given)


def main(handle: int) -> None:
    """Take a shard through the socket `handle`, then answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Connection(handle) as pipe, contextlib.suppress(EOFError, OSError):
        seat = Seat(*pipe.recv())
        pipe.send(seat.ready())
        while True:
            pipe.send(seat.asked(*pipe.recv()))


if __name__ == "__main__":
    main(int(sys.argv[1]))
