"""How many planted copies are found, and how many distinct pages are kept, by what the product decides with.

Copies are made from a set's own passages: the same words in another layout, with some words replaced, with an end cut
off. So are pages that must be kept: with another number, a denial, another name, a sentence of their own. Nothing is
embedded or searched here; how copies crowd out answers is the probe's question.
"""

import random
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from eval.beir import Text, read_retrieval_set
from eval.statistics import Estimate, mean
from ingestion.copies.duplicates import bands_of, minhash_of, signature_of
from ingestion.copies.resemblance import Relation, marks, relation, text_hash
from ingestion.copies.standing import decided
from ingestion.prepare import Prepared
from service.bootstrap import open_app
from service.core.app import App
from service.core.names import content_hash, document_id
from service.core.settings import Settings
from service.core.types import Document, DocumentSummary, Space

PASSAGES = 200
SEED = 20_261_125
# A passage has to be long enough that one changed word is not half of it.
LEAST_WORDS = 40
_WORD = re.compile(r"\b[a-z]{3,}\b")
_DIGITS = re.compile(r"\d+")
_SENTENCE_END = re.compile(r"(?<=[.!?]) +")

# A passage, words to take from, and a source of chance, to another passage; None where there is nothing to change.
Change: TypeAlias = Callable[[str, Sequence[str], random.Random], str | None]


@dataclass(frozen=True)
class Row:
    """Of one kind of changed passage: the share that shares an index entry with its original, and that is called near.

    `copies` tells whether one of the two should be left out of the index, `share` what was.
    """

    set: str
    kind: str
    copies: bool
    left_out: Estimate
    near: Estimate


@dataclass(frozen=True)
class Kept:
    """Of a set as it is: the share of passages that are searched, and the pairs of which one is not."""

    set: str
    searched: Estimate
    pairs: tuple[tuple[str, str], ...]


def layout(text: str, words: Sequence[str], draw: random.Random) -> str:  # noqa: ARG001  # the signature of Change
    """The same words as a heading and a list, in other blank space."""
    return "".join(f"*  {each}\n" for each in _SENTENCE_END.split(text))


def replaced(share: float) -> Change:
    """Some of the lower-case words replaced by others."""

    def change(text: str, words: Sequence[str], draw: random.Random) -> str | None:
        places = list(_WORD.finditer(text))
        if not places:
            return None
        chosen = draw.sample(places, min(len(places), max(1, round(share * len(text.split())))))
        for each in sorted(chosen, key=lambda found: -found.start()):
            text = text[: each.start()] + draw.choice(words) + text[each.end() :]
        return text

    return change


def shortened(text: str, words: Sequence[str], draw: random.Random) -> str | None:  # noqa: ARG001  # as above
    """Without the last sentence."""
    sentences = _SENTENCE_END.split(text)
    return " ".join(sentences[:-1]) if len(sentences) > 1 else None


def other_number(text: str, words: Sequence[str], draw: random.Random) -> str | None:  # noqa: ARG001  # as above
    """One number raised."""
    places = list(_DIGITS.finditer(text))
    if not places:
        return None
    chosen = draw.choice(places)
    return f"{text[: chosen.start()]}{int(chosen[0]) + draw.randint(1, 9)}{text[chosen.end() :]}"


def denied(text: str, words: Sequence[str], draw: random.Random) -> str | None:  # noqa: ARG001  # as above
    """One `is`, `was`, `are` or `were` denied."""
    places = list(re.finditer(r"\b(?:is|was|are|were)\b(?! not)", text))
    if not places:
        return None
    chosen = draw.choice(places)
    return f"{text[: chosen.end()]} not{text[chosen.end() :]}"


def other_name(text: str, words: Sequence[str], draw: random.Random) -> str | None:  # noqa: ARG001  # as above
    """One name in the middle of a sentence replaced, each time that it comes."""
    names = set(re.findall(r"(?<=[a-z,] )[A-Z][a-z]{3,}", text))
    return text.replace(draw.choice(sorted(names)), draw.choice(("Brindle", "Osmund", "Tarvik"))) if names else None


def own_sentence(text: str, words: Sequence[str], draw: random.Random) -> str | None:
    """One sentence in place of the last one."""
    shorter = shortened(text, words, draw)
    return shorter and f"{shorter} {' '.join(draw.choices(words, k=14)).capitalize()}."


KINDS: Mapping[str, tuple[bool, Change]] = {
    "other layout": (True, layout),
    "1% of words": (True, replaced(0.01)),
    "2% of words": (True, replaced(0.02)),
    "5% of words": (True, replaced(0.05)),
    "10% of words": (True, replaced(0.10)),
    "last sentence cut": (True, shortened),
    "other number": (False, other_number),
    "denied": (False, denied),
    "other name": (False, other_name),
    "own sentence": (False, own_sentence),
}


def measured(name: str, passages: Sequence[Text]) -> Iterator[Row]:
    """Each kind of changed passages compared with their originals, as at their commit."""
    long = [each for each in passages if len(each.text.split()) >= LEAST_WORDS]
    draw = random.Random(SEED)  # noqa: S311  # no secret
    chosen = draw.sample(long, min(PASSAGES, len(long)))
    words = sorted({word for each in passages for word in _WORD.findall(each.text)})
    for kind, (copies, change) in KINDS.items():
        pairs = [(each.text, changed) for each in chosen if (changed := change(each.text, words, draw)) is not None]
        found = [compared(*pair) for pair in pairs]
        left_out = [each not in {Relation.NEAR, Relation.NONE} for each in found]
        yield Row(name, kind, copies, mean(left_out), mean([each is not Relation.NONE for each in found]))


def compared(ours: str, theirs: str) -> Relation:
    """What one text is to another; nothing when they would not be compared, since they share no band."""
    bands = [bands_of(minhash_of(each)) for each in (ours, theirs)]
    if text_hash(ours) == text_hash(theirs):
        return Relation.COPY
    return relation(marks(ours), marks(theirs)) if set(bands[0]) & set(bands[1]) else Relation.NONE


def kept(app: App, name: str, passages: Sequence[Text]) -> Kept:
    """A set as it is."""
    found = decided_all(app, f"{name}-all", {f"{each.id}.txt": f"{each.title}\n\n{each.text}" for each in passages})
    sources = {each.id: each.source for each in found.values()}
    pairs = sorted((each.source, sources[each.in_favour_of]) for each in found.values() if each.in_favour_of)
    return Kept(name, mean([each.standing == "current" for each in found.values()]), tuple(pairs))


def decided_all(app: App, space: str, texts: Mapping[str, str]) -> dict[str, DocumentSummary]:
    """What becomes of texts by name, written one after the other into a space that nobody else reads."""
    tenant = app.settings.tenant
    opened = app.records.ensure_space(tenant, space, app.recipe, {space})
    for name, text in texts.items():
        _write(app, opened, name, text)
    return {each.source: each for each in app.records.documents(tenant, [space])}


def table(rows: Sequence[Row], whole: Sequence[Kept]) -> str:
    """Both tables in Markdown, each figure with its 95% interval."""
    lines = ["| set | changed | one of the two is left out | at least called near | n |", "|---|---|---|---|---|"]
    for row in rows:
        wanted = "copy" if row.copies else "keep"
        lines.append(
            f"| {row.set} | {row.kind} ({wanted}) | {_shown(row.left_out)} | {_shown(row.near)} | {row.near.n} |"
        )
    lines += ["", "| set as it is | passages searched | n | left out |", "|---|---|---|---|"]
    lines += [f"| {each.set} | {_shown(each.searched)} | {each.searched.n} | {len(each.pairs)} |" for each in whole]
    return "\n".join(lines)


def run(folders: Sequence[Path]) -> tuple[list[Row], list[Kept]]:
    """Both measurements of some sets in BEIR's layout. Raises PathMissing, InvalidSuite."""
    rows: list[Row] = []
    whole: list[Kept] = []
    with tempfile.TemporaryDirectory() as scratch:
        settings = Settings(data_folder=Path(scratch) / "data", controls_off=frozenset({"supersession"}))
        with open_app(settings, holder="eval duplicates", writes=True) as app:
            for folder in folders:
                name, passages = folder.name.replace("_", "-"), read_retrieval_set(folder).documents
                rows += measured(name, passages)
                whole.append(kept(app, name, passages))
    return rows, whole


def _write(app: App, space: Space, name: str, text: str) -> None:
    identity = document_id(space.tenant, space.name, name)
    document = Document(identity, space.tenant, space.name, name, name, text, "text/plain", content_hash(text.encode()))
    verdict = decided(app, space, Prepared(document, (), signature_of(document)))
    app.records.write_document(space.index, verdict.document, (), {}, verdict.signature)
    for change in verdict.changes:
        app.records.signatures.amend(change.document, change.standing, change.in_favour_of, change.findings)


def _shown(figure: Estimate) -> str:
    return "–" if figure.low is None else f"{figure.value:.3f} ({figure.low:.3f}–{figure.high:.3f})"
