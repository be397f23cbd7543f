"""The compose stack from outside: docker's command line and the published port. No fakes, nothing of ours imported."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

ROOT = Path(__file__).parents[2]
SERVICES = ("api", "worker", "chroma", "redis", "postgres")
OURS = ("api", "worker")
QUESTION = "How long is the battery covered by the warranty?"
# Kept when the stack is taken down, so that the next build reuses its layers.
IMAGE_TAG = "compose-test"
T = TypeVar("T")


@dataclass(frozen=True)
class Stack:
    """One compose project of its own: name, port, secrets, volumes. `figures` is what was measured, by name."""

    command: tuple[str, ...]
    port: int
    key: str
    figures: dict[str, str] = field(default_factory=dict)

    def compose(self, *arguments: str, seconds: float = 300) -> str:
        """Run one compose command; fails with the end of its output."""
        return run(*self.command, *arguments, seconds=seconds)

    def inspect(self, service: str) -> dict[str, Any]:
        """What docker says of a service's container."""
        found: list[dict[str, Any]] = json.loads(run("docker", "inspect", self.container(service)))
        return found[0]

    def container(self, service: str) -> str:
        """Id of a service's container."""
        return self.compose("ps", "--quiet", service).strip()

    def inside(self, service: str, *arguments: str) -> str:
        """The output of a command inside a service's container."""
        return run("docker", "exec", self.container(service), *arguments).strip()

    def ask(self, question: str = QUESTION) -> httpx.Response:
        """A question to the public space, asked with the key."""
        return self.http("POST", "/v1/ask", key=self.key, json={"question": question, "spaces": ["public"]})

    def http(self, method: str, path: str, key: str | None = None, **options: Any) -> httpx.Response:
        """One request through the published port."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        with httpx.Client(base_url=f"http://127.0.0.1:{self.port}", trust_env=False, timeout=30) as client:
            return client.request(method, path, headers=headers, **options)

    def wait(self, what: str, seconds: float, seen: Callable[[], T | None]) -> T:
        """What `seen` returns once it is not None; fails with the containers' last words after `seconds`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                if (found := seen()) is not None:
                    return found
            except httpx.TransportError:
                pass  # nothing listens yet
            time.sleep(0.2)
        last_words = self.compose("logs", "--no-color", "--tail", "30", *OURS)
        return pytest.fail(f"Not {what} within {seconds:g} seconds.\n{self.compose('ps')}\n{last_words}")

    def wait_until_ready(self, seconds: float = 180) -> None:
        """Until /readyz answers 200."""
        self.wait("ready", seconds, lambda: True if self.http("GET", "/readyz").status_code == 200 else None)

    def wait_for_answer(self, seconds: float = 300) -> dict[str, Any]:
        """The first answer that cites something."""
        return self.wait("answering with citations", seconds, lambda: cited(self.ask()))


def cited(response: httpx.Response) -> dict[str, Any] | None:
    """The answer of a response, if it cites something."""
    body: dict[str, Any] = response.json() if response.status_code == 200 else {}
    return body if body.get("citations") else None


def run(*command: str, seconds: float = 60) -> str:
    """The standard output of a command; fails with the end of what it wrote when its exit code is not 0."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds, env=_environment())
    if done.returncode != 0:
        pytest.fail(f"`{' '.join(command)}` left with {done.returncode}.\n{(done.stdout + done.stderr)[-4000:]}")
    return done.stdout


def ragready(*arguments: str, key: str) -> str:
    """The standard output of the `ragready` command of this checkout, with a service's key."""
    command = (sys.executable, "-m", "cli", *arguments)
    environment = {**_environment(), "RAGREADY_API_KEY": key}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, env=environment, cwd=ROOT)
    if done.returncode != 0:
        pytest.fail(f"`ragready {' '.join(arguments)}` left with {done.returncode}.\n{done.stderr[-4000:]}")
    return done.stdout


def fails(*command: str) -> str:
    """What a command wrote that has to fail."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=_environment())
    assert done.returncode != 0, done.stdout
    return done.stdout + done.stderr


def compose_command(environment_file: Path, project: str = "ragready-test") -> tuple[str, ...]:
    """Compose on this repository's file, as a project and with an .env of its own."""
    where = ("--project-directory", str(ROOT), "--file", str(ROOT / "docker-compose.yml"))
    return (*_compose(), *where, "--project-name", project, "--env-file", str(environment_file))


def _compose() -> tuple[str, ...]:
    """`docker compose` or `docker-compose`; ends the tests with what to install where there is neither."""
    if shutil.which("docker") is None:
        return pytest.exit("No `docker` here, which these tests need: https://docs.docker.com/engine/install", 1)
    if (asked := _quiet("docker", "info")).returncode != 0:
        return pytest.exit(f"Docker's engine does not answer; start it. {asked.stderr.strip()}", 1)
    if _quiet("docker", "compose", "version").returncode == 0:
        return ("docker", "compose")
    if shutil.which("docker-compose"):
        return ("docker-compose",)
    return pytest.exit("Docker is here without Compose: install docker-compose-plugin, or docker-compose 1.29.", 1)


def _quiet(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def _environment() -> dict[str, str]:
    """This environment without what would come before the stack's own .env."""
    ours = ("RAGREADY_", "POSTGRES_", "REDIS_", "COMPOSE_", "IMAGE_TAG")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}
