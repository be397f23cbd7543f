"""Ties each sentence of an answer to the span of the document that it was taken from."""

from service.core.answers import Citation, Claim


def citation(claim: Claim) -> Citation:
    """The citation of a sentence; offsets count characters of the stored document text.

    A sentence without a source, which only the control `citations` being off lets through, cites nothing: its ids are
    empty. The quote of a redacted sentence is the sentence itself.
    """
    if claim.hit is None:
        return Citation("", "", "", 0, 0, claim.text, "", "", "", claim.redacted)
    stored = claim.hit.stored
    return Citation(
        document=stored.chunk.document_id,
        chunk=stored.chunk.id,
        quote=claim.text if claim.redacted else stored.text[claim.start : claim.end],
        start=stored.chunk.start + claim.start,
        end=stored.chunk.start + claim.end,
        sentence=claim.text,
        title=stored.title,
        source=stored.source,
        space=stored.space,
        redacted=claim.redacted,
    )
