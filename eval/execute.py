"""From a suite and the choices of a command to a run folder: open what is asked, ask, score, write down.

Nothing is compared here.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eval import journal as journals
from eval import judging as judges
from eval import provenance
from eval.encoder_metrics import encoder_scorer
from eval.gate import checked_thresholds, misses
from eval.journal import Journal, run_name
from eval.measures import JUDGE
from eval.null_checks import null_checks
from eval.opened import Opened, opened
from eval.outcome import Outcome, Scored
from eval.plan import LAST, STRATEGIES, Plan, settings_of
from eval.ragas_metrics import ragas_scorer
from eval.record import failed_nulls
from eval.report import page, run_of
from eval.run import outside_quotes, run, summary
from eval.sealed import cases_of, openings
from eval.suite import Suite, Threshold
from eval.target import Target
from ingestion.pipeline import Progress, quiet
from service.core.errors import UnknownStrategy
from service.core.settings import Settings


def execute(plan: Plan, progress: Progress = quiet) -> dict[str, Any]:
    """Run a suite and keep the run; returns its summary with the folder. Raises RagreadyError.

    What was done of it before it is interrupted stays in a hidden folder, from which `plan.resume` goes on.
    """
    started = time.perf_counter()
    if plan.strategy not in STRATEGIES:
        raise UnknownStrategy(f"There is no strategy {plan.strategy!r}.", f"There are {', '.join(STRATEGIES)}.")
    settings = settings_of(plan)
    judging = judges.open_jury(plan.judge, settings, plan.suite, plan.repeats, ragas=plan.ragas)
    # last, because opening the sealed split is counted
    suite = cases_of(plan.suite, plan.split, again=plan.resume is not None)
    checked_thresholds(suite.thresholds)
    with (
        opened(plan, settings, suite, progress) as asked,
        _journal(plan, settings, suite, _config(plan, settings, suite, asked.known, judging)) as journal,
    ):
        steps = [*_scorers(asked, plan), *(judging.steps if judging else [])]
        outcomes = asyncio.run(_outcomes(asked.target, suite, journal, progress, steps))
        nulls = [asdict(each) for each in null_checks(asked.with_texts(outcomes), asked.held)]
        config = {**journal.config, "model": _model(settings, outcomes), "nulls": nulls}
        body = {**_body(plan, suite, outcomes, journal), "nulls": nulls, "usable": not failed_nulls(config)}
        body["seconds"] = round(time.perf_counter() - started, 2)
        if judging:
            body["judged"] = config["judged"] = judges.summary(judging, outcomes)
        journal.finish(config, outcomes, body, page(run_of(config, outcomes, body)))
    return body


def _beside(name: str, wanted: Threshold, metrics: Mapping[str, Any]) -> dict[str, Any]:
    """A threshold, and which of its two levels a run misses."""
    levels = asdict(wanted)
    value = metrics[name]["value"] if name in metrics else None
    return {**levels, "missed": [kind for kind, level in levels.items() if misses(name, value, level)]}


def _journal(
    plan: Plan, settings: Settings, suite: Suite, config: Mapping[str, Any]
) -> AbstractContextManager[Journal]:
    """Where the run is written down: anew, or after what an interrupted one got through."""
    runs = plan.out or settings.data_folder / "runs"
    if plan.resume is None:
        return journals.started(runs / run_name(suite.name, plan.strategy), config)
    kept = journals.interrupted(runs, config) if plan.resume == LAST else Path(plan.resume)
    return journals.resumed(kept, config, suite.cases)


def _scorers(asked: Opened, plan: Plan) -> list[judges.Step]:
    """What adds figures to a case after it was scored, without a judge."""
    return [*([encoder_scorer(asked.encoder)] if asked.encoder else []), *([ragas_scorer()] if plan.ragas else [])]


async def _outcomes(
    target: Target, suite: Suite, journal: Journal, progress: Progress, steps: Sequence[judges.Step]
) -> Sequence[Outcome]:
    async def finish(outcome: Outcome) -> Outcome:
        for step in steps:
            outcome = await step(outcome)
        journal.keep(outcome)
        return outcome

    at_once = journal.config["concurrency"]
    return await run(target, suite, progress, at_once=at_once, done=journal.done, finish=finish)


def _body(plan: Plan, suite: Suite, outcomes: Sequence[Outcome], journal: Journal) -> dict[str, Any]:
    """The summary of a run, but for how long it took."""
    found = summary(outcomes)
    return {
        "suite": suite.name,
        **found,
        "split": plan.split,
        "sealed_openings": len(openings(plan.suite)),
        "strategy": plan.strategy,
        "answers_outside_quotes": outside_quotes(suite),
        "not_indexed": journal.config.get("not_indexed"),
        "thresholds": {name: _beside(name, each, found["metrics"]) for name, each in suite.thresholds.items()},
        "intervals": "95%: Wilson for shares, percentile bootstrap over cases otherwise",
        "folder": str(journal.complete),
        "commit": journal.config["commit"],
        "dirty": journal.config["dirty"],
        "concurrency": plan.at_once,
        "resumed": len(journal.done),
    }


def _model(settings: Settings, outcomes: Sequence[Outcome]) -> str:
    """The model that answered, as the answers say; that of the settings where they differ or say nothing."""
    models = sorted({each.seen.model for each in outcomes if isinstance(each, Scored)})
    return models[0] if len(models) == 1 else settings.model


def _config(
    plan: Plan, settings: Settings, suite: Suite, known: Mapping[str, Any], judging: judges.Jury | None
) -> dict[str, Any]:
    """What the run's figures depend on. What a service at a URL does not tell is null."""
    return {
        "suite": suite.name,
        "suite_fingerprint": suite.fingerprint,
        "split": plan.split,
        "strategy": plan.strategy,
        "judge": JUDGE,
        "judged": judging.config if judging else None,
        "index": None,
        "settings": None,
        "prompts": None,
        **known,
        "settings_fingerprint": provenance.fingerprint(known["settings"]) if "settings" in known else None,
        "model": settings.model,
        "concurrency": plan.at_once,
        "ragas": plan.ragas,
        "commit": provenance.commit(),
        "dirty": provenance.dirty(),
        "code": provenance.code_fingerprint(),
        "packages": provenance.packages(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": plan.command,
    }
