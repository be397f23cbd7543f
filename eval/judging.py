"""Judged scores of a run: what of a case is put before the judge, and the figures and failures that come back.

A judge that its calibration refuses is not asked. Whether a score may stop a change is eval.gate's to say.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from eval.answer_labels import facts
from eval.calibration import Standing, enforced
from eval.judge import Judge, Submission, judgement, open_judge, rubric_prompt
from eval.judgement import RUBRICS, Judgement, Rubric
from eval.measures import JUDGED_BY_RAGAS
from eval.outcome import Outcome, Scored
from eval.ragas_metrics import VERSION, ragas_judge
from eval.statistics import mean
from eval.target import Seen
from eval.worth import METRICS, Worth, worth_of
from service.bootstrap import open_encoder
from service.core.embedder import Encoder
from service.core.settings import Settings

Step: TypeAlias = Callable[[Outcome], Awaitable[Outcome]]

_FAILURES_SHOWN = 10


@dataclass(frozen=True)
class Jury:
    """The judge of a run, with what its scores are worth by metric, and what adds them to a case that was scored."""

    judge: Judge
    worth: Mapping[str, Worth]
    encoder: Encoder | None = None

    @property
    def rubrics(self) -> tuple[Rubric, ...]:
        """The rubrics that the judge is asked for: not those by which it is refused."""
        return tuple(each for each in RUBRICS if self.worth[METRICS[each]].standing != "refused")

    @property
    def steps(self) -> list[Step]:
        """What is done with each case, in order. Ragas asks the judge only where no rubric refuses it."""
        asked: list[Step] = [partial(with_judgements, self)]
        return [*asked, ragas_judge(self.judge, self.encoder)] if self.encoder else asked

    @property
    def config(self) -> dict[str, Any]:
        """What a run's judged figures depend on."""
        worth = {name: asdict(each) for name, each in self.worth.items()}
        return {"model": self.judge.name, "repeats": self.judge.repeats, "worth": worth}


def open_jury(
    name: str | None, settings: Settings, suite: Path, repeats: int = 1, *, ragas: bool = False
) -> Jury | None:
    """The judge of this name with the calibrations that a suite holds; None without a name. Connects to nothing yet.

    Raises UnknownModel, InvalidSettings, and InvalidSuite for a calibration that cannot be read.
    """
    if name is None:
        return None
    judge, enforce = open_judge(name, settings, repeats), enforced(settings)
    worth = {METRICS[each]: worth_of(judge.name, rubric_prompt(each).id, suite, enforce=enforce) for each in RUBRICS}
    refused = any(each.standing == "refused" for each in worth.values())
    if not ragas:
        return Jury(judge, worth)
    standing: Standing = "refused" if refused else "uncalibrated"
    why = "a rubric refuses the judge" if refused else "nobody calibrates Ragas' prompts"
    worth |= {each: Worth(f"ragas-{VERSION}", standing, why) for each in JUDGED_BY_RAGAS}
    return Jury(judge, worth, None if refused else open_encoder(settings))


async def with_judgements(found: Jury, outcome: Outcome) -> Outcome:
    """A scored case with the judge's figures, its reasons, and what it said; a judgement that failed is no figure."""
    if not isinstance(outcome, Scored):
        return outcome
    scores, reasons, said = dict(outcome.scores), dict(outcome.reasons), []
    for rubric in found.rubrics:
        name = METRICS[rubric]
        if without := _without_judge(outcome, rubric):
            scores[name], reasons[name] = 0.0, without
        elif submission := _submission(outcome, rubric):
            given = await judgement(found.judge, rubric, submission)
            said.append(given)
            if given.score is not None:
                scores[name] = float(given.score)
            if given.score == 0:
                reasons[name] = given.reason
    return replace(outcome, scores=scores, reasons=reasons, judgements=tuple(said))


def context(seen: Seen) -> tuple[str, ...]:
    """The chunks that an answer cites, each once; of a hit without text the quotes."""
    texts = {hit.chunk: hit.text for hit in seen.hits if hit.text}
    cited = [texts.get(each.chunk) or each.quote for each in seen.citations]
    return tuple(dict.fromkeys(each for each in cited if each))


def summary(found: Jury, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """What a run tells of its judge: what its scores are worth, how often it failed or wavered, and what it read."""
    said = [(each.case.id, given) for each in outcomes if isinstance(each, Scored) for given in each.judgements]
    return {
        **found.config,
        "cases": {
            METRICS[rubric]: _told([(case, each) for case, each in said if each.rubric == rubric])
            for rubric in dict.fromkeys(each.rubric for _, each in said)
        },
        "tokens": sum(each.tokens for _, each in said),
    }


def _told(said: Sequence[tuple[str, Judgement]]) -> dict[str, Any]:
    failed = [(case, each) for case, each in said if each.score is None]
    return {
        "n": len(said) - len(failed),
        "failed": len(failed),
        "failures": [{"id": case, "error": each.reason} for case, each in failed[:_FAILURES_SHOWN]],
        "wavering": asdict(mean([float(len(set(each.scores)) > 1) for _, each in said if len(each.scores) > 1])),
    }


def _without_judge(outcome: Scored, rubric: Rubric) -> str:
    """Why an answer is wrong without asking anybody; empty where it has to be asked."""
    if rubric == "correctness" and outcome.case.parts and outcome.seen.abstained:
        return f"It declined: {outcome.seen.reason_code}."
    if rubric == "groundedness" and not outcome.seen.abstained and not context(outcome.seen):
        return "It cites nothing."
    return ""


def _submission(outcome: Scored, rubric: Rubric) -> Submission | None:
    """What is put before the judge; None where a rubric has nothing to say of a case."""
    case, seen = outcome.case, outcome.seen
    beside = facts(case.parts) if rubric == "correctness" else context(seen)
    return Submission(case.question, seen.text, beside) if beside and not seen.abstained else None
