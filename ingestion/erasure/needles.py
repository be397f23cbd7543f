"""Finds erased text in bytes without keeping the text: windows of 24 bytes, known by keyed hashes only.

A rolling hash finds candidates at every offset, and a keyed digest of the window confirms them. So what is to be looked
for can lie on disk while an erasure runs, and outlives a kill, and tells nothing to who has not the key.
"""

import hmac
import json
import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

WINDOW = 24
# A window every so many bytes, so that what is left of a part of a text is found; more apart in long texts.
_STEP, _WINDOWS_A_TEXT = 48, 400
_BLOCK_BYTES = 4 * 1024 * 1024
_FILTER_BITS = 20
# Not in a window: what JSON, HTML or a table writes in another way.
_REWRITTEN = re.compile(rb"[\x00-\x1f\"\\<>&|]")
_WORD_START = re.compile(rb"(?<=[\s(\[])\S|^\S")
Hashes: TypeAlias = NDArray[np.uint64]


@dataclass(frozen=True)
class Needles:
    """What to look for. `windows` maps each window's rolling hash to its digest; `key` is secret."""

    key: bytes
    windows: dict[int, bytes] = field(default_factory=dict)

    def with_windows(self, texts: Iterable[bytes]) -> "Needles":
        """These and the given windows, each of WINDOW bytes."""
        added = {int(self._rolling(each)[0]): self._digest(each) for each in texts}
        return Needles(self.key, {**self.windows, **added})

    def without(self, hashes: Set[int]) -> "Needles":
        """These without some, by rolling hash."""
        return Needles(self.key, {each: digest for each, digest in self.windows.items() if each not in hashes})

    def found_in(self, data: bytes) -> set[int]:
        """The windows that stand in some bytes, by rolling hash."""
        if not self.windows:
            return set()
        return {each for block in _blocks(data) for each in self._confirmed(block)}

    def _confirmed(self, block: bytes) -> Iterator[int]:
        rolling = self._rolling(block)
        candidates = np.flatnonzero(self._filter[rolling >> np.uint64(64 - _FILTER_BITS)])
        for place in candidates[np.isin(rolling[candidates], self._sorted)]:
            value, start = int(rolling[place]), int(place)
            if hmac.compare_digest(self.windows[value], self._digest(block[start : start + WINDOW])):
                yield value

    @cached_property
    def _sorted(self) -> Hashes:
        return np.array(sorted(self.windows), dtype=np.uint64)

    @cached_property
    def _filter(self) -> NDArray[np.bool_]:
        passed = np.zeros(1 << _FILTER_BITS, dtype=np.bool_)
        passed[self._sorted >> np.uint64(64 - _FILTER_BITS)] = True
        return passed

    @cached_property
    def _powers(self) -> dict[int, Hashes]:
        """The secret odd multiplier to the powers 1, 2, 4 and 8, modulo 2^64."""
        base = int.from_bytes(hmac.digest(self.key, b"rolling", "sha256")[:8], "big") | 1
        return {each: np.array([pow(base, each, 1 << 64)], dtype=np.uint64) for each in (1, 2, 4, 8)}

    def _rolling(self, data: bytes) -> Hashes:
        """The polynomial hash of the window at every offset, from those of windows of half the length."""
        hashes = np.frombuffer(data, dtype=np.uint8).astype(np.uint64)
        if len(hashes) < WINDOW:
            return np.zeros(0, dtype=np.uint64)
        for width in (1, 2, 4):
            hashes = hashes[:-width] * self._powers[width] + hashes[width:]
        eight = hashes
        sixteen = eight[:-8] * self._powers[8] + eight[8:]
        return sixteen[:-8] * self._powers[8] + eight[16:]

    def _digest(self, window: bytes) -> bytes:
        return hmac.digest(self.key, window, "sha256")[:16]


def windows_of(text: str) -> set[bytes]:
    """Windows spread over a text, also as JSON writes them where it writes letters in another way."""
    data = text.encode("utf-8", "replace")
    step = max(_STEP, len(data) // _WINDOWS_A_TEXT)
    chosen: set[bytes] = set()
    following = 0
    for match in _WORD_START.finditer(data):
        window = data[match.start() : match.start() + WINDOW]
        if match.start() >= following and len(window) == WINDOW and not _REWRITTEN.search(window):
            chosen |= {window, *_as_json(data[match.start() : match.start() + 2 * WINDOW])}
            following = match.start() + step
    return chosen


def windows_around(text: str, spans: Sequence[tuple[int, int]]) -> set[bytes]:
    """Windows that begin where each span of a text begins, and ones that end where it ends."""
    found = set()
    for start, end in spans:
        found.add(text[start : start + WINDOW].encode("utf-8", "replace")[:WINDOW])
        found.add(text[max(0, end - WINDOW) : end].encode("utf-8", "replace")[-WINDOW:])
    return {each for each in found if len(each) == WINDOW}


def _as_json(data: bytes) -> list[bytes]:
    text = data.decode("utf-8", "ignore")
    written = json.dumps(text)[1:-1].encode()[:WINDOW]
    return [] if text.isascii() or len(written) < WINDOW else [written]


def _blocks(data: bytes) -> Iterator[bytes]:
    """Parts that overlap by a window, so that none is cut."""
    for start in range(0, len(data), _BLOCK_BYTES):
        yield data[start : start + _BLOCK_BYTES + WINDOW - 1]
