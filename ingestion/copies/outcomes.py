"""What becomes of documents whose standings hang together: a function of the group alone, without a store.

Superseded comes before copied, and a copy of a superseded document is superseded too. Who is in a group is decided by
ingestion.copies.neighbours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ingestion.copies.neighbours import Group
from ingestion.copies.resemblance import Relation
from ingestion.copies.supersession import dated, is_authoritative, without_circles
from service.core.signatures import Peer
from service.core.types import Findings, Standing

KIND = "duplicates"


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
