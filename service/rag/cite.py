"""Ties each sentence of an answer to the span of the document that it was taken from."""

from service.core.types import Citation
from service.rag.read import Evidence


def citation(chosen: Evidence) -> Citation:
    """The citation of an extracted sentence; offsets count characters of the stored document text."""
    stored, sentence = chosen.hit.stored, chosen.sentence
    return Citation(
        document=stored.chunk.document_id,
        chunk=stored.chunk.id,
        quote=stored.text[sentence.start : sentence.end],
        start=stored.chunk.start + sentence.start,
        end=stored.chunk.start + sentence.end,
        sentence=chosen.text,
        title=stored.title,
        source=stored.source,
        space=stored.space,
    )
