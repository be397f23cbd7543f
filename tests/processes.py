"""Real processes for the tests: the `ragready` command, the service it starts, and servers beside it. No fakes here."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from typer.testing import CliRunner

import cli

START_SECONDS = 60


@dataclass(frozen=True)
class Done:
    """What a finished command left: exit code and both streams."""

    code: int
    stdout: str
    stderr: str

    @property
    def body(self) -> dict[str, Any]:
        """The one JSON object on stdout; fails when anything else stands there."""
        assert self.stdout.count("\n") == 1, f"stdout: {self.stdout[:2000]!r}, stderr: {self.stderr[-2000:]}"
        value = json.loads(self.stdout)
        assert isinstance(value, dict)
        return value

    @property
    def error(self) -> dict[str, str]:
        """The problem that a failed command printed, in full: what it names and what to do about it."""
        assert self.code == 1, (self.code, self.stderr[-2000:])
        error: dict[str, str] = self.body["error"]
        assert set(error) == {"code", "title", "detail", "remedy"}
        assert all(error.values())
        return error


@dataclass(frozen=True)
class Service:
    """A running service: a client that sends its key, a stranger that sends none, the key, and the process."""

    client: httpx.Client
    stranger: httpx.Client
    key: str
    process: subprocess.Popen[str]

    def ask(self, question: str, **body: Any) -> httpx.Response:
        """POST /v1/ask with the key."""
        return self.client.post("/v1/ask", json={"question": question, **body})


class Ragready:
    """The `ragready` command on one data folder, in an environment that holds no other RAGREADY_ setting.

    Calling it runs a process of its own. `within` runs the same command line in this process, which saves a second of
    imports where a test is about what a command does, not about the process.
    """

    def __init__(self, data: Path, encoder_folder: Path, **settings: object) -> None:
        self.data = data
        self.encoder_folder = encoder_folder
        self._settings = {"data_folder": data, "encoder_folder": encoder_folder, **settings}

    def __call__(
        self, *args: object, stdin: str = "", as_json: bool = True, before: Callable[[], None] | None = None, **settings
    ) -> Done:
        """Run a command to its end; `before` runs in the child before it becomes the command."""
        command = [*self._command(args), *(["--json"] if as_json else [])]
        done = subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
            env=self._environment(settings),
            preexec_fn=before,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def within(self, *args: object, stdin: str = "", as_json: bool = True, **settings: object) -> Done:
        """Run a command to its end inside this process."""
        command = [*map(str, args), *(["--json"] if as_json else [])]
        done = CliRunner().invoke(cli.app, command, input=stdin, env=self._environment(settings))
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Done(done.exit_code, done.stdout, done.stderr)

    def start(self, *args: object, **settings: object) -> subprocess.Popen[str]:
        """Start a command and leave it running."""
        return subprocess.Popen(
            self._command(args),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self._environment(settings),
        )

    @contextmanager
    def up(self, read_only: bool = False, **settings: object) -> Iterator[Service]:
        """`ragready up` on a free port, ready for requests; `read_only` leaves the folder to other readers too."""
        log = self.data.with_name(f"{self.data.name}.log")
        with log.open("w+") as file:
            process = subprocess.Popen(
                self._command(["up", "--port", "0", *(["--read-only"] if read_only else [])]),
                stderr=file,
                text=True,
                env=self._environment(settings),
            )
            try:
                url = _announced(log, process)
                key = str(settings.get("api_key") or (self.data / "api-key").read_text().strip())
                headers = {"Authorization": f"Bearer {key}"}
                with httpx.Client(base_url=url, headers=headers) as client, httpx.Client(base_url=url) as stranger:
                    wait_until(lambda: _answers(stranger, "/healthz"))
                    yield Service(client, stranger, key, process)
            finally:
                stop(process)

    def _command(self, args: Sequence[object]) -> list[str]:
        return [sys.executable, "-m", "cli", *map(str, args)]

    def _environment(self, settings: dict[str, object]) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("RAGREADY_")}
        ours = {f"RAGREADY_{name.upper()}": str(value) for name, value in {**self._settings, **settings}.items()}
        return {**inherited, **ours}


def wait_until(condition: Callable[[], object], seconds: float = START_SECONDS) -> None:
    """Return as soon as `condition` holds; fail when it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} seconds"
        time.sleep(0.02)


def stop(process: subprocess.Popen[Any]) -> None:
    """End a process, by force if it does not end by itself, and close its pipes."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
    process.communicate()


def _announced(log: Path, process: subprocess.Popen[str]) -> str:
    """The address that the service told whoever started it."""

    def told() -> re.Match[str] | None:
        found = re.search(r"API\s+(http://\S+)/docs", log.read_text())
        assert found or process.poll() is None, log.read_text()[-4000:]
        return found

    wait_until(told)
    address = told()
    assert address
    return address[1]


def _answers(client: httpx.Client, path: str) -> bool:
    try:
        return client.get(path).status_code == 200
    except httpx.TransportError:
        return False
