"""Can we change the model and go back? A drill: encoder and splitter are changed, and changed back, while people ask.

Production builds the next index beside the one that serves, swaps, takes in a correction, and rolls back. The second
encoder is the first with another limit of tokens, which makes it another one by its fingerprint. The demo does what its
users do: it empties its collection and fills it again.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from eval.checklist.lab import Lab, Off
from eval.checklist.planted import Planted
from eval.checklist.probes.data_freshness import SPACE, Fact, facts
from eval.checklist.states import Figure, Finding, PathName, State, count, share_of
from eval.target import InProcess, Target
from ingestion import generations
from service.core.errors import EncoderMismatch, RagreadyError
from service.core.types import IndexRecipe
from service.rag.threads import in_thread

if TYPE_CHECKING:
    from eval.demo_target import DemoTarget

OTHER = "upgrade"
_SAME: Off = frozenset({"exact-cache", "duplicates", "deduplication"})
Step: TypeAlias = Callable[[], Awaitable[object]]


@dataclass
class Asked:
    """What the questions asked during the drill brought: whether each failed, and why the first ones did."""

    failed: list[bool] = field(default_factory=list)
    why: list[str] = field(default_factory=list)


async def measure(lab: Lab, path: PathName, off: Off = frozenset()) -> Finding:
    """Upgrade and roll back while questions are asked."""
    planted = facts(20, lab.seed)
    pages = {SPACE: {each.file: each.page(each.old) for each in planted} | _ballast(lab.few(150, 30))}
    if path == "demo":
        with lab.demo(lab.corpus(pages)) as demo:
            return _finding(await _while_asked(demo, planted, [lambda: in_thread(_rebuilt, demo)]))
    encoders = with_other(lab.folder(), lab.settings.encoder_path, lab.settings.encoder)
    # a page about the only tool asked for is evidence enough: whether to decline is another line's question
    with lab.production(pages, off | _SAME, evidence_threshold=0.0, encoder_folder=encoders) as production:
        if generations.CONTROL in production.app.settings.controls_off:
            rebuild: Step = lambda: in_thread(generations.rebuild, production.app)  # noqa: E731  # as the steps below
            return _finding(await _while_asked(production.target(), planted, [rebuild]))
        return await _drill(production, planted)


async def null_control(lab: Lab) -> Finding:
    """A swap without generations: the index is emptied and filled again while questions are asked."""
    return await measure(lab, "production", frozenset({"generations"}))


def judged(failed: Figure, refused: bool, returned: bool) -> State:
    """Pass: no question fails, mixed generations are refused, and the way back leads to the index before."""
    return "pass" if failed.value == 0 and refused and returned else "fail"


async def _drill(production: Planted, planted: Sequence[Fact]) -> Finding:
    app = production.app
    corrected = planted[0]
    after: list[bool] = []

    async def correct() -> None:
        production.write(SPACE, corrected.file, corrected.page(corrected.new or 0))
        await in_thread(production.ingest)

    async def shadow() -> None:
        seen = InProcess(replace(app, records=app.records.shadow()))
        after.extend([not await _fails(seen, each, Asked()) for each in planted])

    recipe = _recipe(app.recipe, str(app.encoders.named(OTHER).fingerprint) if app.encoders else "")
    steps: list[Step] = [
        lambda: in_thread(generations.build, app, recipe),
        shadow,
        lambda: in_thread(generations.swap, app),
        correct,
        lambda: in_thread(generations.roll_back, app),
    ]
    asked = await _while_asked(production.target(), planted, steps)
    [space] = app.records.spaces(app.settings.tenant)
    newest = await production.target().ask(corrected.question, (SPACE,))
    returned = space.recipe == app.recipe and str(corrected.new) in newest.text
    return _finding(asked, shadow=after, refused=await _refused(production, recipe), returned=returned)


async def _while_asked(target: Target, planted: Sequence[Fact], steps: Sequence[Step]) -> Asked:
    """Take the steps one after the other, and ask about the facts in turn until the last one is done."""
    asked, done = Asked(), asyncio.Event()

    async def ask() -> None:
        for each in cycle(planted):
            if done.is_set():
                return
            asked.failed.append(await _fails(target, each, asked))

    asking = asyncio.create_task(ask())
    try:
        for step in steps:
            await step()
    finally:
        done.set()
        await asking
    return asked


async def _fails(target: Target, fact: Fact, asked: Asked) -> bool:
    """Whether a fact is answered with neither its old figure nor the correction."""
    try:
        seen = await target.ask(fact.question, (SPACE,))
    # whatever the demo raises is a failed question, as an error that the product states is
    except Exception as error:  # noqa: BLE001  # it is counted, and its kind told
        asked.why.append(error.code if isinstance(error, RagreadyError) else type(error).__name__)
        return True
    if any(str(shelf) in seen.text for shelf in (fact.old, fact.new) if shelf):
        return False
    asked.why.append("another answer")
    return True


async def _refused(production: Planted, recipe: IndexRecipe) -> bool:
    """Whether a question to two spaces of two encoders is refused."""
    production.app.records.ensure_space(production.app.settings.tenant, "mixed", recipe)
    try:
        await production.target().ask("On which shelf is it kept?", (SPACE, "mixed"))
    except EncoderMismatch:
        return True
    return False


def _finding(asked: Asked, shadow: Sequence[bool] = (), refused: bool = False, returned: bool = False) -> Finding:
    figures = {
        "questions that failed during the drill": share_of(asked.failed),
        "mixed generations refused": count(int(refused), 1),
        "back on the index before, brought up to date": count(int(returned), 1),
    }
    if shadow:
        figures["facts that the next index answered before it served"] = share_of(shadow)
    why = ", ".join(sorted(set(asked.why)))
    return Finding(judged(figures["questions that failed during the drill"], refused, returned), figures, why)


def _ballast(pages: int) -> dict[str, str]:
    """Pages about other things, so that building takes a while."""
    return {
        f"ledger-{page}.md": f"# Ledger {page}\n\n"
        + " ".join(f"Entry {page * 40 + line} is closed." for line in range(40))
        for page in range(pages)
    }


def with_other(folder: Path, ours: Path, name: str) -> Path:
    """`folder` with the encoders of `ours`, and the one of this name again as OTHER, with another limit of tokens."""
    other = folder / OTHER
    other.mkdir(parents=True)
    for each in ours.iterdir():
        if each.is_dir():
            (folder / each.name).symlink_to(each.resolve())
    made = ours / name.strip("/").replace("/", "--")
    for file in made.iterdir():
        if file.name != "encoder.json":
            (other / file.name).symlink_to(file.resolve())
    said = json.loads((made / "encoder.json").read_text(encoding="utf-8"))
    (other / "encoder.json").write_text(json.dumps({**said, "max_tokens": said["max_tokens"] - 2}), encoding="utf-8")
    return folder


def _recipe(ours: IndexRecipe, fingerprint: str) -> IndexRecipe:
    return replace(ours, encoder=OTHER, fingerprint=fingerprint, splitter="sentences", max_chunk_tokens=100)


def _rebuilt(demo: "DemoTarget") -> None:
    """What the demo's users do when the encoder changes."""
    store = demo.demo.store
    held = store.get()
    store.reset_collection()
    store.add_texts(held["documents"], held["metadatas"], held["ids"])
