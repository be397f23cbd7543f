"""What happens when a part dies? Redis and Chroma run as servers of their own and are killed while questions come in.

Without Redis every question must be answered and say so; without Chroma every question must end in a stated error, and
with Chroma back be answered as before.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from eval.checklist.lab import Lab, Off
from eval.checklist.probes.data_freshness import SPACE, Fact, facts
from eval.checklist.states import Figure, Finding, PathName, State, share_of
from eval.servers import Server, chroma_server, redis_server, running
from eval.target import Target
from service.core.errors import RagreadyError

ANSWERED, STATED, BACK = "answered and labelled without Redis", "stated errors without Chroma", "same answer after it"


@dataclass(frozen=True)
class Ended:
    """How a question ended: with a text, or not; labelled as degraded, or with an error of the fixed list."""

    text: str | None
    labelled: bool = False
    stated: bool = False


async def measure(lab: Lab, path: PathName, off: Off = frozenset()) -> Finding:
    """Ask with everything there, without Redis, without Chroma, and with Chroma back."""
    asked = facts(lab.few(20, 6), lab.seed)
    if path == "demo":
        return await _demo(lab, asked)
    return await _production(lab, off, asked, lambda server: server.kill())


async def null_control(lab: Lab) -> Finding:
    """Nothing taken away: there is no fault to survive."""
    return await _production(lab, frozenset(), facts(6, lab.seed), lambda _: None)


def judged(answered: Figure | None, stated: Figure, back: Figure | None, *, fault: bool) -> State:
    """Pass: every question ends as stated, in each phase. Without a fault nothing can be told."""
    if not fault:
        return "cannot tell"
    return "pass" if all(each is not None and each.value == 1 for each in (answered, stated, back)) else "fail"


async def _production(lab: Lab, off: Off, asked: Sequence[Fact], take_away: Callable[[Server], None]) -> Finding:
    with (
        running(redis_server(lab.folder())) as redis,
        running(chroma_server(lab.folder())) as chroma,
        lab.production(
            _pages(asked),
            off | {"abstention"},  # whether to decline is another line's question
            redis_url=f"redis://127.0.0.1:{redis.port}",
            chroma_url=f"http://127.0.0.1:{chroma.port}",
        ) as production,
    ):
        target = production.target()
        before = await _ask(target, asked)
        take_away(redis)
        without_redis = await _ask(target, asked)
        take_away(chroma)
        without_chroma = await _ask(target, asked)
        fault = not redis.answers() and not chroma.answers()
        if fault:
            chroma.start()
        back = await _ask(target, asked)
    figures = {
        ANSWERED: share_of(each.text is not None and each.labelled for each in without_redis),
        STATED: share_of(each.stated for each in without_chroma),
        BACK: share_of(now.text == then.text for now, then in zip(back, before, strict=True)),
    }
    return Finding(judged(*figures.values(), fault=fault), figures)


async def _demo(lab: Lab, asked: Sequence[Fact]) -> Finding:
    """The demo has no cache to lose; its collection lies on the server that dies."""
    with running(chroma_server(lab.folder())) as chroma, lab.demo_on(chroma.port, lab.corpus(_pages(asked))) as target:
        chroma.kill()
        stated = share_of(each.stated for each in await _ask(target, asked))
    return Finding(judged(None, stated, None, fault=True), {STATED: stated}, says="the demo keeps nothing in Redis")


def _pages(asked: Sequence[Fact]) -> dict[str, dict[str, str]]:
    return {SPACE: {each.file: each.page(each.old) for each in asked}}


async def _ask(target: Target, asked: Sequence[Fact]) -> list[Ended]:
    """Every question at once, as under load."""
    return list(await asyncio.gather(*(_ended(target, each.question) for each in asked)))


async def _ended(target: Target, question: str) -> Ended:
    try:
        seen = await target.ask(question, (SPACE,))
    except RagreadyError:
        return Ended(None, stated=True)
    # what else is raised is the finding: an error that nobody stated
    except Exception:  # noqa: BLE001
        return Ended(None)
    return Ended(seen.text, labelled=bool(seen.degraded))
