"""The files in a ZIP archive, as parts. It has no text of its own.

How many and how large they may be is decided by the loader, before and while they are unpacked.
"""

from collections.abc import Iterator
from io import BytesIO
from pathlib import PurePosixPath
from zipfile import ZipFile

from ingestion.formats import Converted, Part

_APPLE_FOLDER = "__MACOSX"


def convert(data: bytes, source: str) -> Converted:  # noqa: ARG001  # every format has the same signature
    """The archive's files, unpacked one by one as they are asked for."""
    return Converted("", parts=_members(data))


def _members(data: bytes) -> Iterator[Part]:
    with ZipFile(BytesIO(data)) as archive:
        for entry in sorted(archive.infolist(), key=lambda each: each.filename):
            parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
            hidden = any(each.startswith(".") and each != ".." for each in parts) or _APPLE_FOLDER in parts
            if not entry.is_dir() and not hidden:
                yield Part(entry.filename, archive.read(entry))
