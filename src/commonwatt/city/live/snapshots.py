"""Snapshots: objects written whole under the city time they hold for, so that a restart finds them.

What an object stands on and never changes (the city, its signals) is left out and put back on
loading.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from commonwatt.city import disk
from commonwatt.kernel.errors import StorageFailed

_FORMAT = 3
"""Of what is written; raise it whenever memories or fields are put together in another way."""


class _Pickler(pickle.Pickler):
    """Names the standing objects instead of writing them."""

    def __init__(self, file: io.BytesIO, standing: Mapping[str, object]) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._names = {id(thing): name for name, thing in standing.items()}

    def persistent_id(self, obj: object) -> str | None:
        """The name of a standing object, None for all others."""
        return self._names.get(id(obj))


class _Unpickler(pickle.Unpickler):
    """Puts the standing objects back."""

    def __init__(self, file: io.BytesIO, standing: Mapping[str, object]) -> None:
        super().__init__(file)
        self._standing = standing

    def persistent_load(self, pid: Any) -> object:
        """The standing object of that name."""
        return self._standing[pid]


class Snapshots:
    """Snapshots of one thing in a folder of ours.

    Args:
        folder: where.
        name: of the thing: files are called `NAME-TIME.bin`.
        standing: what is left out, by name.
    """

    def __init__(self, folder: Path, name: str, standing: Mapping[str, object]) -> None:
        self._folder = folder
        self._name = name
        self._standing = standing

    def save(self, time: int, thing: object) -> None:
        """Return once `thing` is on disk as it is at `time`, in place of an earlier try.

        Raises:
            StorageFailed: the disk refused; what was there before is still there.
        """
        buffer = io.BytesIO()
        _Pickler(buffer, self._standing).dump({"format": _FORMAT, "thing": thing})
        path = self._path(time)
        try:
            disk.put({path: buffer.getvalue()})
        except OSError as error:
            raise StorageFailed(f"{path}: cannot be written: {error.strerror}") from error

    def load(self, time: int) -> Any:
        """The thing as it was at `time`.

        Raises:
            StorageFailed: there is no such snapshot, or it cannot be read by this version.
        """
        path = self._path(time)
        try:
            found = _Unpickler(io.BytesIO(path.read_bytes()), self._standing).load()
        except (OSError, pickle.UnpicklingError, AttributeError, ImportError, EOFError) as error:
            msg = f"{path}: cannot be used ({error}); move the state folder away to start anew"
            raise StorageFailed(msg) from error
        if not isinstance(found, dict) or found.get("format") != _FORMAT:
            msg = f"{path}: another version wrote it; move the state folder away to start anew"
            raise StorageFailed(msg)
        return found["thing"]

    def times(self) -> list[int]:
        """For which moments there are snapshots, rising."""
        found = self._folder.glob(f"{self._name}-*.bin")
        return sorted(int(path.stem.removeprefix(f"{self._name}-")) for path in found)

    def drop_before(self, time: int) -> None:
        """Remove those older than `time`."""
        for old in self.times():
            if old < time:
                self._path(old).unlink(missing_ok=True)

    def _path(self, time: int) -> Path:
        return self._folder / f"{self._name}-{time}.bin"
