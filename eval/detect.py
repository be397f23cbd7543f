"""What the product says of one case of a detector's file, by the functions that serve a question or an ingestion.

An answer is as good as its worst sentence, each sentence scored by the control `citations` against the piece of the
context that supports it best. A question has the passages of its case and nothing else. A text is read for orders as
its place is: what a user says by the input guard, what stands in a document by the scan of ingestion. The figures are
eval.detector's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeAlias

from eval import passages
from eval.detector_cases import read_cases
from ingestion.orders import orders
from service.core.answers import Claim
from service.core.app import App
from service.core.embedder import Encoder
from service.core.entailment import Entailment
from service.core.injection import Detect, Place
from service.core.sentences import readable, sentences
from service.rag import guard, judge, read, support
from service.rag.words import content_words

Labelled: TypeAlias = Literal["injection", "grounding", "abstention"]
HITS = 8
"""As many pieces reach the judge as by default in the product."""
USER = frozenset({"user", "question", "query", "prompt", "chat", "direct"})
DOCUMENT = frozenset({"document", "context", "passage", "indirect", "retrieved", "email", "web", "code", "table"})


@dataclass(frozen=True)
class Scorer:
    """What a positive is called, what a score is, from which one on a case counts as positive, and what scores it."""

    positive: str
    says: str
    threshold: float
    score: Callable[[Mapping[str, Any]], float]


def scorer(kind: Labelled, app: App) -> Scorer:
    """The product's detector of a kind, with the threshold that it works at."""
    if kind == "injection":
        return Scorer("attack", "sentences that command; one is enough", 1.0, partial(commanding, detect=app.detect))
    if kind == "grounding":
        score = partial(grounded, encoder=app.encoder, model=app.entailment)
        return Scorer("grounded", "probability that the context supports it", support.THRESHOLD, score)
    score = partial(answerable, encoder=app.encoder)
    return Scorer("answerable", "probability of an answer", app.settings.evidence_threshold, score)


def commanding(case: Mapping[str, Any], detect: Detect) -> float:
    """How many sentences of a text command; nothing more is known of them than that they do.

    Raises InvalidQuestion for what a user says without a letter or digit: such a question is not looked at further.
    """
    text = case["text"]
    if place_of(case.get("where")) == "document":
        return float(len(orders(detect, text)))
    asked = guard.checked_question(text, max_characters=max(1, len(text)))
    return float(len(detect(guard.shown(asked), "question")))


def place_of(where: str | None) -> Place:
    """Where a text stands: with the user where that is said or nothing is, in a document by any other name."""
    return "question" if where is None or where.lower() in USER else "document"


def answerable(case: Mapping[str, Any], encoder: Encoder) -> float:
    """The probability that a question can be answered from its passages."""
    query = encoder.embed_query(case["question"])
    found = passages.embedded(encoder, [(each.get("title", ""), each["text"]) for each in case["passages"]])
    hits = passages.hits(query, found, HITS)
    ranked = read.evidence(case["question"], query, hits)
    return judge.sufficiency(case["question"], query, hits, ranked).probability


def grounded(case: Mapping[str, Any], encoder: Encoder, model: Entailment | None = None) -> float:
    """The probability that the context supports every sentence of an answer: that of the worst one.

    By `model` where the settings name one, else by the head.
    """
    return min(support.probability(each, encoder, model) for each in claims(case["context"], case["answer"], encoder))


def claims(context: str, answer: str, encoder: Encoder) -> list[Claim]:
    """The sentences of an answer that say something, each with the sentence of the context that supports it best."""
    pieces = [passages.plain_hit(each) for each in passages.embedded(encoder, [("", context)])]
    said = [text for each in sentences(answer) if content_words(text := readable(answer, each))] or [answer]
    spans = [max((support.best_span(text, hit) for hit in pieces), key=lambda each: each.share) for text in said]
    return [Claim(text, span.hit, span.start, span.end) for text, span in zip(said, spans, strict=True)]


def abstention_cases(path: Path) -> list[dict[str, Any]]:
    """The cases of an abstention file. Raises PathMissing, InvalidSuite."""
    return [dict(each.given) for each in read_cases("abstention", path).cases]


def grounding_cases(path: Path) -> list[dict[str, Any]]:
    """The cases of a grounding file. Raises PathMissing, InvalidSuite."""
    return [dict(each.given) for each in read_cases("grounding", path).cases]
