"""Finds documents that may be copies by MinHash and locality-sensitive hashing, and compares each of them in full.

The bands lie in the records, so that the index outlives a process and all workers share it. Which of two copies is kept
is decided by copies.standing. A short page inside a much longer one is not found: they have too little in common.
"""

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ingestion.copies.resemblance import Relation, marks, relation, shingles, text_hash
from ingestion.copies.supersession import dated, file_of, is_authoritative, series_of, targets_of
from service.core.app import App
from service.core.signatures import Peer, Signature
from service.core.types import Document

if TYPE_CHECKING:
    from datasketch import MinHash

# Two texts that share a share s of their shingles become candidates with a probability of 1 - (1 - s^4)^32: .87 for
# half of them, .999 for .65, .003 for a tenth. A change of any of this has to raise ingestion.prepare.RECIPE.
PERMUTATIONS, BANDS = 128, 32
# Candidates with a lower estimate are not compared, and of more than that only the nearest.
LEAST_ESTIMATE = 0.35
MOST_COMPARED = 16


@dataclass
class Copies:
    """Looks for the copies of documents of some spaces; compares each two texts once."""

    app: App
    spaces: Collection[str]
    text_of: Callable[[Peer], str]
    _known: dict[tuple[str, str], Relation] = field(default_factory=dict)

    def near(self, peer: Peer) -> list[tuple[Peer, Relation]]:
        """Every other document that has much in common with this one, and what this one is to it."""
        tenant, signatures = self.app.settings.tenant, self.app.records.signatures
        equal = [each for each in signatures.equal(tenant, self.spaces, peer.text_hash) if each.id != peer.id]
        alike = signatures.alike(tenant, self.spaces, bands_of(np.frombuffer(peer.minhash, dtype=np.uint32)))
        others = [
            each for each in alike if each.text_hash != peer.text_hash and _estimate(peer, each) >= LEAST_ESTIMATE
        ]
        others.sort(key=lambda each: (-_estimate(peer, each), each.rank))
        found = [(each, self.relation(peer, each)) for each in others[:MOST_COMPARED]]
        return [(each, Relation.COPY) for each in equal] + [pair for pair in found if pair[1] is not Relation.NONE]

    def relation(self, ours: Peer, theirs: Peer) -> Relation:
        """What one document is to another."""
        pair = (ours.text_hash, theirs.text_hash)
        if pair[0] == pair[1]:
            return Relation.COPY
        if pair not in self._known:
            self._known[pair] = relation(marks(self.text_of(ours)), marks(self.text_of(theirs)))
            self._known[pair[::-1]] = self._known[pair].reversed
        return self._known[pair]


def signature_of(document: Document) -> Signature:
    """A document's signature; what its rules are is not known here."""
    minhash = minhash_of(document.text)
    return Signature(
        text_hash=text_hash(document.text),
        minhash=minhash.tobytes(),
        bands=bands_of(minhash),
        file=file_of(document.source),
        series=series_of(document.source),
        rank=rank_of(document),
        targets=targets_of(document),
    )


def rank_of(document: Document) -> str:
    """Sorts copies, the one to keep first: what calls itself authoritative, the newest, the first by name."""
    when = dated(document.meta)
    age = (date.max - when).days if when else (date.max - date.min).days
    return f"{0 if is_authoritative(document.meta) else 1}{age:07d} {document.space}/{document.source}"


def bands_of(minhash: "np.ndarray[tuple[int], np.dtype[np.uint32]]") -> tuple[int, ...]:
    """A number a band, which includes the band's place."""
    rows = minhash.reshape(BANDS, -1)
    return tuple(
        int.from_bytes(hashlib.blake2b(row.tobytes(), digest_size=8, salt=place.to_bytes(2)).digest(), signed=True)
        for place, row in enumerate(rows)
    )


def minhash_of(text: str) -> "np.ndarray[tuple[int], np.dtype[np.uint32]]":
    """The least hash of a text's shingles by permutation."""
    made = _empty().copy()
    made.update_batch({" ".join(each).encode() for each in shingles(marks(text).words)})
    hashes: np.ndarray[tuple[int], np.dtype[np.uint32]] = made.hashvalues.astype(np.uint32)
    return hashes


@lru_cache(maxsize=1)
def _empty() -> "MinHash":
    from datasketch import MinHash  # noqa: PLC0415  # only what writes needs it

    # Named, so that another version of the library makes the same numbers.
    return MinHash(num_perm=PERMUTATIONS, seed=1, scheme="affine32")


def _estimate(ours: Peer, theirs: Peer) -> float:
    return float(np.mean(np.frombuffer(ours.minhash, np.uint32) == np.frombuffer(theirs.minhash, np.uint32)))
