"""What is kept of an answer for a while, so that it can be explained: who asked what of which documents, and its hits.

Ids, scores, versions and decisions; of texts only the question as the guards let it through, and of the answer only a
hash. It lies beside the kept answers, where erasure finds it by its ids and its question. How an answer is explained
stands in service.rag.why.
"""

import hashlib
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import TypeAdapter, ValidationError

from service.core.answers import Answer, Caller, ControlDecision, Hit, Question
from service.core.app import App
from service.core.errors import AnswerOutdated, CacheUnavailable, UnknownAnswer
from service.core.roles import may
from service.core.types import Space
from service.rag import access, cache
from service.rag.access import Reach
from service.rag.asking import Asking
from service.rag.controls import Controls, ms_since

_KEY = "why:"
_ID_BYTES = 12


@dataclass(frozen=True)
class HitScores:
    """A hit by its ids, with what each retriever gave it."""

    document: str
    chunk: str
    score: float
    dense: float | None
    lexical: float | None


@dataclass(frozen=True)
class SpaceState:
    """A space as it was when it was asked."""

    name: str
    generation: int
    version: int


@dataclass(frozen=True)
class Remembered:
    """What an answer came from. `state` is a hash of all that may change it, `said` one of what it says."""

    question: Question
    spaces: tuple[SpaceState, ...]
    state: str
    said: str
    hits: tuple[HitScores, ...]
    controls: tuple[ControlDecision, ...]


_JSON = TypeAdapter(Remembered)


async def remembered(app: App, asked: Question, reach: Reach, answer: Answer, asking: Asking) -> Answer:
    """The answer with an id, under which it can be explained unless that is switched off or the cache is gone."""
    answer = replace(answer, id=f"ans_{secrets.token_hex(_ID_BYTES)}")
    seconds, controls = app.settings.why_kept_seconds, asking.controls
    decided = len(controls.decisions)
    degraded = answer.degraded
    if controls.on("why") and seconds and "cache" not in degraded:
        with asking.timeline.step("remember"):
            degraded += await _kept(app, answer.id, _of(app, asked, reach, answer), controls)
    return replace(answer, degraded=degraded, controls=(*answer.controls, *controls.decisions[decided:]))


async def recall(app: App, viewer: Caller, answer: str) -> Remembered:
    """What is kept of an answer. Raises UnknownAnswer, in the same words for one of another's; CacheUnavailable.

    The key that asked sees it, and an operator or admin who may read every space that it was answered from.
    """
    value = await cache.called(app, app.cache.get, _KEY + answer)
    kept = None if value is None else _decoded(value)
    if kept is None or not await _shown_to(app, viewer, kept):
        lasts = f"{app.settings.why_kept_seconds:,} s (RAGREADY_WHY_KEPT_SECONDS)"
        raise UnknownAnswer(
            f"There is no answer {answer!r}.", f"Answers can be explained for {lasts} to who asked and to operators."
        )
    return kept


async def reach_again(app: App, viewer: Caller, answer: str, kept: Remembered) -> Reach:
    """What the answer came from, as it is still there. Raises AnswerOutdated naming what changed.

    Who asked reaches what its key reads at this moment; for anyone else, what the asker's key read then.
    """
    mine = viewer.id == kept.question.caller.id
    question = replace(kept.question, caller=viewer) if mine else kept.question
    readable = await access.spaces_for(app, question.caller)
    changed = _changes(kept.spaces, readable)
    if changed:
        raise _outdated(answer, changed)
    reach = await access.reach(app, question, Controls(app.settings.controls_off, app.telemetry))
    if [each.name for each in reach.every_space] != [each.name for each in kept.spaces]:
        raise _outdated(answer, ["the spaces that the key may read"])
    if _state(app, question, reach) != kept.state:
        raise _outdated(answer, ["the settings, the model or a prompt"])
    return reach


def said(answer: Answer) -> str:
    """A hash of what an answer says: its text, or that it declines and why."""
    code = answer.abstention.code if answer.abstention else ""
    return hashlib.sha256(f"{code}\n{answer.text}".encode()).hexdigest()


async def _kept(app: App, answer: str, what: Remembered, controls: Controls) -> tuple[str, ...]:
    """Keep it; the parts to name as degraded if that fails. Raises CacheUnavailable without fault isolation."""
    started = time.perf_counter()
    seconds = app.settings.why_kept_seconds
    try:
        await cache.called(app, app.cache.set, _KEY + answer, _JSON.dump_json(what), seconds)
    except CacheUnavailable as error:
        return cache.failed(app, error, "why", controls, started)
    controls.note("why", "allow", f"kept for {seconds:,} s", ms_since(started))
    return ()


def _of(app: App, asked: Question, reach: Reach, answer: Answer) -> Remembered:
    return Remembered(
        question=asked,
        spaces=tuple(SpaceState(each.name, each.generation, each.version) for each in reach.every_space),
        state=_state(app, asked, reach),
        said=said(answer),
        hits=tuple(_scores(each) for each in answer.hits),
        controls=answer.controls,
    )


def _scores(hit: Hit) -> HitScores:
    chunk = hit.stored.chunk
    # what numpy computed is no float to a JSON writer
    dense, lexical = (None if each is None else float(each) for each in (hit.dense, hit.lexical))
    return HitScores(chunk.document_id, chunk.id, float(hit.score), dense, lexical)


def _state(app: App, asked: Question, reach: Reach) -> str:
    """The key of the exact cache, which holds everything that may change an answer; versions whatever is switched."""
    return cache.key_of(app, asked, reach, Controls(frozenset(), app.telemetry))


def _decoded(value: bytes) -> Remembered:
    try:
        return _JSON.validate_json(value, strict=True)
    except ValidationError as error:
        raise CacheUnavailable(
            f"What the cache returned ({len(value):,} bytes) is nothing that was remembered.",
            "Find out what else writes to the cache, and empty it.",
            "the kept value is nothing that was remembered",
        ) from error


async def _shown_to(app: App, viewer: Caller, kept: Remembered) -> bool:
    asker = kept.question.caller
    if viewer.tenant != asker.tenant or viewer.id == asker.id:
        return viewer.tenant == asker.tenant
    readable = {each.name for each in await access.spaces_for(app, viewer)}
    return may(viewer, "see every trace") and {each.name for each in kept.spaces} <= readable


def _changes(then: Sequence[SpaceState], now: Sequence[Space]) -> list[str]:
    """What became of the spaces that were asked, in words."""
    by_name = {each.name: each for each in now}
    found = []
    for each in then:
        space = by_name.get(each.name)
        if space is None:
            found.append(f"the space {each.name!r}, which is not there any more for this key")
        elif (space.generation, space.version) != (each.generation, each.version):
            found.append(f"the documents of the space {each.name!r}")
    return found


def _outdated(answer: str, changed: Sequence[str]) -> AnswerOutdated:
    return AnswerOutdated(
        f"Since the answer {answer!r} these changed: {', '.join(changed)}.",
        "Ask the question again and have the new answer explained.",
    )
