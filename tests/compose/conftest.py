"""Builds and starts the stack once a session, takes it down with its volumes, and prints what was measured."""

import re
import secrets
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compose.stack import IMAGE_TAG, OURS, ROOT, SERVICES, Stack, compose_command, run

FIGURES = pytest.StashKey[dict[str, str]]()
BUILD_SECONDS = 1800


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FIGURES] = {}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if not (figures := config.stash[FIGURES]):
        return
    terminalreporter.section("measured on this machine, once")
    width = max(map(len, figures))
    for name, value in figures.items():
        terminalreporter.line(f"{name:<{width}}  {value}")


@pytest.fixture(scope="session")
def environment_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A .env made from .env.example, with a value of its own for each secret and a free port."""
    text = (ROOT / ".env.example").read_text()
    text = re.sub(r"^(\w+)=$", lambda found: f"{found[1]}={secrets.token_hex(24)}", text, flags=re.MULTILINE)
    text = re.sub(r"^RAGREADY_PORT=.*$", f"RAGREADY_PORT={_free_port()}", text, flags=re.MULTILINE)
    path = tmp_path_factory.mktemp("compose") / "env"
    path.write_text(f"{text}\nIMAGE_TAG={IMAGE_TAG}\nRAGREADY_OTLP_ENDPOINT=http://collector:4318\n")
    return path


@pytest.fixture(scope="session")
def stack(environment_file: Path, pytestconfig: pytest.Config) -> Iterator[Stack]:
    """The whole stack, with the sample corpus ingested."""
    command = compose_command(environment_file, f"ragready-test-{secrets.token_hex(4)}")
    values = dict(re.findall(r"^(\w+)=(.+)$", environment_file.read_text(), flags=re.MULTILINE))
    stack = Stack(command, int(values["RAGREADY_PORT"]), values["RAGREADY_API_KEY"], pytestconfig.stash[FIGURES])
    started = time.monotonic()
    stack.compose("build", seconds=BUILD_SECONDS)
    stack.figures["build, layers of earlier builds reused"] = _since(started)
    try:
        _start(stack)
        _measure(stack)
        yield stack
    finally:
        stack.compose("down", "--volumes", "--remove-orphans", "--timeout", "10")


def _start(stack: Stack) -> None:
    started = time.monotonic()
    stack.compose("up", "--detach", "--no-build", seconds=600)
    stack.wait_until_ready()
    stack.figures["from up to ready"] = _since(started)
    stack.wait_for_answer()
    stack.figures["from up to the first answer with citations"] = _since(started)
    spaces = [folder.name for folder in (ROOT / "samples" / "corpus").iterdir() if folder.is_dir()]
    stack.wait("ingested", 600, lambda: True if _ingested(stack, spaces) else None)
    stack.figures["from up to the whole sample corpus ingested"] = _since(started)
    stack.wait("healthy", 120, lambda: True if all(_healthy(stack, each) for each in SERVICES) else None)


def _measure(stack: Stack) -> None:
    stack.figures["containers"] = ", ".join(SERVICES)
    for service in OURS:
        ours, base = _layer_bytes(f"ragready-{service}:{IMAGE_TAG}")
        stack.figures[f"image {service}"] = f"{(ours + base) / 1e6:,.0f} MB, of which base image {base / 1e6:,.0f} MB"
    for service in SERVICES:
        usage = run("docker", "stats", "--no-stream", "--format", "{{.MemUsage}}", stack.container(service))
        stack.figures[f"memory {service}"] = usage.partition(" / ")[0]


def _layer_bytes(image: str) -> tuple[int, int]:
    """Bytes of our own layers, newest first down to the account that the Dockerfile adds, and of those below."""
    layers = run("docker", "history", "--human=false", "--no-trunc", "--format", "{{.Size}} {{.CreatedBy}}", image)
    sizes = [int(line.split()[0]) for line in layers.splitlines()]
    first = next(number for number, line in enumerate(layers.splitlines(), 1) if "useradd" in line)
    return sum(sizes[:first]), sum(sizes[first:])


def _ingested(stack: Stack, spaces: list[str]) -> bool:
    log = stack.compose("logs", "--no-color", "worker")
    return all(re.search(rf'"space": "{space}".*"event": "ingested"', log) for space in spaces)


def _healthy(stack: Stack, service: str) -> bool:
    return bool(stack.inspect(service)["State"]["Health"]["Status"] == "healthy")


def _since(started: float) -> str:
    return f"{time.monotonic() - started:,.1f} s"


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
