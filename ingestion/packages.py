"""Looks into a ZIP package before anything unpacks it: names, sizes, and what its XML declares.

It judges the package, not its content. Sizes are the declared ones; zipfile never reads more than is declared.
"""

import lzma
import re
import struct
import zlib
from collections.abc import Sequence
from io import BytesIO
from itertools import pairwise
from zipfile import BadZipFile, ZipFile, ZipInfo

from service.core.errors import DamagedFile, EncryptedFile, FileTooLarge, HarmfulFile

# XML packs about 20 to 1; a small archive that unpacks to far more is made to fill the memory.
MAX_UNPACKED_RATIO = 10
# No file of the fidelity set packs better than 40 to 1. Small ones may: a sheet of zeros harms nobody.
MAX_PACKING_RATIO = 200
RATIO_MATTERS_BYTES = 32 * 2**20
# A presentation of 500 slides has some 3,000 parts.
MAX_PACKAGE_ENTRIES = 20_000

UNLOCK = "Save a copy without the password and ingest that."
_HARMFUL = "Do not open it; ask its sender for the content in another form."
_XML_ENDINGS = (".xml", ".rels", ".vml", ".opf", ".ncx", ".xhtml", ".html", ".htm")
# An entity may stand for others, and those for others: a kilobyte becomes a terabyte. No office program writes one.
_ENTITY = re.compile(
    "|".join(map(re.escape, ("<!ENTITY", "<\0!\0E\0N\0T\0I\0T\0Y", "\0<\0!\0E\0N\0T\0I\0T\0Y"))).encode()
)
_MARKED_AS_ENCRYPTED = 1
# What zipfile and the decompressors raise for bytes that are broken: ValueError for an offset before the start or a
# name that is no UTF-8, OSError from bzip2, NotImplementedError for a version or a packing of a later day.
_BROKEN = (BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, ValueError, NotImplementedError)


def package_entries(data: bytes, source: str, max_unpacked: int) -> list[ZipInfo]:
    """The entries of a package that may be unpacked.

    Raises DamagedFile, EncryptedFile, FileTooLarge for one that would unpack to more than `max_unpacked` bytes, and
    HarmfulFile for entries that overlap, are too many, or are packed tighter than files are.
    """
    try:
        with ZipFile(BytesIO(data)) as archive:
            entries = archive.infolist()
    except _BROKEN as error:
        raise _damaged(source, error) from error
    if any(entry.flag_bits & _MARKED_AS_ENCRYPTED for entry in entries):
        raise EncryptedFile(f"{source} is protected by a password.", UNLOCK)
    if len(entries) > MAX_PACKAGE_ENTRIES:
        raise HarmfulFile(f"{source} has {len(entries)} entries; {MAX_PACKAGE_ENTRIES} are allowed.", _HARMFUL)
    _check_sizes(entries, source, max_unpacked)
    return entries


def check_entities(data: bytes, source: str) -> None:
    """Raises HarmfulFile for a package whose XML declares entities of its own, DamagedFile for one that is broken."""
    with ZipFile(BytesIO(data)) as archive:
        for entry in archive.infolist():
            if entry.filename.lower().endswith(_XML_ENDINGS) and _ENTITY.search(unpacked(archive, entry, source)):
                raise HarmfulFile(f"{source} declares XML entities in {entry.filename!r}.", _HARMFUL)


def unpacked(archive: ZipFile, entry: ZipInfo, source: str) -> bytes:
    """The bytes of one entry. Raises DamagedFile naming the entry."""
    try:
        return archive.read(entry)
    except _BROKEN as error:
        raise _damaged(f"{entry.filename!r} in {source}", error) from error


def _damaged(what: str, error: Exception) -> DamagedFile:
    return DamagedFile(f"{what} is cut off or damaged: {error}.", "Copy or export the file again.")


def _check_sizes(entries: Sequence[ZipInfo], source: str, max_unpacked: int) -> None:
    unpacked, packed = (sum(sizes) for sizes in zip(*((e.file_size, e.compress_size) for e in entries), strict=True))
    if unpacked > max_unpacked:
        raise FileTooLarge(
            f"{source} unpacks to {unpacked / 2**20:.0f} MiB; {max_unpacked / 2**20:.0f} MiB are allowed.",
            f"Split it, or raise RAGREADY_MAX_FILE_MEBIBYTES; {MAX_UNPACKED_RATIO} times that are allowed.",
        )
    if unpacked > RATIO_MATTERS_BYTES and unpacked > MAX_PACKING_RATIO * packed:
        raise HarmfulFile(f"{source} unpacks to {unpacked / max(packed, 1):.0f} times its size.", _HARMFUL)
    placed = sorted(entries, key=lambda entry: entry.header_offset)
    for before, after in pairwise(placed):
        if before.header_offset + before.compress_size > after.header_offset:
            raise HarmfulFile(f"The entries of {source} overlap: {after.filename!r} lies in another one.", _HARMFUL)
