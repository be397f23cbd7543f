"""Keeps the sentences of a draft that the span which they cite supports.

A sentence that is its span, word for word, is, and costs nothing. One that a model wrote is when the grounding head
says so, every number, date and name of it stands in the span or beside it, and it does not turn the span round. It
drops a free paraphrase. docs/decisions/0010-grounding.md has the figures.
"""

from dataclasses import dataclass

from service.core.answers import Claim, Hit
from service.core.embedder import Encoder
from service.core.entailment import Entailment
from service.rag import alignment, read
from service.rag.alignment import in_order
from service.rag.controls import Checked
from service.rag.facts import missing
from service.rag.heads import head
from service.rag.words import content_words

# Probability of the head from which on a sentence counts as supported; its scale weighs both kinds of error alike.
THRESHOLD = 0.5
# The same words in another order say something else, which the encoder hardly sees.
LEAST_IN_ORDER = 0.4
# What a rule leaves of the head's probability: below the threshold, and in the order that the head gives.
REFUSED = 0.49


@dataclass(frozen=True)
class Span:
    """A sentence of a hit, `hit.stored.text[start:end]`, and the share of a claim's words that it holds in order."""

    hit: Hit
    start: int
    end: int
    share: float


def supported(
    claims: tuple[Claim, ...], encoder: Encoder, model: Entailment | None = None
) -> Checked[tuple[Claim, ...]]:
    """The claims that their source supports; a claim without a source never is. Blocks."""
    kept = tuple(each for each in claims if holds(each, encoder, model))
    sourceless = sum(each.hit is None for each in claims)
    if len(kept) == len(claims):
        return Checked(kept, "allow", f"{len(kept)} supported")
    unsupported = len(claims) - len(kept) - sourceless
    return Checked(
        kept, "redact", f"{len(kept)} supported, {unsupported} not supported, {sourceless} without a source dropped"
    )


def holds(claim: Claim, encoder: Encoder, model: Entailment | None = None) -> bool:
    """Whether the span that a claim cites supports it. `encoder` is the one that the hit was embedded with."""
    return not refused(claim) and _likelihood(claim, encoder, model) >= THRESHOLD


def probability(claim: Claim, encoder: Encoder, model: Entailment | None = None) -> float:
    """How surely the span that a claim cites supports it, 0 to 1: what `holds` goes by, or .49 of it where refused."""
    return _likelihood(claim, encoder, model) * (REFUSED if refused(claim) else 1.0)


def _likelihood(claim: Claim, encoder: Encoder, model: Entailment | None) -> float:
    """The same without the rules.

    1 where it is the span word for word, 0 where it cites no sentence or says nothing. Otherwise what `model` says, or
    without one the head, which takes one encoding.
    """
    cited = _cited(claim)
    if claim.hit is None or not _says(claim.text, cited):
        return 0.0
    if cited == claim.text:
        return 1.0
    if model is not None:
        return model.probability(beside(claim.hit, claim.start), claim.text)
    features = alignment.features(claim.text, claim.hit, claim.start, claim.end, encoder)
    return head("grounding").probability("supported", features)


def refused(claim: Claim) -> bool:
    """Whether a rule forbids a claim, whatever the head says of it.

    It does where the claim cites no sentence or says nothing, where less than .4 of its words stand there in order,
    where its source lacks one of its numbers, dates or names, and where it turns the source round.
    """
    cited = _cited(claim)
    if claim.hit is None or not _says(claim.text, cited):
        return True
    if cited == claim.text:
        return False
    if in_order(claim.text, cited) < LEAST_IN_ORDER or alignment.turned_round(claim.text, cited):
        return True
    return bool(lacking(claim.text, claim.hit, claim.start))


def lacking(text: str, hit: Hit, start: int) -> frozenset[str]:
    """The numbers, dates and names of a text that are not `beside` the sentence of a hit that starts at `start`."""
    return missing(text, beside(hit, start), "\n".join([hit.stored.title, hit.stored.chunk.context, hit.stored.text]))


def beside(hit: Hit, start: int) -> str:
    """What a sentence may rest on: title, headings, column names, the sentence at `start`, and those around it."""
    shown = read.shown_sentences(hit)
    place = next(place for place, (each, _) in enumerate(shown) if each.start == start)
    near = [text for _, text in shown[max(place - 1, 0) : place + 2]]
    return "\n".join(filter(None, [hit.stored.title, hit.stored.chunk.context, *near]))


def best_span(text: str, hit: Hit) -> Span:
    """The sentence of a hit that holds the most of a text's words in order; an empty span where none holds any."""
    spans = (
        Span(hit, sentence.start, sentence.end, in_order(text, shown)) for sentence, shown in read.shown_sentences(hit)
    )
    return max(spans, key=lambda each: each.share, default=Span(hit, 0, 0, 0.0))


def _cited(claim: Claim) -> str:
    """The sentence that a claim cites, as it is shown; nothing where it cites none."""
    found = read.shown_sentences(claim.hit) if claim.hit else []
    return next((text for each, text in found if (each.start, each.end) == (claim.start, claim.end)), "")


def _says(text: str, cited: str) -> bool:
    return bool(cited) and (text == cited or bool(content_words(text)))
