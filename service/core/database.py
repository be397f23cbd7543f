"""Opens the records database, SQLite in WAL mode or PostgreSQL by URL, and brings its tables up to date.

Says which store failed and what to do; holds no query.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from service.core.errors import InvalidSettings, RecordsDamaged, RecordsUnavailable, StorageFull
from service.core.locks import file_lock

# One number of PostgreSQL's advisory locks, so that processes which start together migrate one after the other.
_MIGRATION_LOCK = 7_261_301
_LONGEST_WAIT_SECONDS = 3_600


def open_database(url: str | None, folder: Path) -> Engine:
    """An engine with the tables up to date. `url` None means SQLite in `folder`.

    Raises RecordsUnavailable, RecordsDamaged, StorageFull, InvalidSettings.
    """
    engine = _sqlite(folder / "records.sqlite3") if url is None else _postgresql(url)
    with translated(engine):
        if engine.dialect.name == "sqlite":
            with file_lock(folder / "records.lock", wait_seconds=60), engine.connect() as connection:
                # a table is changed by making it anew, and dropping the one before would empty what refers to it
                connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
                # sqlite3 begins no transaction before the first row is written
                connection.exec_driver_sql("BEGIN")
                migrate(connection)
                connection.commit()
                connection.exec_driver_sql("PRAGMA foreign_keys=ON")
        else:
            with engine.begin() as connection:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
                migrate(connection)
    return engine


def migrate(connection: Connection) -> None:
    """Bring the tables to the newest revision inside the caller's transaction."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@contextmanager
def alone(engine: Engine, name: str) -> Iterator[None]:
    """Hold a lock of this name across all processes on the database; waits for as long as another holds it."""
    if engine.dialect.name == "sqlite":
        file = Path(str(engine.url.database)).with_name(f"{name}.lock")
        with file_lock(file, wait_seconds=_LONGEST_WAIT_SECONDS, holder=name):
            yield
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SELECT pg_advisory_lock(hashtext(:name))"), {"name": name})
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(hashtext(:name))"), {"name": name})


@contextmanager
def translated(engine: Engine) -> Iterator[None]:
    """Turn the database driver's errors into ours, naming the database and the way out."""
    name = engine.url.render_as_string(hide_password=True)
    try:
        yield
    except OperationalError as error:
        if "full" in str(error).lower() or "No space left" in str(error):
            raise StorageFull(f"{name} could not be written: no space is left.", _FULL_REMEDY) from error
        if "disk I/O error" in str(error):
            raise StorageFull(f"{name} could not be written: {error.orig}.", _FULL_REMEDY) from error
        if "malformed" in str(error):
            raise RecordsDamaged(f"{name} is damaged: {error.orig}.", _DAMAGED_REMEDY) from error
        raise RecordsUnavailable(f"{name} does not answer: {error.orig}.", _UNAVAILABLE_REMEDY) from error
    except DatabaseError as error:
        if "not a database" in str(error) or "malformed" in str(error):
            raise RecordsDamaged(f"{name} is damaged: {error.orig}.", _DAMAGED_REMEDY) from error
        raise


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection to read with; raises what `translated` makes of the driver's errors."""
    with translated(engine), engine.connect() as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A connection in one transaction, committed at the end of the block; raises as `reading` does."""
    with translated(engine), engine.begin() as connection:
        yield connection


_FULL_REMEDY = "Free some space and run the command again; what was committed before is kept."
_DAMAGED_REMEDY = "Restore the file from a backup, or move it away and ingest the documents again."
_UNAVAILABLE_REMEDY = "Check that the database is running and that RAGREADY_DATABASE_URL is right."


def _sqlite(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def configure(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


def _postgresql(url: str) -> Engine:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise InvalidSettings("RAGREADY_DATABASE_URL is not a database URL.", _URL_REMEDY) from error
    if not parsed.drivername.startswith("postgresql"):
        raise InvalidSettings(f"RAGREADY_DATABASE_URL has the scheme {parsed.drivername!r}.", _URL_REMEDY)
    return create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True, pool_size=10)


_URL_REMEDY = "Write it as postgresql://USER:PASSWORD@HOST:PORT/NAME, or leave it unset for SQLite."
