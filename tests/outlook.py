"""Writes Outlook messages, for which no library does: the compound file that holds them, with small streams only."""

import struct
from collections.abc import Mapping
from itertools import pairwise

FREE, END, FAT_SECTOR, NONE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
SECTOR, SMALL = 512, 64
SUBJECT, BODY, HTML, SENDER, SENDER_MAIL = 0x0037, 0x1000, 0x1013, 0x0C1A, 0x5D01
FILE_NAME, DATA, METHOD = 0x3707, 0x3701, 0x3705

Storage = dict[str, "bytes | Storage"]


def outlook_message(
    subject: str, body: str = "", page: bytes = b"", attachments: Mapping[str, bytes] | None = None
) -> bytes:
    """A message as Outlook saves it, with attachments by name."""
    root = _properties({SUBJECT: subject, BODY: body, SENDER: "Desk", SENDER_MAIL: "desk@example.com"}, 32, page)
    for number, (name, data) in enumerate((attachments or {}).items()):
        held = _properties({FILE_NAME: name}, 8)
        held["__properties_version1.0"] += struct.pack("<HHII4x", 0x0102, DATA, 6, len(data))  # type: ignore[operator]
        held["__properties_version1.0"] += struct.pack("<HHII4x", 3, METHOD, 6, 1)  # type: ignore[operator]
        held[f"__substg1.0_{DATA:04X}0102"] = data
        root[f"__attach_version1.0_#{number:08X}"] = held
    return _compound(root)


def _properties(texts: Mapping[int, str], header: int, page: bytes = b"") -> Storage:
    """A storage with properties: a table of them, and a stream for each."""
    table = bytes(header) + struct.pack("<HHII4x", 3, 0x340D, 6, 0x40000)  # texts are Unicode
    streams: Storage = {}
    for number, text in texts.items():
        data = text.encode("utf-16-le")
        table += struct.pack("<HHII4x", 0x001F, number, 6, len(data) + 2)
        streams[f"__substg1.0_{number:04X}001F"] = data
    if page:
        table += struct.pack("<HHII4x", 3, 0x3FDE, 6, 65001) + struct.pack("<HHII4x", 0x0102, HTML, 6, len(page))
        streams[f"__substg1.0_{HTML:04X}0102"] = page
    return {"__properties_version1.0": table, **streams}


def _compound(root: Storage) -> bytes:
    """A compound file: header, one sector of FAT, directory, table of small sectors, small sectors."""
    small, table = bytearray(), list[int]()
    entries: list[bytearray] = []

    def add(name: str, content: "bytes | Storage", kind: int) -> int:
        number = len(entries)
        entries.append(bytearray(128))
        start, size, child = END, 0, NONE
        if isinstance(content, dict):
            numbers = [add(inner, held, 2 if isinstance(held, bytes) else 1) for inner, held in content.items()]
            child = numbers[0] if numbers else NONE
            for one, other in pairwise(numbers):
                struct.pack_into("<I", entries[one], 72, other)
        elif content:
            start, size = len(small) // SMALL, len(content)
            small.extend(content.ljust(-(-size // SMALL) * SMALL, b"\0"))
            table.extend([*range(start + 1, len(small) // SMALL), END])
        written = name.encode("utf-16-le")
        entry = entries[number]
        entry[: len(written)] = written
        struct.pack_into("<HBBIII", entry, 64, len(written) + 2, kind, 1, NONE, NONE, child)
        struct.pack_into("<IQ", entry, 116, start, size)
        return number

    add("Root Entry", root, 5)
    directory = b"".join(entries).ljust(-(-len(entries) // 4) * SECTOR, b"\0")
    small_table = struct.pack(f"<{len(table)}I", *table).ljust(-(-len(table) // 128) * SECTOR, b"\xff")
    small.extend(bytes(-len(small) % SECTOR))
    fat: list[int] = [FAT_SECTOR]
    starts = []
    for part in (directory, small_table, bytes(small)):
        starts.append(len(fat))
        fat += [*range(len(fat) + 1, len(fat) + len(part) // SECTOR), END]
    first = bytearray(directory)
    struct.pack_into("<IQ", first, 116, starts[2], len(small))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, starts[0], 0, 4096, starts[1], len(small_table) // SECTOR, END, 0)
    header += struct.pack("<109I", 0, *[FREE] * 108)
    sectors = struct.pack("<128I", *fat, *[FREE] * (128 - len(fat)))
    return header + sectors + bytes(first) + small_table + bytes(small)
