"""What people ask of the running city: the server writes it down, the brain reads it here."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.principal import Principal, Purpose, Role, Warrant
from commonwatt.platform import milestones
from commonwatt.platform.alarms import Alarms
from commonwatt.platform.alarms import archive as alarm_archive
from commonwatt.platform.database import Database
from commonwatt.platform.database.tables import WISH
from commonwatt.platform.devices import Devices, overrides

SPEED = "speed"


@dataclass(frozen=True)
class Heard:
    """The speed wished for, if any ever was, and the newest acknowledgement, if one is new."""

    speed: float | None
    noted: int | None


class Wishes:
    """Hears overrides, acknowledgements and the speed, and tells devices and alarms.

    Args:
        database: where the server puts them.
        devices: obey overrides.
        alarms: are acknowledged.
    """

    def __init__(self, database: Database, devices: Devices, alarms: Alarms) -> None:
        self._database = database
        self._devices = devices
        self._alarms = alarms
        self._obeyed: dict[int, int] = {}
        with database.read() as connection:
            self._noted = milestones.reached(connection, milestones.NOTES) or 0

    def hear(self, now: int) -> Heard:
        """Take in what is new at city time `now`."""
        with self._database.read() as connection:
            standing = overrides.standing(connection, now)
            notes = alarm_archive.notes(connection, self._noted)
            speed = wished(connection, SPEED)
        self._obey(standing)
        for number, key, raised, time, by in notes:
            self._acknowledge(key, raised, time, by)
            self._noted = number
        return Heard(speed, self._noted if notes else None)

    def _obey(self, standing: dict[int, overrides.Override]) -> None:
        for asset in [a for a in self._obeyed if a not in standing]:
            self._devices.release(asset, _warrant("whoever overrode it"))
            del self._obeyed[asset]
        for asset, one in standing.items():
            if self._obeyed.get(asset) != one.id:
                self._devices.override(
                    asset, one.low_kw, one.high_kw, one.until, _warrant(one.author)
                )
                self._obeyed[asset] = one.id

    def _acknowledge(self, key: str, raised: int, time: int, by: str) -> None:
        warrant = _warrant(by)
        if any(a.key == key and a.raised == raised for a in self._alarms.standing(warrant)):
            with suppress(InvalidInput):  # it may have cleared for good since
                self._alarms.acknowledge(key, time, warrant)


def _warrant(name: str) -> Warrant:
    return Warrant(Principal(name, Role.OPERATOR), Purpose.OPERATE)


def wish(connection: Connection, name: str, value: float) -> None:
    """Put down a wish in place of an earlier one."""
    connection.execute(delete(WISH).where(WISH.c.name == name))
    connection.execute(insert(WISH).values(name=name, value=value))


def wished(connection: Connection, name: str) -> float | None:
    """What is wished for, if anything."""
    found = connection.execute(select(WISH.c.value).where(WISH.c.name == name)).scalar()
    return None if found is None else float(found)
