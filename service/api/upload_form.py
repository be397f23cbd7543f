"""Receives a form of files: each goes to the store of uploads as it comes in, so that no file is ever whole in memory.

What the form is for is decided elsewhere. Whatever ends the request early, no file of it stays.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import IO

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from service.core.app import App
from service.core.errors import BodyTooLarge, InvalidRequest
from service.core.job import Upload
from service.core.uploads import checked_file_name
from service.rag.threads import in_thread

_MAX_FIELD_BYTES = 4_096
_MAX_FIELDS = 20
_REMEDY = "Send multipart/form-data with `space` and one or several `files`; /docs shows how."


@dataclass
class Form:
    """What a form held: its fields, and its files by the names that they came with, as they lie in the store."""

    fields: dict[str, str] = field(default_factory=dict)
    files: list[Upload] = field(default_factory=list)


@contextmanager
def _part_refused() -> Iterator[None]:
    try:
        yield
    except FormParserError as error:
        raise InvalidRequest(f"The form cannot be read: {error}.", _REMEDY) from error


async def received(request: Request, parts: App, job: str) -> Form:
    """The form of a request, its files stored under `job`. Raises InvalidRequest, InvalidName, BodyTooLarge."""
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise InvalidRequest("The body is no form.", _REMEDY)
    with _part_refused():
        receiver = _Receiver(parts, job, options[b"boundary"])
    try:
        async for chunk in request.stream():
            await in_thread(receiver.take, chunk)
        return await in_thread(receiver.whole)
    # also when the caller goes away or the server stops: what came in so far is of no use
    except BaseException as error:
        await in_thread(receiver.abandon, error)
        raise


class _Receiver:
    """Takes a form's bytes piece by piece. Blocks; the parser's callbacks write what they are given."""

    def __init__(self, parts: App, job: str, boundary: bytes) -> None:
        self._parts = parts
        self._prefix = f"{parts.settings.tenant}/{job}"
        self._max_bytes = parts.settings.max_file_mebibytes * 2**20
        self._form = Form()
        self._ended = False
        self._header = (bytearray(), bytearray())
        self._disposition = ""
        self._name = ""
        self._value = bytearray()
        self._file: tuple[AbstractContextManager[IO[bytes]], IO[bytes]] | None = None
        self._size = 0
        callbacks = ("part_begin", "part_data", "part_end", "header_field", "header_value", "header_end")
        named = {f"on_{name}": getattr(self, f"_{name}") for name in (*callbacks, "headers_finished", "end")}
        self._parser = MultipartParser(boundary, named)  # type: ignore[arg-type]  # made of names

    def take(self, chunk: bytes) -> None:
        """Parse some more of the body."""
        with _part_refused():
            self._parser.write(chunk)

    def whole(self) -> Form:
        """The form, once all of it is there. Raises InvalidRequest when it breaks off."""
        if not self._ended:
            raise InvalidRequest("The form breaks off before its end.", _REMEDY)
        return self._form

    def abandon(self, error: BaseException) -> None:
        """Remove every file that came in."""
        if self._file is not None:
            opened, self._file = self._file[0], None
            opened.__exit__(type(error), error, None)
        for each in self._form.files:
            self._parts.uploads.remove(each.key)

    # Callbacks, in the order in which they come

    def _part_begin(self) -> None:
        self._disposition, self._name, self._size = "", "", 0
        self._value.clear()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header[0].extend(data[start:end])

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._header[1].extend(data[start:end])

    def _header_end(self) -> None:
        name, value = (bytes(each) for each in self._header)
        if name.lower() == b"content-disposition":
            self._disposition = value.decode("latin-1")
        for each in self._header:
            each.clear()

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        if (given := options.get(b"filename")) is None:
            return
        if len(self._form.files) >= self._parts.settings.max_upload_files:
            raise BodyTooLarge(
                f"The form holds more than {self._parts.settings.max_upload_files:,} files.",
                "Send them in several requests, or raise RAGREADY_MAX_UPLOAD_FILES.",
            )
        name = checked_file_name(given.decode("utf-8", "surrogateescape"))
        key = f"{self._prefix}/{len(self._form.files)}/{name}"
        opened = self._parts.uploads.writing(key)
        self._file = opened, opened.__enter__()
        self._form.files.append(Upload(name, key, 0))

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        self._size += end - start
        if self._file is None:
            self._value.extend(data[start:end])
            if len(self._value) > _MAX_FIELD_BYTES or len(self._form.fields) >= _MAX_FIELDS:
                raise InvalidRequest(f"The field {self._name[:50]!r} is too long, or one too many.", _REMEDY)
            return
        if self._size > self._max_bytes:
            raise BodyTooLarge(
                f"{self._form.files[-1].source} has more than {self._parts.settings.max_file_mebibytes:,} MiB.",
                "Split it, or raise RAGREADY_MAX_FILE_MEBIBYTES.",
            )
        self._file[1].write(data[start:end])

    def _part_end(self) -> None:
        if self._file is None:
            self._form.fields[self._name] = self._value.decode("utf-8", "replace")
            return
        opened, self._file = self._file[0], None
        opened.__exit__(None, None, None)
        stored = self._form.files[-1]
        self._form.files[-1] = Upload(stored.source, stored.key, self._size)

    def _end(self) -> None:
        self._ended = True
