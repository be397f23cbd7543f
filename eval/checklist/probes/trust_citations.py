"""Is every sentence supported by what it cites? Citations are looked up in the stored documents and read again.

Two runs: the answers of production as it is set, over the sample cases; and those of a simulated model that makes
things up, over planted pages, half of the questions being about what no page says. There production declines nothing
for lack of evidence, so that the check of sentences stands alone. The demo ties no sentence to a span.
"""

import random
from collections.abc import Sequence

from eval.checklist import asked
from eval.checklist.cited import Run, held, run_of, said, shown
from eval.checklist.lab import Lab, Off
from eval.checklist.planted import Spaces
from eval.checklist.states import Figure, Finding, PathName, State, share_of
from eval.metrics import holds
from eval.nulls import with_shuffled_citations
from eval.outcome import Outcome
from eval.run import outcome_of
from eval.suite import Case, plain
from eval.target import Seen, Target
from service.core.answers import Citation

MODEL = "sim:ttft0-itl0-len80-confabulate"
LEAST, LEAST_LOW = 0.95, 0.9
SPACE = "workshop"
_MAKERS = ("Avocet", "Dunlin", "Egret", "Fulmar", "Gadwall", "Pochard", "Scoter", "Siskin", "Whimbrel", "Wigeon")
_THINGS = ("kiln", "lathe", "press")


async def measure(lab: Lab, path: PathName, off: Off = frozenset()) -> Finding:
    """Both runs on the path."""
    pages = planted(lab.few(30, 16), lab.seed)
    if path == "demo":
        reader = await asked.outcomes(lab, "demo", asked.drawn(lab, lab.few(40, 12)))
        with lab.demo(lab.corpus(pages), model=MODEL) as demo:
            return _demo_finding(reader, await asked_of(demo, pages), pages)
    return _finding(*await _runs(lab, pages, off), pages)


async def null_control(lab: Lab) -> Finding:
    """The answers of production, each sentence with the citation of another one."""
    pages = planted(lab.few(30, 16), lab.seed)
    reader, model = await _runs(lab, pages, frozenset())
    shuffled = [Run(with_shuffled_citations(each.outcomes, lab.seed), each.texts) for each in (reader, model)]
    return _finding(shuffled[0], shuffled[1], pages)


def judged(shares: Sequence[Figure | None], made_up: Figure) -> State:
    """Pass: nothing made up is shown, and each share is at least .95, by its interval at least .9.

    None is a share of nothing, since nothing was cited: that fails.
    """
    there = [each for each in shares if each is not None]
    if made_up.value > 0 or len(there) < len(shares) or any(each.value < LEAST for each in there):
        return "fail"
    return "pass" if all((each.low or 0.0) >= LEAST_LOW for each in there) else "cannot tell"


def made_up(run: Sequence[Outcome], pages: Spaces) -> Figure:
    """Of the questions that no page answers, how many get a sentence that stands on no page."""
    told = plain(" ".join(pages[SPACE].values()))
    untold = [each.seen for each in asked.scored(run).values() if not each.case.answerable]
    return share_of(not seen.abstained and any(plain(each) not in told for each in said(seen.text)) for seen in untold)


def planted(pages: int, seed: int) -> Spaces:
    """Pages about things in a workshop, by file name."""
    draw = random.Random(seed)  # noqa: S311  # no secret
    names = [f"{maker} {thing}" for thing in _THINGS for maker in _MAKERS][:pages]
    return {SPACE: {f"{name.lower().replace(' ', '-')}.md": _page(name, draw) for name in names}}


async def _runs(lab: Lab, pages: Spaces, off: Off) -> tuple[Run, Run]:
    answers = await asked.outcomes(lab, "hybrid", asked.drawn(lab, lab.few(400, 120)), off)
    with lab.samples() as app:
        reader = run_of(app, answers)
    with lab.production(pages, off | {"abstention"}, model=MODEL) as production:
        return reader, run_of(production.app, await asked_of(production.target(), pages))


async def asked_of(target: Target, pages: Spaces) -> list[Outcome]:
    """Of every page a question that it answers, and one that no page does."""
    names = [file.removesuffix(".md").replace("-", " ").title() for file in pages[SPACE]]
    told = [f"How many minutes does the {name} need to reach its working temperature?" for name in names]
    untold = [f"What does it cost to insure the {name} against theft for a year?" for name in names]
    cases = [Case(each, each, each in told, (), (), (SPACE,), (), "") for each in [*told, *untold]]
    return asked.answered([await outcome_of(target, case) for case in cases])


def _finding(reader: Run, model: Run, pages: Spaces) -> Finding:
    figures: dict[str, Figure] = {}
    for name, run in (("reader", reader), ("model", model)):
        found = held(run)
        figures |= {f"citation precision, {name}": share_of(found.precision)} if found.precision else {}
        figures |= {f"citation recall, {name}": share_of(found.recall)} if found.recall else {}
    wanted = [f"citation {kind}, {name}" for name in ("reader", "model") for kind in ("precision", "recall")]
    invented = made_up(model.outcomes, pages)
    says = f"Made-up answers shown: {round(invented.value * invented.n)} of {invented.n}."
    failed = asked.failures(reader.outcomes, model.outcomes)
    state = asked.unless_failed(judged([figures.get(each) for each in wanted], invented), failed)
    return Finding(state, {**figures, "made-up answers shown": invented}, says, failed)


def _demo_finding(reader: Sequence[Outcome], model: Sequence[Outcome], pages: Spaces) -> Finding:
    supported = [_in_a_piece(sentence, seen) for seen in shown(reader) for sentence in said(seen.text)]
    figures = {
        "citation recall, reader": share_of(False for _ in supported),
        "sentences that a piece supports, reader": share_of(supported),
        "made-up answers shown": made_up(model, pages),
    }
    says = "It names the documents of its four pieces and ties no sentence to a span, so there is no precision to tell."
    state = judged([None, figures["citation recall, reader"]], figures["made-up answers shown"])
    return Finding(state, figures, says, asked.failures(reader, model))


def _in_a_piece(sentence: str, seen: Seen) -> bool:
    pieces = [
        Citation(hit.document, hit.chunk, hit.text or "", 0, 0, sentence, "", hit.source, hit.space)
        for hit in seen.hits
    ]
    return any(holds(each, seen.hits) for each in pieces)


def _page(name: str, draw: random.Random) -> str:
    return (
        f"# The {name}\n\nThe {name} needs {draw.randint(5, 90)} minutes to reach its working temperature. "
        f"Its seals are replaced after {draw.randint(2, 30)} months of daily use. "
        f"Spare parts for the {name} are kept in room {draw.randint(1, 60)}.\n"
    )
