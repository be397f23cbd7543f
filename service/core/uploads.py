"""The store of uploaded files: a folder, or whatever fsspec reaches by URL. It knows keys and bytes, and no document.

A file is written under its job's key and never changed. A key is TENANT/JOB/NUMBER/NAME.
"""

import os
import re
import shutil
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import structlog

from service.core.errors import InvalidName, UploadsUnavailable

# Of a file system that allows 255 bytes for a name.
MAX_NAME_BYTES = 200
# Separators, control characters, and the marks with which a name shows as another one.
_NOT_IN_A_NAME = re.compile(
    r"[\x00-\x1f\x7f-\x9f/\\\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]"
)
_log = structlog.get_logger("ragready.uploads")
_REMEDY = (
    "Check RAGREADY_UPLOADS_URL, that it can be reached and written, and that fsspec's driver for it is installed."
)


def checked_file_name(name: str) -> str:
    """`name` in one spelling, if it may name an uploaded file. Raises InvalidName."""
    spelt = unicodedata.normalize("NFC", name)
    if not spelt.strip(" .") or spelt.startswith(".") or _NOT_IN_A_NAME.search(spelt) or not _encodes(spelt):
        shown = name.encode("unicode_escape").decode()
        raise InvalidName(
            f"{shown!r} cannot name an uploaded file.",
            "Send a plain name: no path, no control characters, no marks that turn the writing, no dot in front.",
        )
    if len(spelt.encode()) > MAX_NAME_BYTES:
        raise InvalidName(f"{spelt[:50]!r}… has more than {MAX_NAME_BYTES} bytes.", "Give the file a shorter name.")
    return spelt


class UploadStore:
    """Files by key, in a folder or an object store. All methods block. Raises UploadsUnavailable."""

    def __init__(self, location: str) -> None:
        """Connects to nothing yet."""
        self._location = location
        self._opened: tuple[Any, str] | None = None

    @contextmanager
    def writing(self, key: str) -> Iterator[IO[bytes]]:
        """A file to write; it is there as a whole once the block has ended, and not at all if the block raised."""
        with self._translated():
            system, root = self._system()
            path = f"{root}/{key}"
            system.makedirs(path.rpartition("/")[0], exist_ok=True)
            file = system.open(path, "wb")
        try:
            yield file
        except BaseException:
            _discard(file, local=_is_local(system))
            self.remove(key)
            raise
        with self._translated():
            _flush(file)
            file.close()

    @contextmanager
    def reading(self, key: str, scratch: Path) -> Iterator[Path]:
        """A file on this machine with the bytes of `key`: the store's own where it is a folder, else a copy."""
        with self._translated():
            system, root = self._system()
            if _is_local(system):
                path = Path(root) / key
                copy = None
            else:
                path = copy = scratch / key.replace("/", "-")
                with system.open(f"{root}/{key}", "rb") as source, path.open("wb") as target:
                    shutil.copyfileobj(source, target)
        try:
            yield path
        finally:
            if copy is not None:
                copy.unlink(missing_ok=True)

    def remove(self, key: str) -> None:
        """Remove a file; one that is not there is no failure."""
        with self._translated():
            system, root = self._system()
            path = f"{root}/{key}"
            try:
                system.rm_file(path)
            except FileNotFoundError:
                return
            if _is_local(system):
                _remove_empty_folders(Path(path))

    def exists(self, key: str) -> bool:
        """Whether the file is there."""
        with self._translated():
            system, root = self._system()
            return bool(system.exists(f"{root}/{key}"))

    def keys(self, tenant: str) -> list[tuple[str, float]]:
        """Every file of a tenant with the time of its last change, in seconds since 1970; 0 where that is unknown."""
        with self._translated():
            system, root = self._system()
            if not system.exists(f"{root}/{tenant}"):
                return []
            found = system.find(f"{root}/{tenant}", detail=True)
            below = root.strip("/")
            return [(path.strip("/")[len(below) + 1 :], _changed(each)) for path, each in found.items()]

    def _system(self) -> tuple[Any, str]:
        if self._opened is None:
            from fsspec.core import url_to_fs  # noqa: PLC0415  # only who handles uploads pays for it

            system, root = url_to_fs(self._location)
            self._opened = system, root.rstrip("/")
        return self._opened

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise UploadsUnavailable(f"The store of uploads lacks a file: {error}.", "Upload it again.") from error
        # every driver raises its own, from OSError to a client's; none may look like a fault of the file
        except Exception as error:
            raise UploadsUnavailable(
                f"The store of uploads failed: {type(error).__name__}: {str(error)[:200]}.", _REMEDY
            ) from error


def _is_local(system: Any) -> bool:
    return "file" in (system.protocol if isinstance(system.protocol, tuple) else (system.protocol,))


def _flush(file: IO[bytes]) -> None:
    """What was taken must outlive a power failure, where the store is a disk of ours."""
    file.flush()
    if isinstance(descriptor := _descriptor(file), int):
        os.fsync(descriptor)


def _descriptor(file: IO[bytes]) -> int | None:
    try:
        return file.fileno()
    except (OSError, AttributeError):
        return None  # an object store's


def _discard(file: Any, local: bool) -> None:
    """Close without completing: object stores would otherwise keep a part of a file."""
    try:
        file.close() if local else file.discard()
    # the error that led here is the one to tell; what is left over is swept later
    except Exception as error:  # noqa: BLE001
        _log.warning("an upload that broke off was not discarded", kind=type(error).__name__)


def _changed(info: dict[str, Any]) -> float:
    found = info.get("mtime") or info.get("LastModified") or info.get("created") or 0
    return float(found.timestamp() if hasattr(found, "timestamp") else found)


def _remove_empty_folders(file: Path) -> None:
    """Those of the file and of its job; the tenant's stays, for another job may be about to write there."""
    for folder in (file.parent, file.parent.parent):
        try:
            folder.rmdir()
        except OSError:
            return  # not empty


def _encodes(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True
