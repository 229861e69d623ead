"""Opening the database: SQLite on one machine, PostgreSQL beyond it, by URL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from commonwatt.kernel.errors import InvalidInput, StorageFailed

MIGRATIONS = Path(__file__).with_name("migrations")
BUSY_MS = 20_000
"""How long a writer waits for the other process's transaction; these last milliseconds."""

_OLD_SCHEMA = ("no such table", "no such column", 'relation "', 'column "')
"""What SQLite and PostgreSQL say of a schema that was not migrated."""


def sqlite_url(path: Path) -> str:
    """The URL of an SQLite file."""
    return f"sqlite:///{path}"


class Database:
    """One process's door to the database.

    SQLite runs in WAL mode with `synchronous=FULL`: a commit that returned survives a power cut,
    readers never wait for the writer, nor it for them.

    Args:
        url: as SQLAlchemy understands it.

    Raises:
        InvalidInput: the URL names no database there is a driver for.
    """

    def __init__(self, url: str) -> None:
        try:
            self._shown = make_url(url).render_as_string(hide_password=True)
            self._engine = create_engine(url)
        except (ArgumentError, ImportError) as error:
            reason = str(error).splitlines()[0]
            raise InvalidInput(f"{url!r} is no database that can be opened: {reason}") from error
        if self._engine.dialect.name == "sqlite":
            _tune(self._engine)

    def migrate(self) -> None:
        """Bring the schema up to date; to be done once, before other processes open it.

        Raises:
            StorageFailed: the database refused.
        """
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with self.write() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: all of it lasts once the block has ended, or nothing of it.

        Raises:
            StorageFailed: the database refused; nothing has changed.
        """
        try:
            opened = self._engine.connect().execution_options(writes=True)
            with opened as connection, connection.begin():
                yield connection
        except SQLAlchemyError as error:
            raise StorageFailed(f"{self._shown}: {_reason(error)}; nothing was stored") from error

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent look at what was committed.

        Raises:
            StorageFailed: the database refused.
        """
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise StorageFailed(f"{self._shown}: {_reason(error)}") from error

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()


def _reason(error: SQLAlchemyError) -> str:
    cause = str(getattr(error, "orig", None) or error).splitlines()[0]
    if any(word in cause for word in _OLD_SCHEMA):
        return (
            f"{cause}: what is kept here comes from an older version or was never begun; run "
            "`commonwatt up` with it once, which brings it up to date"
        )
    return cause


def _tune(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _opened(raw: Any, _record: object) -> None:
        raw.isolation_level = None  # transactions begin where we say, below
        cursor = raw.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            f"busy_timeout={BUSY_MS}",
            "foreign_keys=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        """A writer takes its lock at once: one that finds it taken later could not wait for it."""
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
