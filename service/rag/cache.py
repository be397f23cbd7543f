"""The exact cache: the same question of the same reader, over the same documents, is answered once.

A key holds everything that may change the answer, so nothing has to be removed when something changes. Nothing degraded
is kept. A cache that fails costs the saving and no answer: the answer says so. Similar questions are not looked for.
"""

import asyncio
import hashlib
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.metadata import version
from typing import Literal, ParamSpec, TypeVar

from service.core.answers import Answer, Question
from service.core.app import App
from service.core.controls import ControlName
from service.core.errors import CacheUnavailable
from service.core.settings import Settings
from service.core.telemetry import Timeline
from service.core.types import Space
from service.rag import prompts
from service.rag.access import Reach
from service.rag.controls import Controls, ms_since
from service.rag.kept import decoded, encoded
from service.rag.threads import in_thread

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Turn:
    """A question's place among those that ask the same at the same time in this process.

    `key` None: the cache is not used. `leader` ends when the first of them is done; `done` is the first one's own.
    """

    key: str | None
    leader: asyncio.Event | None = None
    done: asyncio.Event | None = None


@dataclass(frozen=True)
class Slot:
    """Where this question's answer is kept (None: nowhere), the answer if one is there, and what failed."""

    key: str | None
    answer: Answer | None = None
    degraded: tuple[str, ...] = ()


@contextmanager
def turn(app: App, question: Question, reach: Reach, controls: Controls) -> Iterator[Turn]:
    """Be the first to ask this, for whom others wait, or one of the others. Each process has a first one of its own.

    When the first fails, the others try for themselves, all at once, so that nobody waits for two failures in a row.
    """
    if not controls.on("exact-cache"):
        yield Turn(None)
        return
    key = key_of(app, question, reach, controls)
    place = (id(asyncio.get_running_loop()), key)
    if leader := app.asked.get(place):
        yield Turn(key, leader=leader)
        return
    done = app.asked[place] = asyncio.Event()
    try:
        yield Turn(key, done=done)
    finally:
        del app.asked[place]
        done.set()


async def look_up(app: App, turn: Turn, controls: Controls) -> Slot:
    """The kept answer, or where to keep the one that is made now. Raises CacheUnavailable without fault isolation."""
    if turn.key is None:
        return Slot(None)
    if turn.leader:
        await turn.leader.wait()
    started = time.perf_counter()
    try:
        value = await called(app, app.cache.get, turn.key)
        kept = None if value is None else decoded(value)
    except CacheUnavailable as error:
        if turn.done:
            turn.done.set()  # there will be nothing to wait for
        return Slot(None, degraded=failed(app, error, "exact-cache", controls, started))
    found: Literal["hit", "miss"] = "hit" if kept else "miss"
    app.telemetry.cache.labels(outcome=found).inc()
    controls.note("exact-cache", found, ms=ms_since(started))
    return Slot(turn.key, kept)


def served(kept: Answer, timeline: Timeline, controls: Controls) -> Answer:
    """A kept answer as the answer to this question: its own trace and times, and what its own controls decided.

    Decisions of controls that had nothing to decide this time follow, marked as those of the kept answer.
    """
    decided = {each.name for each in controls.decisions}
    earlier = tuple(
        replace(each, reason=f"kept answer: {each.reason}" if each.reason else "kept answer", ms=0.0)
        for each in kept.controls
        if each.name not in decided
    )
    return replace(
        kept,
        trace_id=timeline.trace_id,
        timings_ms=timeline.timings_ms(),
        controls=(*controls.decisions, *earlier),
    )


async def keep(app: App, slot: Slot, made: Answer, controls: Controls) -> Answer:
    """Keep an answer that nothing degraded and every control checked; returns it, marked when the cache failed."""
    unchecked = any(each.decision == "could-not-check" for each in made.controls)
    if slot.key is None or made.degraded or unchecked:
        return made
    started = time.perf_counter()
    try:
        await called(app, app.cache.set, slot.key, encoded(made), app.settings.cache_ttl_seconds)
    except CacheUnavailable as error:
        degraded = failed(app, error, "exact-cache", controls, started)
        return replace(made, degraded=degraded, controls=tuple(controls.decisions))
    app.telemetry.cache.labels(outcome="stored").inc()
    return made


def key_of(app: App, question: Question, reach: Reach, controls: Controls) -> str:
    """SHA-256 over everything that may change the answer, so that no text of a question stands in the cache's keys.

    With the control `freshness` off the spaces' versions are left out, and answers outlive the documents they cite.
    """
    fresh = controls.on("freshness")
    settings = app.settings
    ingredients = {
        "ragready": _release(),
        "records": _records(settings),
        "tenant": question.caller.tenant,
        "spaces": sorted(_state(each, fresh) for each in reach.spaces),
        "originals": sorted((_state(each.space, fresh), sorted(each.documents)) for each in reach.originals),
        "encoder": str(app.encoder.fingerprint),
        "strategy": question.strategy,
        "model": app.model.name if app.model else settings.model,
        "model_url": _address(settings.model_url or ""),
        "prompts": prompts.ids() if app.model else (),
        "question": normalised(question.text),
        "candidates": settings.candidates,
        "hits": settings.hits,
        "reranker": settings.reranker,
        "max_answer_sentences": settings.max_answer_sentences,
        "agentic_parts": settings.agentic_parts,
        "agentic_retries": settings.agentic_retries,
        "evidence_threshold": settings.evidence_threshold,
        "grounding_model": settings.grounding_model,
        "controls_off": sorted(settings.controls_off),
        "personal_recognisers": settings.personal_recognisers,
    }
    return hashlib.sha256(json.dumps(ingredients, sort_keys=True).encode()).hexdigest()


def _state(space: Space, fresh: bool) -> tuple[str, str, int, int]:
    return space.tenant, space.name, space.generation, space.version if fresh else 0


def normalised(question: str) -> str:
    """The question without what cannot change what is asked: space between words, and question marks at its end.

    Case stays, for names are told by it. The guard has already composed its characters (NFC).
    """
    return " ".join(question.split()).rstrip("? ")


async def called(app: App, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """A call of the cache, on a thread only where it waits for something: a thread costs more than a look-up here."""
    return await in_thread(method, *args, **kwargs) if app.cache.blocks else method(*args, **kwargs)


def failed(app: App, error: CacheUnavailable, name: ControlName, controls: Controls, started: float) -> tuple[str, ...]:
    """The part to name as degraded, for a control that needs the cache. Raises the error without `fault-isolation`."""
    app.telemetry.cache.labels(outcome="failed").inc()
    controls.note(name, "could-not-check", error.reason, ms_since(started))
    if not controls.on("fault-isolation"):
        raise error
    controls.note("fault-isolation", "allow", "answered without the cache")
    return ("cache",)


def _records(settings: Settings) -> str:
    """Which records an installation answers from: two that share a Redis may count the same versions."""
    if settings.database_url:
        return _address(settings.database_url.get_secret_value())
    return f"{socket.gethostname()}:{settings.data_folder.absolute()}"


def _address(url: str) -> str:
    """The URL without user and password."""
    return url.rpartition("@")[2]


@lru_cache(maxsize=1)
def _release() -> str:
    return version("ragready")
