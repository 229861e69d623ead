"""The append-only file behind telemetry: what was acknowledged survives a crash.

The file is a magic line followed by frames: a 16-byte header (mark, length, CRC-32 of the payload,
CRC-32 of the header so far), then the payload, an Arrow IPC stream. One append is one frame, one
write and one fsync.
"""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

from commonwatt.kernel.errors import StorageFailed

MAGIC = b"commonwatt telemetry 1\n"
MARK = b"CWF1"
_HEAD = struct.Struct("<4sII")
_CHECK = struct.Struct("<I")
HEADER_BYTES = _HEAD.size + _CHECK.size


class Log:
    """One open log file, held by one process at a time.

    Opening cuts off a torn tail: a last frame that was never acknowledged.

    Raises:
        StorageFailed: the file cannot be opened, is held by another process, is no telemetry log,
            or is damaged before its last frame.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._usable = True
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        except OSError as error:
            raise StorageFailed(
                f"{path}: cannot open the telemetry log: {error.strerror}"
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._end = self._recover()
        except BlockingIOError as error:
            os.close(self._file)
            msg = f"{path}: another process holds this telemetry log; stop it first"
            raise StorageFailed(msg) from error
        except BaseException:
            os.close(self._file)
            raise

    def payloads(self) -> Iterator[bytes]:
        """Every acknowledged payload, oldest first."""
        data = self._content()
        at = len(MAGIC)
        while at < self._end:
            payload = frame_at(data, at)
            if payload is None:
                raise StorageFailed(f"{self.path}: frame at byte {at} changed while it was read")
            yield payload
            at += HEADER_BYTES + len(payload)

    def append(self, payload: bytes) -> None:
        """Return once `payload` is on disk.

        Raises:
            StorageFailed: the disk refused; nothing of `payload` stays, all that was acknowledged
                does.
        """
        if not self._usable:
            raise StorageFailed(f"{self.path}: closed after a failed write; open telemetry again")
        head = _HEAD.pack(MARK, len(payload), crc32(payload))
        frame = head + _CHECK.pack(crc32(head)) + payload
        try:
            self._write(frame)
        except OSError as error:
            self._usable = self._rolled_back()
            msg = f"{self.path}: the disk refused the readings ({error.strerror}); none were stored"
            raise StorageFailed(msg) from error
        try:
            os.fsync(self._file)
        except OSError as error:
            self._usable = False
            self._rolled_back()
            msg = f"{self.path}: the disk failed ({error.strerror}); open telemetry again"
            raise StorageFailed(msg) from error
        self._end += len(frame)

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            os.close(self._file)
        self._file, self._usable = -1, False

    def _write(self, frame: bytes) -> None:
        view, at = memoryview(frame), self._end
        while view:
            written = os.pwrite(self._file, view, at)
            view, at = view[written:], at + written

    def _rolled_back(self) -> bool:
        try:
            os.ftruncate(self._file, self._end)
            os.fsync(self._file)
        except OSError:
            return False
        return True

    def _content(self) -> bytes:
        size = os.fstat(self._file).st_size
        with os.fdopen(os.dup(self._file), "rb") as file:
            file.seek(0)
            return file.read(size)

    def _recover(self) -> int:
        """Byte behind the last whole frame, after cutting off what follows it."""
        data = self._content()
        if not data or (len(data) < len(MAGIC) and MAGIC.startswith(data)):
            return self._begun()
        if not data.startswith(MAGIC):
            raise StorageFailed(f"{self.path}: this is no commonwatt telemetry log")
        at = len(MAGIC)
        while at < len(data) and (payload := frame_at(data, at)) is not None:
            at += HEADER_BYTES + len(payload)
        if at < len(data):
            self._refuse_damage(data, at)
            os.ftruncate(self._file, at)
            os.fsync(self._file)
        return at

    def _begun(self) -> int:
        os.pwrite(self._file, MAGIC, 0)
        os.fsync(self._file)
        folder = os.open(self.path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
        return len(MAGIC)

    def _refuse_damage(self, data: bytes, at: int) -> None:
        """A whole frame behind a broken one means damage, not a torn tail: cut nothing off."""
        following = data.find(MARK, at + 1)
        while following >= 0:
            if frame_at(data, following) is not None:
                msg = (
                    f"{self.path}: damaged at byte {at}, with whole readings behind it; "
                    "restore the file from a backup"
                )
                raise StorageFailed(msg)
            following = data.find(MARK, following + 1)


def frame_at(data: bytes, at: int) -> bytes | None:
    """The payload of the whole and sound frame at `at`, or None."""
    begin = at + HEADER_BYTES
    if begin > len(data):
        return None
    mark, length, check = _HEAD.unpack_from(data, at)
    (head_check,) = _CHECK.unpack_from(data, at + _HEAD.size)
    if mark != MARK or head_check != crc32(data[at : at + _HEAD.size]):
        return None
    payload = data[begin : begin + length]
    return payload if len(payload) == length and crc32(payload) == check else None
