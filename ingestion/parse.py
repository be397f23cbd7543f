"""Parses files in a process of its own, so that one bad file takes neither the memory nor the life of the worker.

The process starts with the first file that needs it, is asked for one file at a time, and is ended and replaced when a
file takes too long or too much. It inherits no setting and no secret. Nothing is parsed in the calling process,
unless the settings say so.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import Pipe
from typing import TypeAlias

from ingestion.load import Loaded, convert
from ingestion.parser import Request
from ingestion.sources import SourceFile
from service.core.errors import DocumentProblem, ParserCrashed, ParserOutOfMemory, ParserTimeout
from service.core.settings import Settings

# Some parsers never give back all they took. A new process costs about half a second.
FILES_A_PROCESS = 500
_START_SECONDS = 60.0
_CLOSE_SECONDS = 2.0
# What Python and its libraries need of the environment. Everything else stays here, secrets above all.
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "SYSTEMROOT")
# A thread of numpy's or OpenMP's reserves memory of its own; nothing here computes.
_SINGLE_THREADED = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")


# Parses a file's bytes, of which so many are allowed.
Load: TypeAlias = Callable[[SourceFile, bytes, int], Loaded]


class Parsers:
    """The parser process of one ingestion run. It may be used by several threads; they take turns.

    Where the settings want none, files are parsed in the calling process, without limits.
    """

    def __init__(self, settings: Settings) -> None:
        self._apart = settings.parser_process
        self._seconds = settings.parser_seconds
        self._memory_mebibytes = settings.parser_memory_mebibytes
        self._max_files = settings.max_archive_files
        self._recognise = settings.ocr
        self._turn = threading.Lock()
        self._process: _Process | None = None

    def load(self, file: SourceFile, data: bytes, max_bytes: int) -> Loaded:
        """What the file gives, as `ingestion.load.convert` does. Raises a DocumentProblem.

        Raises ImportError where a parser is not installed: that is no fault of the file.
        """
        if not self._apart:
            return convert(file, data, max_bytes, max_files=self._max_files, recognise=self._recognise)
        request = Request(file, data, max_bytes, self._max_files, self._recognise)
        with self._turn:
            answer = self._asked(request)
        if isinstance(answer, MemoryError):
            raise self._out_of_memory(file.source)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        """End the process, if there is one."""
        with self._turn:
            self._end()

    def _asked(self, request: Request) -> Loaded | Exception:
        """The process's answer. A process that gave none, or ran out of memory, is ended."""
        source = request.file.source
        if self._process is not None and self._process.files >= FILES_A_PROCESS:
            self._end()
        if self._process is None:
            self._process = _Process(self._memory_mebibytes, self._seconds)
        try:
            answer = self._process.ask(request, self._seconds)
        except TimeoutError:
            self._process.kill()
            self._end()
            return ParserTimeout(
                f"Parsing {source} took more than {self._seconds:g} seconds.",
                "Split it, or raise RAGREADY_PARSER_SECONDS.",
            )
        except (EOFError, ConnectionError):
            return self._crashed(source)
        if isinstance(answer, MemoryError):
            self._end()
        return answer

    def _crashed(self, source: str) -> DocumentProblem:
        """The problem of a file whose parser is gone: some libraries end the process when memory runs out."""
        how = self._end()
        return ParserCrashed(
            f"The parser ended with {how} while it read {source}; a lack of memory may be the reason.",
            "Save the file anew with the program that made it, or raise RAGREADY_PARSER_MEMORY_MEBIBYTES.",
        )

    def _out_of_memory(self, source: str) -> ParserOutOfMemory:
        return ParserOutOfMemory(
            f"Parsing {source} takes more than {self._memory_mebibytes} MiB of memory.",
            "Split it, or raise RAGREADY_PARSER_MEMORY_MEBIBYTES.",
        )

    def _end(self) -> str:
        process, self._process = self._process, None
        return process.end() if process is not None else "nothing"


class _Process:
    """One process of `ingestion.parser`, and the socket that leads to it."""

    def __init__(self, memory_mebibytes: int, seconds: float) -> None:
        self.files = 0
        self._connection, theirs = Pipe()
        limits = (str(memory_mebibytes), str(seconds))
        with theirs:
            # Not through multiprocessing: its processes import the program that started them.
            self._popen = subprocess.Popen(  # noqa: S603  # our own interpreter and module
                [sys.executable, "-m", "ingestion.parser", str(theirs.fileno()), *limits],
                env=_environment(),
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
            )

    def ask(self, request: Request, seconds: float) -> Loaded | Exception:
        """The answer to one request. Raises TimeoutError, and EOFError or ConnectionError if the process is gone."""
        self.files += 1
        if self.files == 1:
            self._received(_START_SECONDS)  # how long it takes to start is no matter of the file
        self._send(request, seconds)
        return self._received(seconds)

    def _received(self, seconds: float) -> Loaded | Exception:
        if not self._connection.poll(seconds):
            raise TimeoutError
        answer: Loaded | Exception = self._connection.recv()
        return answer

    def _send(self, request: Request, seconds: float) -> None:
        """Not longer than `seconds`: a process that does not read would hold this one for ever."""
        watch = threading.Timer(seconds, self._popen.kill)
        watch.start()
        try:
            self._connection.send(request)
        finally:
            watch.cancel()

    def kill(self) -> None:
        """Stop the process in the middle of what it does."""
        self._popen.kill()

    def end(self) -> str:
        """End the process, by force if it does not by itself; says how it ended."""
        self._connection.close()
        try:
            code = self._popen.wait(_CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            code = self._popen.wait()
        return f"signal {-code}" if code < 0 else f"code {code}"


@contextmanager
def parsers(settings: Settings) -> Iterator[Parsers]:
    """The parsers of one run; no process is left after it."""
    made = Parsers(settings)
    try:
        yield made
    finally:
        made.close()


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {**kept, **_SINGLE_THREADED, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
