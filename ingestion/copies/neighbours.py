"""Gathers the documents whose standings hang together: copies of each other, and those that supersede each other.

What becomes of them is decided by copies.standing. Documents in spaces with other readers are never gathered: a
reader would lose a page in favour of one that is closed to him.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ingestion.copies.duplicates import Copies
from ingestion.copies.resemblance import Relation
from ingestion.copies.supersession import Succession, Unresolved, claims, names_of, older_edition, same_title
from service.core.app import App
from service.core.signatures import Peer
from service.core.types import Document

# Copies of copies are followed so far: more are hardly copies of one page.
MOST_GATHERED = 256


@dataclass
class Group:
    """Documents by id, what their texts are to each other by hash of the text, and who supersedes whom.

    `near` has much in common with a member, and text of its own, so that its standing does not hang together with it.
    """

    members: dict[str, Peer] = field(default_factory=dict)
    relations: dict[str, dict[str, Relation]] = field(default_factory=dict)
    successions: set[tuple[str, str]] = field(default_factory=set)
    unresolved: dict[tuple[str, str], Unresolved] = field(default_factory=dict)
    compared: set[str] = field(default_factory=set)
    near: dict[str, Peer] = field(default_factory=dict)

    def relation(self, ours: Peer, theirs: Peer) -> Relation:
        """What one document is to another."""
        if ours.text_hash == theirs.text_hash:
            return Relation.COPY
        return self.relations.get(ours.text_hash, {}).get(theirs.text_hash, Relation.NONE)

    def relate(self, ours: Peer, theirs: Peer, relation: Relation) -> None:
        """Remember what one document is to another."""
        self.relations.setdefault(ours.text_hash, {})[theirs.text_hash] = relation
        self.relations.setdefault(theirs.text_hash, {})[ours.text_hash] = relation.reversed


@dataclass
class Neighbourhood:
    """The documents of spaces with the same readers, with some as they will be once they are committed."""

    app: App
    spaces: Collection[str]
    coming: Mapping[str, tuple[Peer, Document]]

    @cached_property
    def copies(self) -> Copies:
        """Looks for copies among them."""
        return Copies(self.app, self.spaces, self._text_of)

    def gathered(self, seeds: Iterable[Peer]) -> Group:
        """The documents that the standings of some hang together with."""
        off = self.app.settings.controls_off
        group, waiting = Group(), list(seeds)
        while waiting:
            new = {each.id: each for each in waiting if each.id not in group.members}
            group.members.update(new)
            waiting = []
            if "supersession" not in off:
                waiting += self._relatives(group, list(new.values()))
            if "deduplication" not in off and len(group.members) < MOST_GATHERED:
                waiting += [copy for each in new.values() for copy in self._copies(group, each)]
        return group

    def seen(self, peers: Iterable[Peer]) -> list[Peer]:
        """Documents as they will be."""
        return [self.coming[each.id][0] if each.id in self.coming else each for each in peers]

    def named(self, names: Collection[str]) -> list[Peer]:
        """Documents by one of these names, those that are coming included."""
        stored = self.app.records.signatures.named(self.app.settings.tenant, self.spaces, names)
        coming = [peer for peer, _ in self.coming.values() if not set(names_of(peer)).isdisjoint(names)]
        return list({each.id: each for each in [*self.seen(stored), *self._here(coming)]}.values())

    def _copies(self, group: Group, peer: Peer) -> list[Peer]:
        """The documents that a document and its equals are copies of, or that are copies of it."""
        if peer.text_hash in group.compared:
            return []
        group.compared.add(peer.text_hash)
        found = []
        for stored, _ in self.copies.near(peer):
            [other] = self.seen([stored])
            relation = self.copies.relation(peer, other)
            group.relate(peer, other, relation)
            if relation is Relation.NEAR:
                group.near[other.id] = other
            elif relation is not Relation.NONE:
                found.append(other)
        return found

    def _relatives(self, group: Group, new: list[Peer]) -> list[Peer]:
        """The documents that supersede some, or that they supersede."""
        tenant, signatures = self.app.settings.tenant, self.app.records.signatures
        names = {name for each in new for name in names_of(each)}
        claiming = [each for each in new if {"supersedes", "superseded_by"} & set(each.meta)]
        claiming += self.seen(signatures.naming(tenant, self.spaces, names))
        found, unclear = list[Succession](), list[str]()
        for each in claiming:
            for claim in claims(self.named, each):
                if isinstance(claim, Unresolved):
                    group.unresolved[each.id, claim.name] = claim
                    unclear.append(each.id)
                else:
                    found.append(claim)
        editions = self.seen(signatures.editions(tenant, self.spaces, {each.series for each in new}))
        for ours in new:
            for theirs in editions:
                found += self._succession(ours, theirs) + self._succession(theirs, ours)
        group.successions.update((each.old.id, each.new.id) for each in found)
        # What a name meant before another document of that name came.
        pointing = self._here(self.seen(signatures.pointing_at(tenant, unclear))) if unclear else []
        return [*(peer for each in found for peer in (each.old, each.new)), *pointing]

    def _succession(self, old: Peer, new: Peer) -> list[Succession]:
        """What names, dates, titles and texts say where front matter says nothing."""
        if not older_edition(old, new):
            return []
        alike = same_title(old, new) or self.copies.relation(old, new) is not Relation.NONE
        return [Succession(old, new)] if alike else []

    def _here(self, peers: Iterable[Peer]) -> list[Peer]:
        return [each for each in peers if each.space in self.spaces]

    def _text_of(self, peer: Peer) -> str:
        if peer.id in self.coming:
            return self.coming[peer.id][1].text
        found = self.app.records.document(self.app.settings.tenant, peer.id)
        return found.text if found else ""
