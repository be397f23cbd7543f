"""Citations looked up in the stored documents and read again, whatever the control `citations` said of them.

A citation holds when its quote is what the document has at its offsets, and supports its sentence: word for word where
the extractive reader answered, else as eval.metrics says. Whether a document is right is not asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eval.checklist.asked import scored
from eval.metrics import holds
from eval.outcome import Outcome
from eval.suite import plain
from eval.target import Seen
from service.core.answers import Citation
from service.core.app import App
from service.core.sentences import Sentence, cells, readable, sentences
from service.rag.words import content_words


@dataclass(frozen=True)
class Run:
    """Outcomes, and the texts of the documents that they cite, by id."""

    outcomes: Sequence[Outcome]
    texts: Mapping[str, str]


@dataclass(frozen=True)
class Held:
    """Of every citation whether it holds, and of every sentence whether it has a citation that does."""

    precision: Sequence[bool]
    recall: Sequence[bool]


def run_of(app: App, outcomes: Sequence[Outcome]) -> Run:
    """Outcomes with the documents that an App has stored."""
    cited = {citation.document for seen in shown(outcomes) for citation in seen.citations if citation.document}
    found = [app.records.document(app.settings.tenant, each) for each in sorted(cited)]
    return Run(outcomes, {each.id: each.text for each in found if each})


def held(run: Run) -> Held:
    """What of a run's citations and sentences holds."""
    precision: list[bool] = []
    recall: list[bool] = []
    for seen in shown(run.outcomes):
        tied = [each for each in seen.citations if each.chunk or each.quote]
        good = [each for each in tied if stands(each, run.texts) and supports(each, seen)]
        rest = seen.text
        for each in good:
            rest = rest.replace(each.sentence, "\n\n", 1)
        precision += [each in good for each in tied]
        recall += [True] * len(good) + [False] * len(said(rest))
    return Held(precision, recall)


def stands(citation: Citation, texts: Mapping[str, str]) -> bool:
    """Whether the quote is what the stored document has at its offsets; a redacted one has to name a document."""
    text = texts.get(citation.document, "")
    return bool(citation.quote and text) and (
        citation.redacted or text[citation.start : citation.end] == citation.quote
    )


def supports(citation: Citation, seen: Seen) -> bool:
    """Whether the quote supports the sentence: word for word of the extractive reader, who says what stands there."""
    return verbatim(citation) if seen.model == "extractive" else holds(citation, seen.hits)


def verbatim(citation: Citation) -> bool:
    """Whether the sentence is its quote as a reader sees it: without markup, of a table's row each value in order."""
    if citation.redacted or not citation.quote.startswith("|"):
        shown_quote = readable(citation.quote, Sentence(0, len(citation.quote)))
        return citation.sentence in {shown_quote, citation.quote}
    rest = plain(citation.sentence)
    for value in filter(None, map(plain, cells(citation.quote))):
        _, found, rest = rest.partition(value)
        if not found:
            return False
    return not rest


def shown(outcomes: Sequence[Outcome]) -> list[Seen]:
    """What was answered and not declined."""
    return [each.seen for each in scored(outcomes).values() if not each.seen.abstained]


def said(text: str) -> list[str]:
    """The sentences of an answer that say something."""
    spans = [text[each.start : each.end] for each in sentences(text)]
    return [each for each in spans if content_words(each)]
