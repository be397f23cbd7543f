"""Hits that a cut parted, joined into one passage."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from service.core.answers import Hit
from service.rag import neighbours, rank, read
from tests.fakes import FakeEncoder

TEXT = "The battery is covered for two years.\n\nIt does not cover rust, which is excluded.\n\nLamps are sold apart."
ONE, TWO, THREE = TEXT.split("\n\n")
ASKED = "Does the battery cover rust?"


class Text:
    """The records of one document."""

    def text_between(self, document_id: str, start: int, end: int) -> str:
        """Characters of the text."""
        return TEXT[start:end] if document_id == "doc_1" else ""


def joined(hits: list[Hit], within: int = 8) -> list[Hit]:
    return neighbours.joined(Text(), hits, within)


def test_two_neighbours_are_one_passage(hits_of: Callable[..., list[Hit]]) -> None:
    """The passage is the document's text from the first chunk's start to the second one's end, where the better was."""
    first, second, third = hits_of(ASKED, ONE, TWO, THREE, document="doc_1")
    [other] = hits_of(ASKED, "Elsewhere.", document="doc_2")
    passage, rest = joined([second, other, first])
    assert passage.stored.text == f"{ONE}\n\n{TWO}"
    chunk = passage.stored.chunk
    assert TEXT[chunk.start : chunk.end] == passage.stored.text
    assert (chunk.id, passage.score) == (second.stored.chunk.id, second.score)
    assert rest is other
    assert third not in (passage, rest)


def test_sentences_of_a_joined_passage_are_cited_where_they_stand(hits_of: Callable[..., list[Hit]]) -> None:
    """Every token of the passage points at its word, so that the reader finds sentences of both chunks."""
    first, second = hits_of(ASKED, ONE, TWO, document="doc_1")
    [passage] = joined([second, first])
    spans = passage.stored.tokens.spans
    words = [passage.stored.text[start:end] for start, end in spans if start >= 0]
    assert words == [word.strip(".,") for word in f"{ONE} {TWO}".split()]
    assert (np.diff(spans[:, 0]) >= 0).all()
    assert passage.similarities.shape[1] == len(spans)
    assert passage.max_sim == rank.max_sim(passage.similarities)
    ranked = read.evidence(ASKED, FakeEncoder().embed_query(ASKED), [passage])
    assert {each.text for each in ranked} == {ONE, TWO}
    assert all(passage.stored.text[each.sentence.start : each.sentence.end] == each.text for each in ranked)


def test_hits_under_other_headings_or_apart_stay_apart(hits_of: Callable[..., list[Hit]]) -> None:
    """Chunks are not joined across headings, documents, or a chunk between them."""
    first, second, third = hits_of(ASKED, ONE, TWO, THREE, document="doc_1")
    chunk = second.stored.chunk
    elsewhere = replace(second, stored=replace(second.stored, chunk=replace(chunk, context="Help > Rust")))
    foreign = replace(second, stored=replace(second.stored, chunk=replace(chunk, document_id="doc_2")))
    for hits in ([first, elsewhere], [first, foreign], [first, third]):
        assert joined(hits) == hits


def test_only_what_would_reach_the_reader_is_joined(hits_of: Callable[..., list[Hit]]) -> None:
    """A neighbour beyond the hits that the reader gets does not matter enough."""
    first, second = hits_of(ASKED, ONE, TWO, document="doc_1")
    assert joined([first, second], within=1) == [first, second]


def test_three_in_a_row_make_one_pair(hits_of: Callable[..., list[Hit]]) -> None:
    """A passage is two chunks at most: it grows no further."""
    hits = hits_of(ASKED, ONE, TWO, THREE, document="doc_1")
    assert [each.stored.text for each in joined(hits)] == [f"{ONE}\n\n{TWO}", THREE]


def test_overlapping_chunks_are_joined_without_repeating(hits_of: Callable[..., list[Hit]]) -> None:
    """What two windows share stands in the passage once, and so do its tokens."""
    first, second = hits_of(ASKED, ONE, TWO, document="doc_1")
    end = first.stored.chunk.start + len(ONE) + 2 + 7
    wide = replace(
        first.stored,
        text=TEXT[:end],
        chunk=replace(first.stored.chunk, end=end),
        tokens=FakeEncoder().embed_chunks(["Help"], [TEXT[:end]])[0].tokens,
    )
    [similar] = rank.token_similarities(FakeEncoder().embed_query(ASKED), [wide.tokens])
    [passage] = joined([replace(first, stored=wide, similarities=similar), second])
    words = [passage.stored.text[start:stop] for start, stop in passage.stored.tokens.spans if start >= 0]
    assert words == [word.strip(".,") for word in f"{ONE} {TWO}".split()]
