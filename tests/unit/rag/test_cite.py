"""Citations."""

from service.core.answers import Claim
from service.rag import cite, read
from tests.fakes import FakeEncoder


def test_offsets_count_in_the_document(hits_of) -> None:
    """A citation's offsets count characters of the document, wherever its chunk begins, and its quote is that span."""
    document = "Größe: 🚲. " * 9 + "The **bell** is brass. The frame is steel."
    start = document.index("The **bell**")
    question = "brass bell"
    hits = hits_of(question, document[start:], document="doc_1", start=start)
    best = read.evidence(question, FakeEncoder().embed_query(question), hits)[0]
    made = cite.citation(Claim(best.text, best.hit, best.sentence.start, best.sentence.end))
    assert document[made.start : made.end] == made.quote == "The **bell** is brass."
    assert made.sentence == "The bell is brass."
    assert (made.document, made.chunk, made.space, made.source) == ("doc_1", "chk_0", "public", "help/0.md")
