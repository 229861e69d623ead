"""Studies started from the page: one after the other, each in a child process of its own."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Condition, Thread
from typing import Any

from sqlalchemy import Row, insert, select, update

from commonwatt.kernel.errors import InvalidInput, NotFound
from commonwatt.platform.database import Database
from commonwatt.platform.database.tables import STUDY

QUEUED, RUNNING, DONE, FAILED = "queued", "running", "done", "failed"
CANCELLED = "cancelled by its owner"
MOST_WAITING = 20
JOBS = 2


class Laboratory:
    """Keeps a queue of studies and works through it.

    Args:
        database: where their states are; this is their one writer.
        folder: each study's output goes into a folder of its own below it.
        this: the folder of the running city, studied under the name "this".
    """

    def __init__(self, database: Database, folder: Path, this: Path) -> None:
        self._database = database
        self._folder = folder
        self._this = this
        self._news = Condition()
        self._child: tuple[str, subprocess.Popen[str]] | None = None
        self._closed = False
        self._fail_left_over()
        self._thread = Thread(target=self._work, daemon=True)
        self._thread.start()

    def order(self, city: str, start: str | None, days: int, seeds: int, overlay: str) -> str:
        """Queue a study; its id.

        Raises:
            InvalidInput: too many wait already.
        """
        number = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(3)}"
        with self._database.write() as connection:
            waiting = connection.execute(select(STUDY.c.id).where(STUDY.c.status == QUEUED)).all()
            if len(waiting) >= MOST_WAITING:
                raise InvalidInput(f"{MOST_WAITING} studies wait already; let some finish first")
            connection.execute(
                insert(STUDY).values(
                    id=number,
                    city=city,
                    start=start,
                    days=days,
                    seeds=seeds,
                    overlay=overlay,
                    status=QUEUED,
                    what="waiting",
                    share=0.0,
                    error=None,
                    wall_created=int(time.time()),
                )
            )
        with self._news:
            self._news.notify()
        return number

    def cancel(self, number: str) -> None:
        """Stop a study that waits or runs; one that is over stays as it is.

        Raises:
            NotFound: there is no such study.
        """
        self.find(number)
        with self._news:
            self._set(number, (QUEUED, RUNNING), status=FAILED, error=CANCELLED, what="cancelled")
            if self._child is not None and self._child[0] == number:
                _end(self._child[1])

    def find(self, number: str) -> Row[Any]:
        """One study's state.

        Raises:
            NotFound: there is no such study.
        """
        with self._database.read() as connection:
            row = connection.execute(select(STUDY).where(STUDY.c.id == number)).first()
        if row is None:
            raise NotFound(f"there is no study {number!r}")
        return row

    def close(self) -> None:
        """End what runs and wait for the worker."""
        with self._news:
            self._closed = True
            if self._child is not None:
                _end(self._child[1])
            self._news.notify()
        self._thread.join()

    def _work(self) -> None:
        while True:
            with self._news:
                row = None
                while not self._closed and (row := self._next()) is None:
                    self._news.wait()
                if self._closed or row is None:
                    return
                child = self._start(row)
                self._child = (row.id, child)
            self._watch(row.id, child)
            with self._news:
                self._child = None

    def _next(self) -> Row[Any] | None:
        with self._database.read() as connection:
            waiting = select(STUDY).where(STUDY.c.status == QUEUED)
            return connection.execute(waiting.order_by(STUDY.c.wall_created, STUDY.c.id)).first()

    def _start(self, row: Row[Any]) -> subprocess.Popen[str]:
        order = {
            "city": str(self._this) if row.city == "this" else row.city,
            "start": row.start,
            "days": row.days,
            "seeds": row.seeds,
            "overlay": row.overlay,
            "jobs": JOBS,
            "out": str(self._folder / row.id),
        }
        self._set(row.id, (QUEUED,), status=RUNNING, what="starting")
        return subprocess.Popen(  # noqa: S603 - our own module, our own interpreter
            [sys.executable, "-m", "commonwatt.server.experiment", json.dumps(order)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def _watch(self, number: str, child: subprocess.Popen[str]) -> None:
        complaints: list[str] = []
        listener = Thread(target=_listen(child, complaints), daemon=True)
        listener.start()
        for line in child.stdout or ():
            what, share = json.loads(line)
            self._set(number, (RUNNING,), what=what, share=float(share))
        code = child.wait()
        listener.join()
        if code == 0:
            self._set(number, (RUNNING,), status=DONE, what="done", share=1.0)
        else:
            error = complaints[-1] if complaints else f"its process ended with code {code}"
            self._set(number, (RUNNING,), status=FAILED, what="failed", error=error)

    def _set(self, number: str, only: tuple[str, ...], **values: object) -> None:
        """Change a study's state, if that is one of `only`."""
        with self._database.write() as connection:
            connection.execute(
                update(STUDY)
                .where((STUDY.c.id == number) & STUDY.c.status.in_(only))
                .values(**values)
            )

    def _fail_left_over(self) -> None:
        error = "the server ended while it ran; start it again"
        with self._database.write() as connection:
            connection.execute(
                update(STUDY)
                .where(STUDY.c.status == RUNNING)
                .values(status=FAILED, what="failed", error=error)
            )


def _listen(child: subprocess.Popen[str], into: list[str]) -> Callable[[], None]:
    def listen() -> None:
        into.extend(line.strip() for line in child.stderr or () if line.strip())

    return listen


def _end(child: subprocess.Popen[str]) -> None:
    """Kill a study and the processes it has started: it is the head of their group."""
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
