"""Plans what to search for, searches for each, grades what was found, and tries again with other words, bounded.

A LangGraph. With a chat model, plan and grades are the model's; with the extractive reader a question is split by its
form and nothing is graded. The whole question is always searched for too, so no plan finds less than `hybrid` does.
"""

import operator
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Annotated, Any, TypedDict

from service.core.answers import Hit, Question
from service.core.app import App
from service.core.types import QueryVectors, StoredChunk
from service.rag import context, duplicates, rank
from service.rag.access import Reach
from service.rag.asking import Asking
from service.rag.strategies import hybrid, planner
from service.rag.strategies.found import Found, Part
from service.rag.strategies.split import split
from service.rag.threads import in_thread

# Reciprocal rank fusion; Cormack, Clarke and Büttcher (2009).
_RRF = 60


@dataclass(frozen=True)
class _Piece:
    """A question of the plan, how it is worded for the next search, and what each search found. 0 is the whole one."""

    number: int
    question: str
    wording: str
    found: tuple[Found, ...] = ()
    cut_short: bool = False


@dataclass(frozen=True)
class _Work:
    """What the nodes of one question's graph are handed. After `ends`, in monotonic seconds, nothing is tried again."""

    app: App
    asked: Question
    reach: Reach
    asking: Asking
    ends: float


class _State(TypedDict):
    done: Annotated[list[_Piece], operator.add]


async def find(app: App, asked: Question, reach: Reach, asking: Asking) -> Found:
    """The best chunks for every part of a question. Raises StoreProblem and ModelProblem."""
    work = _Work(app, asked, reach, asking, time.monotonic() + app.settings.agentic_seconds)
    most_steps = 2 * app.settings.agentic_retries + 5
    graph = await in_thread(_graph)
    state = await graph.ainvoke({"done": []}, {"recursion_limit": most_steps}, context=work)
    return _merged(work, sorted(state["done"], key=lambda piece: piece.number))


@lru_cache(maxsize=1)
def _graph() -> Any:
    """Plan, then for each piece, side by side: retrieve, grade, and perhaps retrieve again."""
    # LangGraph loads with the first question of this strategy: it takes a second
    from langgraph.graph import START, StateGraph
    from langgraph.runtime import Runtime
    from langgraph.types import Command, Send

    async def plan(_: _State, runtime: Runtime[_Work]) -> Command[Any]:
        return Command(goto=[Send("retrieve", each) for each in await _planned(runtime.context)])

    async def retrieve(piece: _Piece, runtime: Runtime[_Work]) -> Command[Any]:
        return Command(goto=Send("grade", await _searched(runtime.context, piece)))

    async def grade(piece: _Piece, runtime: Runtime[_Work]) -> Command[Any]:
        graded = await _graded(runtime.context, piece)
        return Command(goto=Send("retrieve", graded)) if graded.wording else Command(update={"done": [graded]})

    graph: Any = StateGraph(_State, context_schema=_Work)  # its types ask for nodes that all take the same
    graph.add_node("plan", plan)
    graph.add_node("retrieve", retrieve)
    graph.add_node("grade", grade)
    graph.add_edge(START, "plan")
    return graph.compile()


async def _planned(work: _Work) -> list[_Piece]:
    app, text, most = work.app, work.asked.text, work.app.settings.agentic_parts
    with work.asking.timeline.step("plan"):
        if app.model is None:
            parts = split(text)
        else:
            parts = await planner.planned(app, app.model, text, most, work.asking.meter)
        parts = tuple(each for each in parts if each != text)[:most]
        work.asking.timeline.planned(parts)
    return [_Piece(number, each, each) for number, each in enumerate((text, *parts))]


async def _searched(work: _Work, piece: _Piece) -> _Piece:
    asked = replace(work.asked, text=piece.wording)
    found = await hybrid.find(work.app, asked, work.reach, work.asking)
    return replace(piece, wording="", found=(*piece.found, found))


async def _graded(work: _Work, piece: _Piece) -> _Piece:
    """The piece, with another wording to search for if what was found is not enough and a try is left."""
    app = work.app
    if app.model is None or len(piece.found) > app.settings.agentic_retries:
        return piece
    if time.monotonic() > work.ends:
        return replace(piece, cut_short=True)
    with work.asking.timeline.step("grade"):
        hits = work.asking.controls.apply("context-guard", partial(context.screened, app.detect), piece.found[-1].hits)
        return replace(piece, wording=await planner.reworded(app, app.model, piece.question, hits, work.asking.meter))


def _merged(work: _Work, pieces: Sequence[_Piece]) -> Found:
    """One ranked list of what the pieces found; what the whole question found if it is one piece and one search."""
    lists = [found.hits for piece in pieces for found in piece.found]
    whole = pieces[0].found[0]
    degraded = ("agentic",) if any(each.cut_short for each in pieces) else ()
    if len(lists) == 1:
        return replace(whole, degraded=degraded)
    hits = work.asking.controls.apply("duplicates", duplicates.without_copies, _fused(whole.query, lists))
    hits = hits[: work.app.settings.hits]
    kept = {hit.stored.chunk.id: hit.stored for hit in hits}
    parts = []
    for piece in pieces[1:]:
        query = piece.found[0].query
        own = _fused(query, [_as_kept(each.hits, kept) for each in piece.found])
        parts.append(Part(piece.question, query, own))
    return Found(whole.question, whole.query, hits, tuple(parts), degraded)


def _as_kept(hits: Sequence[Hit], kept: Mapping[str, StoredChunk]) -> list[Hit]:
    """Those of the hits that are kept, as they are kept: a search may have joined a chunk with another neighbour."""
    return [replace(hit, stored=kept[hit.stored.chunk.id]) for hit in hits if hit.stored.chunk.id in kept]


def _fused(query: QueryVectors, lists: Sequence[Sequence[Hit]]) -> list[Hit]:
    """Hits by reciprocal rank, best first, the best scored 1; each compared with `query`, token by token."""
    scores: dict[str, float] = defaultdict(float)
    best: dict[str, Hit] = {}
    for hits in lists:
        for place, hit in enumerate(hits, 1):
            chunk = hit.stored.chunk.id
            scores[chunk] += 1 / (_RRF + place)
            best[chunk] = hit if chunk not in best else _better(best[chunk], hit)
    order = sorted(scores, key=lambda chunk: (-scores[chunk], chunk))
    similar = rank.token_similarities(query, [best[chunk].stored.tokens for chunk in order])
    return [
        replace(best[chunk], score=scores[chunk] / scores[order[0]], similarities=each, max_sim=rank.max_sim(each))
        for chunk, each in zip(order, similar, strict=True)
    ]


def _better(first: Hit, second: Hit) -> Hit:
    """A chunk that two searches found, with the better score of each retriever."""
    dense = max((each.dense for each in (first, second) if each.dense is not None), default=None)
    lexical = max((each.lexical for each in (first, second) if each.lexical is not None), default=None)
    return replace(first, dense=dense, lexical=lexical)
