"""Decides at commit what a document is to the others: current, a copy of one, or superseded by one.

The outcome depends on which documents are there and not on the order in which they came: what a new one changes for the
others is decided anew together with it. Documents are compared only where their spaces have the same readers.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from ingestion.copies.duplicates import signature_of
from ingestion.copies.neighbours import Group, Neighbourhood
from ingestion.copies.outcomes import KIND, Outcome, outcomes
from ingestion.copies.supersession import without_circles
from ingestion.prepare import Prepared
from service.core.app import App
from service.core.errors import SupersessionUnresolved
from service.core.signatures import Peer, Signature
from service.core.types import Document, Findings, Space, Standing

CONTROLS = ("deduplication", "supersession")


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
