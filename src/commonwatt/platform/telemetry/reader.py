"""Reading a telemetry log that another process writes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from commonwatt.kernel.errors import StorageFailed
from commonwatt.platform.telemetry.log import HEADER_BYTES, MAGIC, frame_at


class Reader:
    """A place in a log that somebody else appends to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0
        self._file = 0
        self._size = -1

    def replaced(self) -> bool:
        """Whether another log, or a shorter one, stands there now; it is read anew then."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return False
        before, self._file = self._file, found.st_ino
        self._size = found.st_size
        if self._at and (before != found.st_ino or found.st_size < self._at):
            self._at = 0
            return True
        return False

    def fresh(self) -> Iterator[bytes]:
        """Every whole payload behind the last one told; a frame still being written comes later.

        Raises:
            StorageFailed: the file cannot be read, or is no log.
        """
        if self._at == self._size:
            return
        try:
            data = self._rest()
        except FileNotFoundError:
            return
        except OSError as error:
            raise StorageFailed(f"{self._path}: cannot be read: {error.strerror}") from error
        at = 0
        while at < len(data) and (payload := frame_at(data, at)) is not None:
            at += HEADER_BYTES + len(payload)
            self._at += HEADER_BYTES + len(payload)
            yield payload

    def _rest(self) -> bytes:
        with self._path.open("rb") as file:
            if not self._at:
                head = file.read(len(MAGIC))
                if not MAGIC.startswith(head):
                    raise StorageFailed(f"{self._path}: this is no commonwatt telemetry log")
                if head != MAGIC:
                    return b""
                self._at = len(MAGIC)
            file.seek(self._at)
            return file.read()
