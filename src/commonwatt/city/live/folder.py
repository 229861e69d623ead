"""The state folder of a running city, used by one `up` at a time.

out/up/
  setting.json    what runs here
  city/           the city as drawn, a city folder
  state.db        the database, unless a URL names another
  telemetry.log   what was measured
  field-T.bin     the twins as they stood at city time T
  mind-T.bin      what the brain remembered then
  studies/ID/     what the studies started from the page wrote
  up.lock         held by the running `up`
"""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

from commonwatt.city import disk, folder
from commonwatt.city.live.setting import Setting
from commonwatt.city.model import City
from commonwatt.kernel.errors import InvalidInput, StorageFailed
from commonwatt.platform.database import sqlite_url


@dataclass(frozen=True)
class StateFolder:
    """Where one city's state lies."""

    path: Path

    @property
    def database_url(self) -> str:
        """The database beside it."""
        return sqlite_url(self.path / "state.db")

    @property
    def telemetry(self) -> Path:
        """The telemetry log."""
        return self.path / "telemetry.log"

    @property
    def studies(self) -> Path:
        """One folder per study."""
        return self.path / "studies"

    @property
    def begun(self) -> bool:
        """Whether a city runs or ran here."""
        return (self.path / "setting.json").is_file()

    def begin(self, setting: Setting) -> City:
        """Make the folder and put down what runs in it; the city as drawn.

        Raises:
            InvalidInput: the setting names no city that can run.
            StorageFailed: the disk refused.
        """
        city = setting.drawn()
        setting.begin(city)
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder.save(city, self.path / "city")
            disk.put({self.path / "setting.json": setting.to_json().encode()})
        except OSError as error:
            raise StorageFailed(f"{self.path}: cannot be written to: {error.strerror}") from error
        return city

    def setting(self) -> Setting:
        """What runs here.

        Raises:
            InvalidInput: nothing does, or its file cannot be used.
        """
        path = self.path / "setting.json"
        try:
            text = path.read_text()
        except OSError as error:
            raise InvalidInput(
                f"{path}: no city was ever started here ({error.strerror})"
            ) from error
        return Setting.from_json(text, str(path))

    def city(self) -> City:
        """The city as drawn."""
        return folder.load(self.path / "city")

    def locked(self) -> int:
        """Take the folder for this process and its children; the descriptor that holds it.

        Raises:
            InvalidInput: another `up` holds it.
            StorageFailed: the folder cannot be made.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            held = os.open(self.path / "up.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StorageFailed(f"{self.path}: cannot be used: {error.strerror}") from error
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(held)
            raise InvalidInput(
                f"{self.path}: another commonwatt runs here; stop it, or name another --state"
            ) from error
        return held
