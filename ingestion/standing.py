"""Decides at commit what a document is to the others: current, a copy of one, or superseded by one.

The outcome depends on which documents are there and not on the order in which they came: what a new one changes for the
others is decided anew together with it. Superseded comes before copied, and a copy of a superseded document is
superseded too. Documents are compared only where their spaces have the same readers.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias

from ingestion.duplicates import signature_of
from ingestion.neighbours import Group, Neighbourhood
from ingestion.prepare import Prepared
from ingestion.resemblance import Relation
from ingestion.supersession import dated, is_authoritative, without_circles
from service.core.app import App
from service.core.errors import SupersessionUnresolved
from service.core.signatures import Peer, Signature
from service.core.types import Document, Findings, Space, Standing

KIND = "duplicates"
CONTROLS = ("deduplication", "supersession")


@dataclass(frozen=True)
class Outcome:
    """A standing with the document in whose favour it is, and how many copies were found."""

    standing: Standing = "current"
    in_favour_of: str | None = None
    copies: Mapping[str, int] = field(default_factory=dict)

    def findings(self, before: Findings) -> Findings:
        """Findings with the copies that were found."""
        others = {kind: counts for kind, counts in before.items() if kind != KIND}
        return {**others, KIND: self.copies} if self.copies else others


@dataclass(frozen=True)
class Change:
    """Another document's new standing."""

    document: str
    standing: Standing
    in_favour_of: str | None
    findings: Findings


@dataclass(frozen=True)
class Verdict:
    """A document as it is to be written with its signature, and what changes for others."""

    document: Document
    signature: Signature
    changes: tuple[Change, ...] = ()

    @property
    def gains(self) -> list[Change]:
        """What becomes current: written first, so that no page is missing meanwhile."""
        return [each for each in self.changes if each.standing == "current"]

    @property
    def losses(self) -> list[Change]:
        """What stays without chunks, or loses them."""
        return [each for each in self.changes if each.standing != "current"]


def decided(app: App, space: Space, prepared: Prepared) -> Verdict:
    """What becomes of a document beside those that are there. Called under the tenant's lock."""
    document = prepared.document
    signature = replace(prepared.signature or signature_of(document), rules=rules_of(app, space))
    ours = _peer(document, signature)
    pointing = app.records.signatures.pointing_at(space.tenant, [ours.id])
    settled = _settled(app, [ours, *pointing], {ours.id: (ours, document)})
    _, outcome = settled.pop(ours.id)
    findings = outcome.findings(document.findings)
    changed = replace(document, standing=outcome.standing, in_favour_of=outcome.in_favour_of, findings=findings)
    return Verdict(changed, signature, _changes(settled))


def successors(app: App, gone: Document) -> tuple[Change, ...]:
    """What changes now that `gone` no longer is. Called under the tenant's lock, after its removal."""
    return _changes(_settled(app, app.records.signatures.pointing_at(gone.tenant, [gone.id])))


def outdated(app: App) -> Mapping[str, Sequence[str]]:
    """Documents, by the rules that hold for them now, whose standing was decided under others.

    Readers or switches changed, or a run was killed between two writes. Called under the tenant's lock.
    """
    tenant, signatures = app.settings.tenant, app.records.signatures
    spaces = {each.name: rules_of(app, each) for each in app.records.spaces(tenant)}
    found: dict[str, list[str]] = defaultdict(list)
    for name, rules in spaces.items():
        found[rules] += signatures.decided_otherwise(tenant, name, rules)
    for each in signatures.of(tenant, signatures.astray(tenant)):
        found[spaces[each.space]].append(each.id)
    return {rules: sorted(set(ids)) for rules, ids in found.items() if ids}


def reviewed(app: App, document: str) -> tuple[Change, ...]:
    """What changes when a document that is there is decided anew. Called under the tenant's lock."""
    tenant, signatures = app.settings.tenant, app.records.signatures
    return _changes(_settled(app, [*signatures.of(tenant, [document]), *signatures.pointing_at(tenant, [document])]))


def likely_copies(app: App, space: Space, coming: Sequence[Prepared]) -> set[str]:
    """Ids of those documents of which an equal one is there, or comes along, that would be kept instead.

    A guess that saves embedding: no lock is held.
    """
    if "deduplication" in app.settings.controls_off:
        return set()
    signed = [(each.document.id, each.signature) for each in coming if each.signature]
    hashes = {signature.text_hash for _, signature in signed}
    best = app.records.signatures.best(space.tenant, _same_readers(app)[space.readers], hashes)
    for _, signature in signed:
        best[signature.text_hash] = min(signature.rank, best.get(signature.text_hash, signature.rank))
    return {document for document, signature in signed if best[signature.text_hash] < signature.rank}


def problems(app: App, space: Space, since: datetime) -> list[tuple[str, SupersessionUnresolved]]:
    """What is wrong with what documents written since then say of others, by source."""
    if "supersession" in app.settings.controls_off:
        return []
    found = []
    around = Neighbourhood(app, _same_readers(app)[space.readers], {})
    for peer in app.records.signatures.claiming(space.tenant, space.name, since):
        group = around.gathered([peer])
        for (ours, name), unresolved in sorted(group.unresolved.items()):
            if ours == peer.id:
                found.append((peer.source, _unresolved(peer, name, unresolved.found)))
        if peer.id in without_circles(group.successions)[1]:
            found.append((peer.source, _circle(peer)))
    return found


def rules_of(app: App, space: Space) -> str:
    """What decides, beside the documents, what they are to each other: readers and switches."""
    off = [each for each in CONTROLS if each in app.settings.controls_off]
    said = ("1", *sorted(space.readers), "", *off)
    return hashlib.sha256("\x00".join(said).encode()).hexdigest()[:16]


# Documents as they are stored or coming, with what becomes of them, by id.
Settled: TypeAlias = dict[str, tuple[Peer, Outcome]]


def _settled(app: App, seeds: Iterable[Peer], coming: Mapping[str, tuple[Peer, Document]] | None = None) -> Settled:
    """The outcome for some documents and for all that hang together with them."""
    coming = coming or {}
    same_readers = _same_readers(app)
    readers = {name: each for each, names in same_readers.items() for name in names}
    settled: Settled = {}
    waiting = list(seeds)
    while waiting:
        by_readers: dict[frozenset[str], list[Peer]] = defaultdict(list)
        for each in waiting:
            by_readers[readers[each.space]].append(coming[each.id][0] if each.id in coming else each)
        for group_readers, some in by_readers.items():
            group = Neighbourhood(app, same_readers[group_readers], coming).gathered(some)
            settled = _told_of_near(group) | settled
            settled.update({each: (group.members[each], outcome) for each, outcome in outcomes(group).items()})
        lost = [peer.id for peer, found in settled.values() if peer.standing == "current" != found.standing]
        pointing = app.records.signatures.pointing_at(app.settings.tenant, lost) if lost else []
        waiting = [each for each in pointing if each.id not in settled]
    return settled


def _told_of_near(group: Group) -> Settled:
    """Documents that are searched beside a new one which has much in common with them."""
    beside = [each for each in group.near.values() if each.standing == "current" and KIND not in each.findings]
    return {each.id: (each, Outcome(copies={"near": 1})) for each in beside}


def outcomes(group: Group) -> dict[str, Outcome]:
    """What becomes of each document of a group."""
    superseded = _superseded(group)
    while True:
        alive = [each for each in group.members.values() if each.id not in superseded]
        aliases = _aliases(group, alive)
        kept = [each for each in alive if each.id not in aliases]
        also = {each.id: heir for each in kept if (heir := _heir_of_equal(group, superseded, each))}
        if not also:
            break
        superseded |= also
    found = {each.id: Outcome(copies=_near(group, each)) for each in kept}
    found |= {old: Outcome("superseded", new) for old, new in superseded.items()}
    for each, original in aliases.items():
        exact = group.members[each].text_hash == original.text_hash
        found[each] = Outcome("alias", original.id, {"exact" if exact else "near": 1})
    return found


def _superseded(group: Group) -> dict[str, str]:
    """Each superseded document's successor, the best of them by rank."""
    kept, _ = without_circles(group.successions)
    heirs: dict[str, str] = {}
    for old, new in sorted(kept, key=lambda pair: group.members[pair[1]].rank):
        if not is_authoritative(group.members[old].meta) or is_authoritative(group.members[new].meta):
            heirs.setdefault(old, new)
    return heirs


def _aliases(group: Group, alive: Sequence[Peer]) -> dict[str, Peer]:
    """Each copy's original. Of equal texts the first by rank stands for all."""
    first: dict[str, Peer] = {}
    for each in sorted(alive, key=lambda each: each.rank):
        first.setdefault(each.text_hash, each)
    kept = _kept(group, list(first.values()))
    found = {}
    for each in alive:
        best = first[each.text_hash]
        if best.id not in kept:
            best = next(other for other in kept.values() if _beats(group, other, best))
        if best.id != each.id:
            found[each.id] = best
    return found


def _kept(group: Group, undecided: list[Peer]) -> dict[str, Peer]:
    """Of different texts, by rank, those that no kept one makes superfluous."""
    kept = dict[str, Peer]()
    while undecided:
        free = (each for each in undecided if not any(_beats(group, other, each) for other in undecided))
        chosen = next(free, undecided[0])
        kept[chosen.id] = chosen
        undecided = [each for each in undecided if each is not chosen and not _beats(group, chosen, each)]
    return dict(sorted(kept.items(), key=lambda pair: pair[1].rank))


def _beats(group: Group, ours: Peer, theirs: Peer) -> bool:
    """Whether `theirs` is not to be kept beside `ours`: it says nothing else, and is not the one to keep of the two."""
    relation = group.relation(theirs, ours)
    if ours.id == theirs.id or not relation.repeats:
        return False
    if relation is Relation.COPY:
        return ours.rank < theirs.rank
    return is_authoritative(ours.meta) or not is_authoritative(theirs.meta)


def _heir_of_equal(group: Group, superseded: Mapping[str, str], ours: Peer) -> str | None:
    """The successor of an outdated document that `ours` only repeats, unless `ours` is newer than that."""
    for old, new in superseded.items():
        heirs = list[str]()
        following: str | None = new
        while following is not None and following not in heirs:
            heirs.append(following)
            following = superseded.get(following)
        when, since = dated(ours.meta), dated(group.members[new].meta)
        newer = when is not None and since is not None and when > since
        if ours.id not in heirs and not newer and group.relation(ours, group.members[old]).repeats:
            return new
    return None


def _near(group: Group, ours: Peer) -> Mapping[str, int]:
    near = sum(each is Relation.NEAR for each in group.relations.get(ours.text_hash, {}).values())
    return {"near": near} if near else {}


def _changes(settled: Settled) -> tuple[Change, ...]:
    """What differs from what is stored; what becomes current first, so that no page is missing meanwhile."""
    found = []
    for peer, outcome in settled.values():
        new = (outcome.standing, outcome.in_favour_of, dict(outcome.copies))
        if new != (peer.standing, peer.in_favour_of, dict(peer.findings.get(KIND, {}))):
            found.append(Change(peer.id, new[0], new[1], outcome.findings(peer.findings)))
    return tuple(sorted(found, key=lambda each: (each.standing != "current", each.document)))


def _same_readers(app: App) -> dict[frozenset[str], list[str]]:
    found: dict[frozenset[str], list[str]] = defaultdict(list)
    for each in app.records.spaces(app.settings.tenant):
        found[each.readers].append(each.name)
    return found


def _peer(document: Document, signature: Signature) -> Peer:
    shared = {name: getattr(document, name) for name in ("id", "space", "source", "title", "meta", "findings")}
    shared |= {name: getattr(signature, name) for name in ("text_hash", "minhash", "series", "rank")}
    return Peer(standing="current", in_favour_of=None, **shared)


def _unresolved(peer: Peer, name: str, found: int) -> SupersessionUnresolved:
    what = f"{found} documents" if found else "no document"
    return SupersessionUnresolved(
        f"The front matter of {peer.source} names {name!r}, which {what} of a space with the same readers is called.",
        "Write the other's source, as `ragready documents list` shows it; one that is yet to come is no fault.",
    )


def _circle(peer: Peer) -> SupersessionUnresolved:
    return SupersessionUnresolved(
        f"{peer.source} and others supersede each other in a circle, so none of them is superseded.",
        "Take the wrong `supersedes` or `superseded_by` out of their front matter.",
    )
