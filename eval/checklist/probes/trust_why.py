"""Can a user see why? What an explanation says of a source is tried out: its file is deleted, and the question asked.

Each planted question is answered by one page. The explanation names the sources that the answer needs; the probe takes
one of those away for real, and in another run one that is not needed, and looks whether the answer changes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eval.checklist.lab import Lab, Off
from eval.checklist.planted import Planted
from eval.checklist.probes.trust_citations import SPACE, planted
from eval.checklist.states import Figure, Finding, PathName, State, share_of
from service.core.answers import Answer, Caller, Question, local_caller
from service.core.app import App
from service.core.errors import UnknownAnswer
from service.rag import pipeline
from service.rag.why import Source, explained

LEAST = 0.95


@dataclass(frozen=True)
class Tried:
    """One answer: whether its explanation names a source that it needs and one that it does not.

    `changes` tells whether the answer became another when the first was deleted, `stays` whether it stayed when the
    second was, `foretold` whether it became what the explanation says; None where there was nothing to try.
    """

    explained: bool
    changes: bool | None = None
    stays: bool | None = None
    foretold: bool | None = None


async def measure(lab: Lab, path: PathName, off: Off = frozenset()) -> Finding:
    """Questions about planted pages, each explained, and asked again without a page that matters and one that does not.

    The demo has nothing that could be asked why.
    """
    if path == "demo":
        says = "It hands out pieces of text beside its answer, and has no way to ask which of them it needed."
        return Finding("fail", {"answers explained": share_of([False])}, says)
    return await _measured(lab, off, take_away=True)


async def null_control(lab: Lab) -> Finding:
    """The same, with nothing taken away: no answer may change."""
    return await _measured(lab, frozenset(), take_away=False)


def judged(explained_share: Figure, changes: Figure | None, stays: Figure | None) -> State:
    """Pass: at least 95% of the answers are explained, change without what they need, stay without what they do not."""
    shares = [explained_share, changes, stays]
    return "pass" if all(each is not None and each.value >= LEAST for each in shares) else "fail"


async def _measured(lab: Lab, off: Off, take_away: bool) -> Finding:
    pages = planted(lab.few(24, 10), lab.seed)
    # whether there is evidence enough is another line's question; here every question gets an answer
    with lab.production(pages, off | {"exact-cache", "abstention"}) as production:
        files = list(pages[SPACE])[: lab.few(20, 6)]
        return _finding([await _tried(production, pages[SPACE], each, take_away) for each in files])


async def _tried(production: Planted, pages: Mapping[str, str], file: str, take_away: bool) -> Tried:
    name = file.removesuffix(".md").replace("-", " ").title()
    question = f"How many minutes does the {name} need to reach its working temperature?"
    answer = await _asked(production.app, question)
    try:
        why = await explained(production.app, _asker(production.app), answer.id)
    except UnknownAnswer:
        return Tried(explained=False)
    needed = next((each for each in why.sources if each.necessary), None)
    spare = next((each for each in why.sources if each.necessary is False), None)
    if needed is None or spare is None:
        return Tried(explained=False)
    without = await _again(production, pages, question, needed, take_away)
    beside = await _again(production, pages, question, spare, take_away)
    foretold = needed.without is not None and without.text == needed.without.text
    return Tried(True, without.text != answer.text, beside.text == answer.text, foretold)


async def _again(
    production: Planted, pages: Mapping[str, str], question: str, source: Source, take_away: bool
) -> Answer:
    """The answer while the source's file is deleted; with all files where nothing is taken away."""
    file = source.stored.source.rpartition("/")[2]
    if take_away:
        production.delete(SPACE, file)
        production.ingest()
    answer = await _asked(production.app, question)
    if take_away:
        production.write(SPACE, file, pages[file])
        production.ingest()
    return answer


async def _asked(app: App, question: str) -> Answer:
    return await pipeline.answer(app, Question(question, _asker(app)))


def _asker(app: App) -> Caller:
    return local_caller(app.settings.tenant)


def _finding(tried: Sequence[Tried]) -> Finding:
    shares = {
        "changed without a source that is named": [each.changes for each in tried if each.changes is not None],
        "the same without one that is not": [each.stays for each in tried if each.stays is not None],
        "became what the explanation says": [each.foretold for each in tried if each.foretold is not None],
    }
    figures = {"answers explained": share_of(each.explained for each in tried)}
    figures |= {name: share_of(each) for name, each in shares.items() if each}
    changes, stays = (figures.get(name) for name in list(shares)[:2])
    return Finding(judged(figures["answers explained"], changes, stays), figures)
