"""Which processes are there: each holds a lock of its own name for as long as it lives, and nobody else can.

The operating system or PostgreSQL drops the lock when the process dies, even by kill -9; a machine that is cut off
loses it when its connection is given up, after about a minute.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from service.core.database import translated
from service.core.errors import DataFolderInUse
from service.core.locks import file_lock

_KEEPALIVES = ("tcp_keepalives_idle = 20", "tcp_keepalives_interval = 10", "tcp_keepalives_count = 3")
_LOCK, _UNLOCK = (
    text(f"SELECT {function}(hashtextextended(:name, 0))")
    for function in ("pg_try_advisory_lock", "pg_advisory_unlock")
)


class Presence:
    """The locks of processes on one database. All methods block; see service.core.database for what they raise."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._holding = ExitStack()
        self._connection: Connection | None = None
        self._name = ""

    def announce(self, name: str) -> None:
        """Hold the lock of this process until `leave`."""
        self._name = name
        if self._engine.dialect.name == "sqlite":
            self._holding.enter_context(file_lock(self._file(name), wait_seconds=0, holder=name))
            return
        with translated(self._engine):
            self._connection = self._holding.enter_context(self._connected())
            self._connection.execute(_LOCK, {"name": name})

    def renew(self) -> None:
        """Hold the lock again if the connection that held it broke; another process may have taken over meanwhile."""
        if self._connection is None:
            return
        try:
            self._connection.execute(text("SELECT 1"))
        except DBAPIError:
            self.leave()
            self.announce(self._name)

    def leave(self) -> None:
        """Give up the lock of this process."""
        self._connection = None
        self._holding.close()
        if self._engine.dialect.name == "sqlite" and self._name:
            self._file(self._name).unlink(missing_ok=True)

    @contextmanager
    def instead_of(self, name: str) -> Iterator[bool]:
        """Hold the lock of another process for the block, if that process is gone; says whether it is."""
        if self._engine.dialect.name == "sqlite":
            with ExitStack() as held:
                try:
                    held.enter_context(
                        file_lock(self._file(name), wait_seconds=0, holder=f"who takes over from {name}")
                    )
                except DataFolderInUse:
                    yield False
                    return
                yield True
                self._file(name).unlink(missing_ok=True)  # the name never comes back
            return
        with translated(self._engine), self._connected() as connection:
            gone = bool(connection.execute(_LOCK, {"name": name}).scalar())
            try:
                yield gone
            finally:
                if gone:
                    connection.execute(_UNLOCK, {"name": name})

    def _file(self, name: str) -> Path:
        return Path(str(self._engine.url.database)).with_name(f"{name}.lock")

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for each in _KEEPALIVES:
                connection.execute(text(f"SET {each}"))
            try:
                yield connection
            finally:
                connection.invalidate()  # the session ends, and with it every lock that it still holds
