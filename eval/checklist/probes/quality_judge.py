"""Can the judge be trusted? Judges that are simulated behind HTTP are calibrated, and their word is put to the gate.

The truth of the answers is by construction and no person has labelled them, so this measures the calibration and no
real judge. Where the sample suite holds calibrations of real ones, what they say is told beside it.
"""

from collections.abc import Mapping

from eval.calibrating import measured
from eval.calibration import Calibration, enforced, keep, kept
from eval.checklist import asked
from eval.checklist.lab import SAMPLES, Lab, Off
from eval.checklist.simulated_judges import NAME, made_answers, simulated_judge
from eval.checklist.states import Figure, Finding, PathName, State, figure, share, share_of
from eval.gate import blocks
from eval.judge import rubric_prompt
from eval.measures import JUDGE
from eval.record import Record
from eval.worth import METRICS, weighed

PERFECT, RANDOM = "perfect", "random"
# Nothing may be stopped by any of these but the first.
QUICK = (PERFECT, RANDOM, "prefers length")
EVERY = (*QUICK, "prefers what comes first", "prefers its own", "flaky", "no number", "prose")
REPEATS, AT_ONCE = 2, 8
METRIC = METRICS["correctness"]


async def measure(lab: Lab, path: PathName, off: Off = frozenset()) -> Finding:
    """Calibrate each simulated judge, and let a run that each of them calls worse meet the gate."""
    names = QUICK if lab.quick else EVERY
    if path == "demo":
        none = {"untrustworthy judges kept from stopping a change": share(0, len(names) - 1)}
        return Finding("fail", none, "The demo has no calibration: whatever its judge says counts.")
    return await _finding(lab, {name: name for name in names}, on=enforced(lab.adapted(lab.scratch, off)))


async def null_control(lab: Lab) -> Finding:
    """A random judge in the place of the perfect one: it must be refused, and nothing that it says may count."""
    return await _finding(lab, {PERFECT: RANDOM, RANDOM: RANDOM}, on=True)


def judged(trusted: bool, refused: bool, kept_from: Figure) -> State:
    """Pass: the perfect judge is calibrated and heard, the random one refused, and no other one stops a change."""
    return "pass" if trusted and refused and kept_from.value == 1 else "fail"


async def _finding(lab: Lab, names: Mapping[str, str], *, on: bool) -> Finding:
    plays = {played: await _calibrated(lab, played) for played in dict.fromkeys(names.values())}
    found = {name: plays[played] for name, played in names.items()}
    heard = {name: _stops(lab, each, on=on) for name, each in found.items()}
    kept_from = share_of(not heard[name] for name in names if name != PERFECT)
    figures = {"untrustworthy judges kept from stopping a change": kept_from}
    for name in (PERFECT, RANDOM):
        if found[name].kappa.value is not None:
            figures[f"kappa of the {name} judge"] = figure(found[name].kappa, "score")
        if found[name].wavering.value is not None:
            figures[f"answers on which the {name} judge wavers"] = figure(found[name].wavering, "share")
    trusted = found[PERFECT].standing == "calibrated" and heard[PERFECT]
    state = judged(trusted, found[RANDOM].standing == "refused", kept_from)
    return Finding(state, figures, f"{_says(found)} {_real()}")


async def _calibrated(lab: Lab, name: str) -> Calibration:
    answers = made_answers(asked.drawn(lab, answerable=True), lab.few(120, 36), lab.seed)
    with simulated_judge(name, lab.settings, REPEATS) as judge:
        (found,) = await measured(judge, {"correctness": answers}, AT_ONCE)
    return found


def _stops(lab: Lab, found: Calibration, *, on: bool) -> bool:
    """Whether the gate stops a run of which this judge says that every answer became wrong."""
    suite = lab.folder()
    keep(suite / "judge", found)
    worth = {METRIC: {"prompt": rubric_prompt("correctness").id, "standing": "uncalibrated", "why": ""}}
    config = {
        **dict.fromkeys(("suite", "suite_fingerprint", "corpus"), "simulated"),
        "split": None,
        "machine": {},
        "judge": JUDGE,
        "judged": {"model": NAME, "repeats": REPEATS, "worth": worth},
    }
    before, after = ({str(case): {METRIC: score} for case in range(50)} for score in (1.0, 0.0))
    return blocks(_record(config, before), _record(weighed(config, suite, enforce=on), after)).blocked


def _record(config: Mapping[str, object], scores: Mapping[str, Mapping[str, float]]) -> Record:
    return Record(config, scores, {}, {})


def _says(found: Mapping[str, Calibration]) -> str:
    standings = ", ".join(f"{name} {each.standing}" for name, each in found.items())
    return f"Judges are simulated, and answers are right or wrong by construction: {standings}."


def _real() -> str:
    """What the sample suite holds of real judges."""
    real = [f"{each.model} by {each.rubric} {each.standing}" for each in kept(SAMPLES)]
    return f"Of real judges: {', '.join(real)}." if real else "No real judge is calibrated, so none can stop a change."
