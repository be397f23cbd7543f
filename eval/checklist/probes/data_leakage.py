"""Do we test on what we tuned on? Sample questions are planted where they must not be, and looked for.

Copies and paraphrases by rule stand for another split's cases, for examples in a prompt, and for training data. A
source that cannot be had must not count as clean. The demo has no suite, and nothing in it compares one with anything.
"""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path

from eval.checklist import asked
from eval.checklist.lab import Lab, Off
from eval.checklist.states import Figure, Finding, PathName, State, share, share_of
from eval.leak_sources import Asked, of_cases, of_prompts, of_training
from eval.leakage import Compared, Detector, enforced
from eval.rewording import COPIES, PARAPHRASES, Reword
from eval.suite import Case
from service.bootstrap import open_encoder

CONFIRMED, FLAGGED, FALSE = 0.95, 0.9, 0.05


async def measure(lab: Lab, path: PathName, off: Off = frozenset()) -> Finding:
    """Plant reworded questions."""
    cases = asked.drawn(lab, lab.few(200, 80))
    if path == "demo":
        found = {"copies confirmed": share(0, len(cases))}
        return Finding("fail", found, "The demo has no cases and compares nothing.")
    copies, paraphrases = planted(cases, COPIES, lab.seed), planted(cases, PARAPHRASES, lab.seed)
    return _finding(lab, cases, copies, paraphrases, on=enforced(lab.adapted(lab.scratch, off)))


async def null_control(lab: Lab) -> Finding:
    """Other questions in the place of the planted ones: there is nothing to find."""
    cases = asked.drawn(lab, lab.few(200, 80))
    half = len(cases) // 2
    others = of_cases(cases[half:])
    return _finding(lab, cases[:half], others, others, on=True)


def judged(confirmed: Figure, flagged: Figure, false: Figure, sources: Figure) -> State:
    """Pass: copies are confirmed, paraphrases at least possible, few others are, each source says what it should."""
    found = confirmed.value >= CONFIRMED and flagged.value >= FLAGGED
    return "pass" if found and false.value <= FALSE and sources.value == 1 else "fail"


def planted(cases: Sequence[Case], rules: Mapping[str, Reword], seed: int) -> list[Asked]:
    """Each case's question reworded by one of the rules that can, under the case's id."""
    draw = random.Random(seed)  # noqa: S311  # no secret
    made = []
    for case in cases:
        reworded = [text for rule in rules.values() if (text := rule(case.question, draw)) is not None]
        if reworded:
            made.append(Asked(case.id, draw.choice(reworded)))
    return made


def _finding(
    lab: Lab, cases: Sequence[Case], copies: Sequence[Asked], paraphrases: Sequence[Asked], *, on: bool
) -> Finding:
    detector, golden, half = Detector(open_encoder(lab.settings)), of_cases(cases), len(cases) // 2
    others = {each.case for each in detector.leaks(golden[:half], golden[half:])}
    sure, found = _found(detector, copies, golden, sure=True), _found(detector, paraphrases, golden)
    told = _sources(lab, detector, cases, copies)
    figures = {
        "copies confirmed": share_of(on and each in sure for each in copies),
        "paraphrases found": share_of(on and each in found for each in paraphrases),
        "distinct questions flagged": share(len(others), half),
        "sources told rightly": share_of(on and each for each in told.values()),
    }
    wrong = [name for name, each in told.items() if not each]
    says = f"Not told rightly: {', '.join(wrong)}." if wrong else "" if on else "Leaks are told and stop nothing."
    return Finding(judged(*figures.values()), figures, says)


def _found(detector: Detector, texts: Sequence[Asked], golden: Sequence[Asked], *, sure: bool = False) -> set[Asked]:
    """The planted texts of which the original was found."""
    leaks = {each.case: each for each in detector.leaks(texts, golden) if each.other == each.case}
    return {each for each in texts if each.id in leaks and (not sure or leaks[each.id].state == "confirmed")}


def _sources(lab: Lab, detector: Detector, cases: Sequence[Case], copies: Sequence[Asked]) -> dict[str, bool]:
    """Whether a source with a planted copy is confirmed, and one that is missing unknown."""
    folder = lab.folder()
    text = "\n".join(each.text.strip() for each in copies)
    prompt = _written(folder / "prompts" / "example-1.txt", f"Answer as in these examples.\n{text}\n")
    training = _written(folder / "training.txt", f"{text}\n")
    expected: dict[str, tuple[Compared, str]] = {
        "prompts": (detector.source(cases, of_prompts([prompt.parent])), "confirmed"),
        "training data": (detector.source(cases, of_training([training])), "confirmed"),
        "missing prompts": (detector.source(cases, of_prompts([folder / "none"])), "unknown"),
        "missing training data": (detector.source(cases, of_training([])), "unknown"),
        "sealed split": (detector.splits(cases[:1], with_sealed=False), "unknown"),
    }
    return {name: found.state == state for name, (found, state) in expected.items()}


def _written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
