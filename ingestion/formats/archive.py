"""The files in a ZIP archive, as parts. It has no text of its own.

How many and how large they may be is decided by the loader, before and while they are unpacked.
"""

from collections.abc import Iterator
from io import BytesIO
from pathlib import PurePosixPath
from zipfile import ZipFile, ZipInfo

from ingestion.formats import Converted, Part
from ingestion.packages import unpacked
from service.core.errors import DamagedFile

_APPLE_FOLDER = "__MACOSX"


def convert(data: bytes, source: str) -> Converted:
    """The archive's files, unpacked one by one as they are asked for."""
    return Converted("", parts=_members(data, source))


def _members(data: bytes, source: str) -> Iterator[Part]:
    with ZipFile(BytesIO(data)) as archive:
        for entry in sorted(archive.infolist(), key=lambda each: each.filename):
            parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
            hidden = any(each.startswith(".") and each != ".." for each in parts) or _APPLE_FOLDER in parts
            if not entry.is_dir() and not hidden:
                yield _part(archive, entry, source)


def _part(archive: ZipFile, entry: ZipInfo, source: str) -> Part:
    try:
        return Part(entry.filename, unpacked(archive, entry, source))
    except DamagedFile as error:  # the other members may be whole
        return Part(entry.filename, b"", error)
