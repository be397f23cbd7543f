"""What a suite and a probe ask: the product in this process, or a service over HTTP. What came back is a `Seen`.

A target answers or raises RagreadyError, over HTTP the one whose code the problem document names. Nothing is scored.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol, Self

from pydantic import TypeAdapter, ValidationError

from service import remote
from service.core.answers import Answer, Caller, Citation, ControlDecision, Hit, Question, Usage, local_caller
from service.core.app import App
from service.core.errors import TargetUnavailable
from service.rag import pipeline
from service.rag.threads import in_thread

_TIMEOUT_SECONDS = 120.0


@dataclass(frozen=True)
class SeenHit:
    """A chunk that was retrieved; `score` and `text` None where the target does not hand them out."""

    source: str
    space: str
    document: str
    chunk: str
    score: float | None
    text: str | None = None


@dataclass(frozen=True)
class Seen:
    """What one question brought back. `reason_code` is set when the answer declines."""

    text: str
    abstained: bool
    reason_code: str | None
    citations: tuple[Citation, ...]
    hits: tuple[SeenHit, ...]
    strategy: str
    model: str
    confidence: float | None = None
    trace_id: str = ""
    timings_ms: dict[str, float] = field(default_factory=dict)
    controls: tuple[ControlDecision, ...] = ()
    degraded: tuple[str, ...] = ()
    simulated: bool = False
    usage: Usage | None = None

    @property
    def cached(self) -> bool:
        """Whether a cache answered, so that the timings are not those of an answer that was made."""
        return any(each.name == "exact-cache" and each.decision == "hit" for each in self.controls)


class Target(Protocol):
    """Something that can be asked."""

    @property
    def name(self) -> str:
        """What reports call it."""

    async def ask(self, question: str, spaces: tuple[str, ...] | None = None, caller: Caller | None = None) -> Seen:
        """Ask as `caller`, or as the target's own caller. Raises RagreadyError."""

    def reader_of(self, spaces: tuple[str, ...]) -> Caller | None:
        """A caller with the groups that these spaces are open to; None where the target's own caller has to do."""


class InProcess:
    """The product on an App that is open; its own caller reads everything."""

    def __init__(self, app: App, strategy: str = "hybrid") -> None:
        self.app = app
        self.strategy = strategy

    @property
    def name(self) -> str:
        """The strategy."""
        return self.strategy

    async def ask(self, question: str, spaces: tuple[str, ...] | None = None, caller: Caller | None = None) -> Seen:
        """The whole path of a question."""
        asker = caller or local_caller(self.app.settings.tenant)
        return seen(await pipeline.answer(self.app, Question(question, asker, spaces, self.strategy)))

    def reader_of(self, spaces: tuple[str, ...]) -> Caller:
        """The readers of these spaces, as the records have them now."""
        tenant = self.app.settings.tenant
        groups = [each.readers for each in self.app.records.spaces(tenant) if each.name in spaces]
        return Caller(tenant, "eval", "reader", frozenset().union(*groups))


class Http:
    """A service behind a URL, asked with one key. `with_key` asks as somebody else; hits carry no text."""

    def __init__(self, url: str, key: str, strategy: str = "hybrid") -> None:
        self.url = url.rstrip("/")
        self.strategy = strategy
        self._client = remote.client(url, key, _TIMEOUT_SECONDS)

    @property
    def name(self) -> str:
        """The strategy and where it was asked."""
        return f"{self.strategy} at {self.url}"

    def with_key(self, key: str) -> "Http":
        """The same service, asked with another key."""
        return Http(self.url, key, self.strategy)

    async def ask(self, question: str, spaces: tuple[str, ...] | None = None, caller: Caller | None = None) -> Seen:
        """POST /v1/ask; `caller` cannot be told over HTTP, where a key says who is asking."""
        if caller is not None:
            raise TypeError("Over HTTP the key says who is asking: use with_key.")
        body = {"question": question, "strategy": self.strategy, **({} if spaces is None else {"spaces": spaces})}
        started = time.perf_counter()
        answered = await in_thread(self.request, "POST", "/v1/ask", body)
        return _seen_over_http(self.url, answered, (time.perf_counter() - started) * 1e3)

    def reader_of(self, spaces: tuple[str, ...]) -> Caller | None:  # noqa: ARG002  # the signature of Target
        """None: the key decides."""
        return None

    def request(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """As service.remote.request."""
        return remote.request(self._client, method, path, body)

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self.close()


_REMEDY = "Check the URL, and that `ragready up` or the containers run."
_SEEN = TypeAdapter(Seen)


def seen(answer: Answer) -> Seen:
    """An answer of the product as a target shows it."""
    return Seen(
        text=answer.text,
        abstained=answer.abstention is not None,
        reason_code=answer.abstention.code if answer.abstention else None,
        citations=answer.citations,
        hits=tuple(_seen_hit(each) for each in answer.hits),
        strategy=answer.strategy,
        model=answer.model,
        confidence=answer.confidence,
        trace_id=answer.trace_id,
        timings_ms=answer.timings_ms,
        controls=answer.controls,
        degraded=answer.degraded,
        simulated=answer.simulated,
        usage=answer.usage,
    )


def _seen_hit(hit: Hit) -> SeenHit:
    stored = hit.stored
    return SeenHit(stored.source, stored.space, stored.chunk.document_id, stored.chunk.id, hit.score, stored.text)


def _seen_over_http(url: str, body: dict[str, Any], round_trip_ms: float) -> Seen:
    try:
        timings = {**body["timings_ms"], "round_trip": round(round_trip_ms, 2)}
        return _SEEN.validate_python({**body, "text": body["answer"], "timings_ms": timings})
    except (KeyError, TypeError, ValidationError) as error:
        raise TargetUnavailable(f"{url} answers not as documented: {error}.", _REMEDY) from error
