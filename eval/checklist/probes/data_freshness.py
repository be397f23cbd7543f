"""Does a correction or a deletion reach the next answer? Pages are changed and deleted, and asked about again.

Every question is asked before, so that a cache has had its chance to keep the old answer. The demo is asked again as it
stands, because its index is built once, at its start.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.checklist.lab import Lab, Off
from eval.checklist.planted import write_corpus
from eval.checklist.states import Figure, Finding, PathName, State, count, share_of
from eval.target import Target

SPACE = "tools"
_NAMES = ("auger", "bellows", "caliper", "drawknife", "edger", "froe", "gimlet", "hatchet", "inkline", "jointer")
_MAKES = ("Osprey", "Plover")


@dataclass(frozen=True)
class Fact:
    """A tool, the shelf that its page names at first, and the one that the correction names; None deletes the page."""

    tool: str
    old: int
    new: int | None

    @property
    def file(self) -> str:
        """The page's file name."""
        return f"{self.tool.lower().replace(' ', '-')}.md"

    @property
    def question(self) -> str:
        """What is asked, before and after."""
        return f"On which shelf is the {self.tool} kept?"

    def page(self, shelf: int) -> str:
        """The page that names this shelf."""
        return f"# The {self.tool}\n\nThe {self.tool} is kept on shelf {shelf}. It is oiled twice a year.\n"


async def measure(lab: Lab, path: PathName, off: Off = frozenset()) -> Finding:
    """Ask, change and delete, ask again."""
    planted = facts(lab.few(20, 6), lab.seed)
    pages = {SPACE: {each.file: each.page(each.old) for each in planted}}
    if path == "demo":
        corpus = lab.corpus(pages)
        with lab.demo(corpus) as demo:
            before = await _holding(demo, planted)
            _change(corpus, before)
            return _finding(before, await _stale(demo, before))
    # a page about the only tool asked for is evidence enough: whether to decline is another line's question
    with lab.production(pages, off, evidence_threshold=0.0) as production:
        before = await _holding(production.target(), planted)
        _change(production.corpus, before)
        production.ingest()
        return _finding(before, await _stale(production.target(), before))


async def null_control(lab: Lab) -> Finding:
    """The spaces' versions left out of the cache's keys: the old answers come back."""
    return await measure(lab, "production", frozenset({"freshness"}))


def judged(stale: Figure) -> State:
    """Pass: no answer is stale."""
    return "pass" if stale.value == 0 else "fail"


def facts(number: int, seed: int) -> list[Fact]:
    """Facts of which every other one is corrected, and the rest deleted."""
    draw = random.Random(seed)  # noqa: S311  # no secret
    shelves = draw.sample(range(100, 1_000), 2 * number)
    tools = [f"{make} {name}" for make in _MAKES for name in _NAMES][:number]
    return [
        Fact(tool, shelves[2 * place], shelves[2 * place + 1] if place % 2 == 0 else None)
        for place, tool in enumerate(tools)
    ]


async def _holding(target: Target, planted: Sequence[Fact]) -> list[Fact]:
    """The facts that are answered as planted; the others could not become stale. Raises RuntimeError without one."""
    held = [each for each in planted if str(each.old) in (await target.ask(each.question, (SPACE,))).text]
    if not held:
        raise RuntimeError("no planted fact was answered before the change, so nothing could become stale")
    return held


def _change(corpus: Path, planted: Sequence[Fact]) -> None:
    for each in planted:
        if each.new is None:
            (corpus / SPACE / each.file).unlink()
        else:
            write_corpus(corpus, {SPACE: {each.file: each.page(each.new)}})


async def _stale(target: Target, planted: Sequence[Fact]) -> list[bool]:
    """Whether each fact is answered as it was. A space that lost its last page has no stale answer."""
    return [str(each.old) in (await target.ask(each.question, (SPACE,))).text for each in planted]


def _finding(planted: Sequence[Fact], stale: Sequence[bool]) -> Finding:
    changed = [each for each, fact in zip(stale, planted, strict=True) if fact.new is not None]
    deleted = [each for each, fact in zip(stale, planted, strict=True) if fact.new is None]
    figures = {
        "stale answers": share_of(stale),
        "stale after a correction": count(sum(changed), len(changed) or 1),
        "stale after a deletion": count(sum(deleted), len(deleted) or 1),
    }
    return Finding(judged(figures["stale answers"]), figures)
