"""The parser process: what a bad file does to it does not reach the caller, and it costs nothing until it is needed."""

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingestion.load import Loaded
from ingestion.parse import Parsers, parsers
from ingestion.sources import SourceFile
from service.core.errors import (
    CacheUnavailable,
    EmptyDocument,
    ParserCrashed,
    ParserOutOfMemory,
    ParserTimeout,
    RagreadyError,
    RateLimited,
)
from service.core.settings import Settings
from tests.files import docx

MEBIBYTE = 2**20


def load(made: Parsers, name: str, content: bytes | str) -> Loaded:
    data = content.encode() if isinstance(content, str) else content
    return made.load(SourceFile(Path(name), f"folder/{name}"), data, MEBIBYTE)


@pytest.fixture(scope="module")
def made() -> Iterator[Parsers]:
    with parsers(Settings()) as started:
        yield started


@pytest.fixture
def sabotaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Makes a parser process run some code before it starts, as a bug in a parser would."""

    def write(code: str) -> None:
        (tmp_path / "sitecustomize.py").write_text(code)
        monkeypatch.syspath_prepend(str(tmp_path))

    return write


# What stands for a parser that a file leads astray: the plain text converter, replaced in the process.
ASTRAY = """
import ingestion.formats.text as text
plain = text.convert
def astray(data, source):
    if data == b"astray":
        {}
    return plain(data, source)
text.convert = astray
"""


def test_documents_come_back(made: Parsers):
    """What the process reads is what the loader reads."""
    assert load(made, "a.docx", docx("Two signatures.")).documents[0].text == "Two signatures."


def test_problems_come_back(made: Parsers):
    """A problem of the file is raised as it is, and the process goes on."""
    with pytest.raises(EmptyDocument, match=r"folder/a\.md is empty") as caught:
        load(made, "a.md", "")
    assert caught.value.remedy
    assert load(made, "b.md", "words").documents[0].text == "words"


def test_nothing_starts_until_needed():
    """Without a file to read there is no process."""
    with parsers(Settings()) as idle:
        assert idle._process is None


def test_it_ends_with_the_run():
    """No process is left behind."""
    with parsers(Settings()) as started:
        load(started, "a.md", "words")
        popen = started._process._popen
        assert popen.poll() is None
    assert popen.poll() is not None


def test_parser_that_never_ends(sabotaged: Callable[[str], None]):
    """A parser that goes on for ever is ended in time, and the next file is read."""
    sabotaged(ASTRAY.format("while True: pass"))
    with parsers(Settings(parser_seconds=1)) as started:
        load(started, "a.txt", "words")
        with pytest.raises(ParserTimeout, match=r"folder/b.txt took more than 1 seconds"):
            load(started, "b.txt", "astray")
        assert load(started, "c.txt", "words").documents[0].text == "words"


def test_parser_that_eats_memory(sabotaged: Callable[[str], None]):
    """A parser that takes memory without end is stopped at its limit, and the next file is read."""
    sabotaged(ASTRAY.format("held = [bytearray(2**26) for _ in range(1000)]"))
    with parsers(Settings(parser_memory_mebibytes=768)) as started:
        with pytest.raises(ParserOutOfMemory, match="768 MiB"):
            load(started, "a.txt", "astray")
        assert load(started, "b.txt", "words").documents[0].text == "words"


def test_parser_that_crashes(sabotaged: Callable[[str], None]):
    """A parser that takes its process with it is a stated problem, and the next file is read."""
    sabotaged(ASTRAY.format("import os; os.abort()"))
    with parsers(Settings()) as started:
        with pytest.raises(ParserCrashed, match=r"signal 6 while it read folder/a.txt"):
            load(started, "a.txt", "astray")
        assert load(started, "b.txt", "words").documents[0].text == "words"


def test_parser_that_connects(sabotaged: Callable[[str], None]):
    """A parser cannot reach the network, whatever a document asks it to fetch."""
    sabotaged(ASTRAY.format("import urllib.request; urllib.request.urlopen('http://127.0.0.1:9/x')"))
    with parsers(Settings()) as started, pytest.raises(RagreadyError, match="may not do this: socket"):
        load(started, "a.txt", "astray")


def test_killed_process_is_replaced(made: Parsers):
    """A process that somebody killed between two files is replaced."""
    load(made, "a.md", "words")
    os.kill(made._process._popen.pid, signal.SIGKILL)
    made._process._popen.wait()
    with pytest.raises(ParserCrashed):
        load(made, "b.md", "words")
    assert load(made, "b.md", "words").documents[0].text == "words"


def test_it_holds_no_secret(sabotaged: Callable[[str], None], monkeypatch: pytest.MonkeyPatch):
    """The process has neither the settings nor any other variable that may be a secret."""
    monkeypatch.setenv("RAGREADY_API_KEY", "k" * 30)
    monkeypatch.setenv("OPENAI_API_KEY", "k" * 30)
    sabotaged(ASTRAY.format("import os; return text.Converted(' '.join(os.environ))"))
    with parsers(Settings()) as started:
        names = load(started, "a.txt", "astray").documents[0].text.split()
    assert "PATH" in names
    assert not [each for each in names if "KEY" in each or each.startswith("RAGREADY")]


def test_threads_take_turns(made: Parsers):
    """Several threads may load at once, and each gets its own file's text."""
    found: dict[int, str] = {}

    def one(number: int) -> None:
        found[number] = load(made, f"{number}.md", f"words {number}").documents[0].text

    threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert found == {number: f"words {number}" for number in range(8)}


def is_running(process: Path) -> bool:
    try:
        return "Z" not in (process / "stat").read_text().rsplit(")", 1)[1][:3]
    except FileNotFoundError:
        return False


def test_orphan_ends():
    """When the worker is killed, its parser process ends by itself."""
    code = (
        "import os, signal\nfrom pathlib import Path\nfrom ingestion.parse import Parsers\n"
        "from ingestion.sources import SourceFile\nfrom service.core.settings import Settings\n"
        "made = Parsers(Settings())\nmade.load(SourceFile(Path('a.md'), 'a.md'), b'words', 99)\n"
        "print(made._process._popen.pid, flush=True)\nos.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    process = Path("/proc", done.stdout.strip())
    deadline = time.monotonic() + 30
    while (running := is_running(process)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not running


@pytest.mark.parametrize(
    "error",
    [
        EmptyDocument("a is empty.", "Remove it."),
        RateLimited("Too many.", "Wait.", 7),
        CacheUnavailable("redis://h is down.", "Start it.", "down"),
    ],
)
def test_errors_survive_pickling(error: RagreadyError):
    """An error that travels between processes is the same afterwards."""
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), vars(copy)) == (type(error), str(error), vars(error))


def test_process_imports_no_store():
    """Neither the process nor the loader in it imports a store, the encoder's runtime, or markitdown's model."""
    code = (
        "import json, sys\nfrom ingestion.fetching.kinds import KINDS\nimport ingestion.parser, ingestion.load\n"
        "[kind.convert for kind in KINDS.values()]\nprint(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.strip(" []\n").replace('"', "").split(", ")}
    assert not loaded & {"onnxruntime", "chromadb", "sqlalchemy", "magika", "markitdown", "torch", "redis", "dbos"}
