"""The bodies of requests and responses, with examples; `ragready --json` prints the same ones."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from service.api.fields import fields_of
from service.core.answers import Answer, Caller, Citation, Hit, Message
from service.core.roles import may


class MessageBody(BaseModel):
    """Something said before the question."""

    model_config = ConfigDict(extra="forbid")

    role: Literal["user", "assistant"]
    text: str


class AskBody(BaseModel):
    """A question."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"question": "How long is the battery covered?", "spaces": ["public"]},
                {
                    "question": "And the frame?",
                    "history": [{"role": "user", "text": "How long is the battery covered?"}],
                    "stream": True,
                },
            ]
        },
    )

    question: str = Field(description="the question, in words")
    spaces: list[str] | None = Field(None, description="spaces to answer from; default every space of the caller")
    strategy: str = Field("hybrid", description="`hybrid`, `naive` or `agentic`")
    history: list[MessageBody] = Field([], description="the conversation before the question, oldest message first")
    stream: bool = Field(False, description="send each sentence as an event once it is checked")

    def messages(self) -> tuple[Message, ...]:
        """The conversation before the question."""
        return tuple(Message(each.role, each.text) for each in self.history)


class CitationBody(BaseModel):
    """A sentence of the answer and the span that it rests on."""

    document: str = Field(description="id of the document")
    chunk: str = Field(description="id of the chunk")
    quote: str = Field(description="the span itself: characters `start` to `end` of the document's text")
    start: int
    end: int
    sentence: str = Field(description="the sentence of the answer")
    title: str
    source: str
    space: str


class HitBody(BaseModel):
    """A chunk that was retrieved. The numbers are null for readers, and where a retriever did not return it.

    Who sees how near a text comes to a question can find out texts by asking.
    """

    document: str
    chunk: str
    title: str
    source: str
    space: str
    score: float | None
    dense: float | None
    lexical: float | None


class ControlBody(BaseModel):
    """What one control decided about the question; a kept answer's earlier decisions say so in their reason."""

    name: str
    decision: str = Field(description="allow, redact, refuse, could-not-check, hit, miss or off")
    reason: str = Field(description="counts and names of rules, never content")
    ms: float


class UsageBody(BaseModel):
    """Tokens that a chat model read and wrote, and what they cost by the prices in the settings."""

    input_tokens: int
    output_tokens: int
    estimated: bool = Field(description="counted here, because the model's provider does not tell")
    cost: float | None = Field(description="in the currency of the prices; null where no prices are set")


class SentenceBody(BaseModel):
    """A sentence of an answer that is still being written; the event `sentence`."""

    number: int = Field(description="from 1")
    text: str = Field(description="to be appended as it is: all of them together are the answer")
    citation: CitationBody


class AnswerBody(BaseModel):
    """An answer, or an abstention with its reason; in a stream the event `answer`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "ans_0f343b0931126a20f133d67c",
                    "answer": "The battery is covered for 24 months.",
                    "abstained": False,
                    "reason": None,
                    "reason_code": None,
                    "citations": [
                        {
                            "document": "doc_5d41402abc4b2a76b9719d91",
                            "chunk": "chk_7d793037a0760186574b0282",
                            "quote": "The battery is covered for **24 months**.",
                            "start": 120,
                            "end": 161,
                            "sentence": "The battery is covered for 24 months.",
                            "title": "Warranty",
                            "source": "public/warranty.md",
                            "space": "public",
                        }
                    ],
                    "hits": [],
                    "strategy": "hybrid",
                    "model": "extractive",
                    "confidence": 0.91,
                    "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
                    "timings_ms": {"encode": 4.1, "search": 4.3, "total": 12.9},
                    "controls": [{"name": "exact-cache", "decision": "miss", "reason": "", "ms": 0.02}],
                    "degraded": [],
                    "simulated": False,
                    "unanswered": [],
                    "rewritten": None,
                    "usage": None,
                }
            ]
        }
    )

    id: str = Field(description="what GET /v1/answers/{answer}/why explains it under")
    answer: str
    abstained: bool
    reason: str | None = Field(None, description="why the answer declines, in words")
    reason_code: str | None = Field(None, description="no-documents, no-match or weak-evidence")
    citations: list[CitationBody]
    hits: list[HitBody]
    strategy: str
    model: str
    confidence: float = Field(description="estimated probability that the evidence suffices, 0 to 1")
    trace_id: str
    timings_ms: dict[str, float]
    controls: list[ControlBody] = Field(description="what each control decided, in order")
    degraded: list[str] = Field(
        description="what failed and the answer could do without: `cache`, `agentic`; `length`: the model was cut off"
    )
    simulated: bool = Field(description="whether the model only imitates one")
    unanswered: list[str] = Field(
        [], description="parts of the question that the documents do not answer, where the strategy splits it"
    )
    rewritten: str | None = Field(
        None,
        description="the question as it was answered: made to stand alone, its spelling repaired",
    )
    usage: UsageBody | None = Field(None, description="null where no model was asked")


class ProblemBody(BaseModel):
    """A problem document (RFC 9457). `code` is stable; `remedy` says what to do."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    remedy: str


class ReadyBody(BaseModel):
    """Whether questions can be answered; each dependency is `ok` or says what failed."""

    ready: bool = Field(description="every dependency answers that questions cannot do without")
    degraded: list[str] = Field(description="dependencies that do not answer and that questions can do without")
    dependencies: dict[str, str]


def answer_body(answer: Answer, caller: Caller) -> AnswerBody:
    """An answer as it leaves the process for who asked."""
    numbers = may(caller, "see scores")
    return AnswerBody(
        id=answer.id,
        answer=answer.text,
        abstained=answer.abstention is not None,
        reason=answer.abstention.reason if answer.abstention else None,
        reason_code=answer.abstention.code if answer.abstention else None,
        citations=[_citation_body(each) for each in answer.citations],
        hits=[_hit_body(each, numbers) for each in answer.hits],
        strategy=answer.strategy,
        model=answer.model,
        confidence=round(answer.confidence, 4),
        trace_id=answer.trace_id,
        timings_ms=answer.timings_ms,
        controls=[ControlBody(**vars(each)) for each in answer.controls],
        degraded=list(answer.degraded),
        simulated=answer.simulated,
        unanswered=list(answer.unanswered),
        rewritten=answer.rewritten,
        usage=UsageBody(**vars(answer.usage)) if answer.usage else None,
    )


def sentence_body(citation: Citation, number: int) -> SentenceBody:
    """A sentence as it is streamed; from the second on it begins with the space between the two."""
    text = citation.sentence if number == 1 else f" {citation.sentence}"
    return SentenceBody(number=number, text=text, citation=_citation_body(citation))


def _citation_body(citation: Citation) -> CitationBody:
    return CitationBody(**fields_of(citation, CitationBody))


def _hit_body(hit: Hit, numbers: bool) -> HitBody:
    stored = hit.stored
    scores = {"score": hit.score, "dense": hit.dense, "lexical": hit.lexical}
    return HitBody(
        document=stored.chunk.document_id,
        chunk=stored.chunk.id,
        title=stored.title,
        source=stored.source,
        space=stored.space,
        **{name: round(each, 4) if numbers and each is not None else None for name, each in scores.items()},
    )
