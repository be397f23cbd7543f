"""Does a correction or a deletion reach the next answer? Pages are changed, deleted, superseded, and asked about again.

A superseded page stays in its folder beside the one whose front matter says so: its figure may not be answered any
more. Every question is asked before, so that a cache has had its chance to keep the old answer. The demo is asked again
as it stands, because its index is built once, at its start.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from eval.checklist.lab import Lab, Off
from eval.checklist.planted import write_corpus
from eval.checklist.states import Figure, Finding, PathName, State, count, share_of
from eval.target import Target

SPACE = "tools"
_NAMES = ("auger", "bellows", "caliper", "drawknife", "edger", "froe", "gimlet", "hatchet", "inkline", "jointer")
_MAKES = ("Osprey", "Plover")
Change: TypeAlias = Literal["correction", "deletion", "supersession"]
CHANGES: tuple[Change, ...] = get_args(Change)


@dataclass(frozen=True)
class Fact:
    """A tool, the shelf that its page names at first, the one that it is on later, and how the page comes to say so."""

    tool: str
    old: int
    new: int
    change: Change

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

    @property
    def successor(self) -> str:
        """The page that supersedes the first one."""
        return f"---\nsupersedes: {self.file}\n---\n\n{self.page(self.new)}"


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
    """Facts of which each third is corrected, deleted, and superseded."""
    draw = random.Random(seed)  # noqa: S311  # no secret
    shelves = draw.sample(range(100, 1_000), 2 * number)
    tools = [f"{make} {name}" for make in _MAKES for name in _NAMES][:number]
    return [
        Fact(tool, shelves[2 * place], shelves[2 * place + 1], CHANGES[place % len(CHANGES)])
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
        if each.change == "deletion":
            (corpus / SPACE / each.file).unlink()
        elif each.change == "correction":
            write_corpus(corpus, {SPACE: {each.file: each.page(each.new)}})
        else:
            write_corpus(corpus, {SPACE: {f"new-{each.file}": each.successor}})


async def _stale(target: Target, planted: Sequence[Fact]) -> list[bool]:
    """Whether each fact is answered as it was. A space that lost its last page has no stale answer."""
    return [str(each.old) in (await target.ask(each.question, (SPACE,))).text for each in planted]


def _finding(planted: Sequence[Fact], stale: Sequence[bool]) -> Finding:
    figures = {"stale answers": share_of(stale)}
    for change in CHANGES:
        seen = [each for each, fact in zip(stale, planted, strict=True) if fact.change == change]
        if seen:
            figures[f"stale after a {change}"] = count(sum(seen), len(seen))
    return Finding(judged(figures["stale answers"]), figures)
