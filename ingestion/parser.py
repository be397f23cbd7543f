"""The process that parses files: `python -m ingestion.parser FD LIMITS`, started by ingestion.parse.

It takes one request at a time from the socket FD and answers it, until the socket is closed. It holds no secret, opens
no connection, and has limits on memory and on the processor's time that the operating system keeps.
"""

import logging
import os
import sys
from dataclasses import dataclass
from multiprocessing.connection import Connection

from ingestion.sources import SourceFile

try:
    import resource
except ImportError:  # Windows has no such limits; there the time limit of the caller is the only one
    resource = None  # type: ignore[assignment]

MEBIBYTE = 2**20


@dataclass(frozen=True)
class Request:
    """A file to parse, with the limits of `ingestion.load.convert`."""

    file: SourceFile
    data: bytes
    max_bytes: int
    max_files: int
    recognise: bool


def serve(connection: Connection, memory_mebibytes: int, seconds: float) -> None:
    """Answer requests with a Loaded or an exception, until the other side is gone."""
    _limit_memory(memory_mebibytes)
    _refuse_connections()
    # Parsers warn of each odd font and style; what matters of it becomes an error.
    logging.disable(logging.ERROR)
    from ingestion.load import convert  # noqa: PLC0415  # under the limit on memory

    connection.send(None)  # ready
    while True:
        try:
            request: Request = connection.recv()
        except EOFError:
            return
        _limit_time(seconds)
        try:
            connection.send(
                convert(
                    request.file,
                    request.data,
                    request.max_bytes,
                    max_files=request.max_files,
                    recognise=request.recognise,
                )
            )
        # Whatever a file makes a parser raise is the answer; the caller raises it again.
        except Exception as error:  # noqa: BLE001
            connection.send(_plain(error))


def _plain(error: Exception) -> Exception:
    """The error without what led to it, which may hold the file's content or not be made for pickle."""
    error.__cause__ = error.__context__ = error.__traceback__ = None
    return error


def _limit_memory(mebibytes: int) -> None:
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_AS, (mebibytes * MEBIBYTE, resource.getrlimit(resource.RLIMIT_AS)[1]))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_time(seconds: float) -> None:
    """End this process by itself when one file takes twice its time: whoever started it may be gone."""
    if resource is not None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        limit = int(used.ru_utime + used.ru_stime + 2 * seconds) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _refuse_connections() -> None:
    """A document may name pictures, templates and style sheets elsewhere; none is fetched, whatever a parser tries."""

    def watch(event: str, _: tuple[object, ...]) -> None:
        if event in {"socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.exec", "os.posix_spawn"}:
            raise PermissionError(f"A parser may not do this: {event}.")

    sys.addaudithook(watch)


if __name__ == "__main__":
    os.dup2(2, 1)  # what a library prints goes to the error stream
    serve(Connection(int(sys.argv[1])), int(sys.argv[2]), float(sys.argv[3]))
