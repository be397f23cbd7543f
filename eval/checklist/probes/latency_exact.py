"""Is the same question paid for twice? A repeat beside its first answer, and many at once beside one generation.

A share of times taken in one run, never a time: what a question costs is this machine's.
"""

import asyncio
import secrets
import time

from eval.checklist.lab import Lab, Off
from eval.checklist.states import Figure, Finding, PathName, State, count, figure
from eval.statistics import estimate, middle
from eval.target import Seen, Target

OVER_URL = True
AT_ONCE = 100
# A repeat that is not cached costs about what the first answer cost; noise does not make it a quarter.
MOST = 0.25
SHARE = "a repeat's share of the first time"


async def measure(lab: Lab, path: PathName, off: Off = frozenset()) -> Finding:
    """Ask each question twice, then one question many times at once."""
    async with lab.target(path, off) as target:
        shares = [await _share(target, each) for each in _questions(lab)]
        generations = await _generations(target) if path == "production" and lab.url is None else None
    figures = {SHARE: figure(estimate(middle, [shares]), "ratio")}
    if generations is not None:
        figures[f"generations for {AT_ONCE} at once"] = count(generations, AT_ONCE)
    return Finding(judged(figures[SHARE], generations), figures)


async def null_control(lab: Lab) -> Finding:
    """The cache switched off: a repeat costs what the first answer cost."""
    return await measure(lab, "production", frozenset({"exact-cache"}))


def judged(share: Figure, generations: int | None) -> State:
    """Pass: a repeat surely costs less than a quarter, and many at once, where measured, cost one generation."""
    if share.high is None or share.high > MOST:
        return "fail"
    return "pass" if generations in {None, 1} else "fail"


def _questions(lab: Lab) -> list[str]:
    """Questions that nobody asked before: each ends with a word of its own."""
    cases = [each for each in lab.cases(lab.few(60, 20)) if each.answerable]
    return [f"{each.question} ({secrets.token_hex(4)})" for each in cases]


async def _share(target: Target, question: str) -> float:
    _, first = await _timed(target, question)
    _, repeat = await _timed(target, question)
    return repeat / first


async def _timed(target: Target, question: str) -> tuple[Seen, float]:
    started = time.perf_counter()
    seen = await target.ask(question)
    return seen, time.perf_counter() - started


async def _generations(target: Target) -> int:
    """How many of the same questions, asked at once, were answered anew."""
    question = f"How long is the battery covered? ({secrets.token_hex(4)})"
    seen = await asyncio.gather(*(target.ask(question) for _ in range(AT_ONCE)))
    return sum(not each.cached for each in seen)
