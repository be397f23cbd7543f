"""From a suite and the choices of a command to a run folder: open what is asked, ask, score, write down.

The exact cache is off, so that every time is that of an answer that was made. Nothing is compared here.
"""

import asyncio
import shlex
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from eval import journal as journals
from eval import judging as judges
from eval import provenance
from eval.encoder_metrics import encoder_scorer
from eval.gate import checked_thresholds, misses
from eval.journal import Journal, run_name
from eval.measures import JUDGE
from eval.null_checks import Held, held_by, null_checks, with_texts
from eval.outcome import Outcome, Scored
from eval.ragas_metrics import ragas_scorer
from eval.record import failed_nulls
from eval.report import page, run_of
from eval.run import check_quotes, not_served, outside_quotes, run, summary
from eval.sealed import SEALED, cases_of, openings
from eval.suite import Suite, Threshold
from eval.target import Http, InProcess, Target
from ingestion.pipeline import Progress, quiet
from ingestion.worker import ingest_spaces
from service.bootstrap import open_app
from service.core.app import App
from service.core.controls import checked_controls
from service.core.embedder import Encoder
from service.core.errors import InvalidSettings, NoGeneration, SourceConflict, UnknownStrategy
from service.core.settings import Settings, load_settings
from service.rag import prompts, strategies
from service.remote import settings_key

STRATEGIES = (*strategies.STRATEGIES, "demo")
LAST = "last"
"""In place of an interrupted run's folder: the newest one that the plan can go on with."""
_CACHES = frozenset({"exact-cache"})
_MAY_CHANGE = tuple(name for name in provenance.ANSWER_SETTINGS if name != "controls_off")


@dataclass(frozen=True)
class Plan:
    """What was chosen: the suite's folder, which cases, and how the product is set up or where it is asked.

    `at_once` questions are asked at a time; `resume` is the folder of an interrupted run, or LAST. `judge` is the model
    that judges answers, `repeats` how often it is asked the same.
    """

    suite: Path
    split: str | None = None
    strategy: str = "hybrid"
    changes: tuple[str, ...] = ()
    off: tuple[str, ...] = ()
    url: str | None = None
    out: Path | None = None
    ragas: bool = True
    data: Path | None = None
    generation: Literal["serving", "next"] = "serving"
    at_once: int = 1
    resume: str | None = None
    judge: str | None = None
    repeats: int = 1

    @property
    def command(self) -> str:
        """The command line that repeats the run."""
        words = ["ragready", "eval", "run", str(self.suite), "--strategy", self.strategy]
        words += ["--sealed"] if self.split == SEALED else ["--split", self.split] if self.split else []
        words += [word for each in self.changes for word in ("--set", each)]
        words += [word for each in self.off for word in ("--off", each)]
        words += ["--url", self.url] if self.url else []
        words += ["--generation", self.generation] if self.generation != "serving" else []
        words += ["--concurrency", str(self.at_once)] if self.at_once != 1 else []
        words += ["--judge", self.judge] if self.judge else []
        words += ["--judge-repeats", str(self.repeats)] if self.repeats != 1 else []
        return shlex.join([*words, *([] if self.ragas else ["--no-ragas"])])


@dataclass(frozen=True)
class Opened:
    """A target, and what is known of it before it is asked; `app` is what it answers from, where that is at hand."""

    target: Target
    known: Mapping[str, Any] = field(default_factory=dict)
    encoder: Encoder | None = None
    app: App | None = None

    @property
    def held(self) -> Held | None:
        """What is indexed, by space; None where that is not known."""
        return held_by(self.app) if self.app else None

    def with_texts(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """The outcomes with their hits' texts, as far as they are at hand."""
        return with_texts(outcomes, self.app) if self.app else list(outcomes)


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


def settings_of(plan: Plan) -> Settings:
    """The settings with the plan's changes and controls off. Raises InvalidSettings, UnknownControl."""
    pairs = [each.partition("=") for each in plan.changes]
    for name, equals, _ in pairs:
        if name not in _MAY_CHANGE or not equals:
            raise InvalidSettings(
                f"--set {name} cannot be used.", f"Write NAME=VALUE with one of {', '.join(_MAY_CHANGE)}."
            )
    changes: dict[str, object] = {name: value for name, _, value in pairs}
    if plan.data:
        changes["data_folder"] = plan.data
    if plan.url and "@" in plan.url:
        raise InvalidSettings("The URL carries a password.", "Set the service's key in RAGREADY_API_KEY instead.")
    if plan.url and (plan.changes or plan.off or plan.strategy == "demo"):
        raise InvalidSettings(
            "--set, --model, --off and the demo do not reach a service at a URL.", "Set them where it runs."
        )
    off = load_settings().controls_off | checked_controls(plan.off) | _CACHES
    return load_settings(**changes, controls_off=off)


@contextmanager
def opened(plan: Plan, settings: Settings, suite: Suite, progress: Progress = quiet) -> Iterator[Opened]:
    """What the plan asks: a service at a URL, or the product in this process on the suite's corpus."""
    corpus = provenance.corpus_fingerprint(suite.corpus)
    if plan.url:
        with Http(plan.url, settings_key(settings), plan.strategy) as service:
            told = None if not_served(service, suite) else corpus
            yield Opened(service, {"corpus": told, "machine": {"service": plan.url}})
        return
    known: dict[str, Any] = {
        "corpus": corpus,
        "settings": provenance.answer_settings(settings),
        "prompts": prompts.ids(),
        "machine": provenance.machine(),
    }
    with open_app(settings, holder="ragready eval", writes=True) as app:
        if plan.strategy == "demo":
            with _demo(app, suite) as demo:
                yield Opened(demo, known, app.encoder)
            return
        if plan.generation == "next":
            app = _shadow(app)  # noqa: PLW2901  # the same App, asked of another index
        else:
            known["not_indexed"] = _ingest(app, suite, progress)
        check_quotes(app, suite)
        known |= {"index": provenance.index_fingerprint(app)}
        yield Opened(InProcess(app, plan.strategy), known, app.encoder, app)


def _ingest(app: App, suite: Suite, progress: Progress) -> list[str]:
    """Bring the corpus in; returns the files of it that are not indexed, each with the code of the reason."""
    try:
        reports = list(ingest_spaces(app, suite.corpus, progress))
        refused = [f"{problem.source}: {problem.code}" for each in reports for problem in each.problems]
        return refused + [
            f"{each.space}: {each.held_earlier} held back earlier" for each in reports if each.held_earlier
        ]
    except SourceConflict as error:
        raise SourceConflict(error.detail, "Give this suite a data folder of its own with --data.") from error


def _shadow(app: App) -> App:
    """The App on the generation that was built and does not serve. Raises NoGeneration."""
    shadow = replace(app, records=app.records.shadow())
    if not shadow.records.spaces(app.settings.tenant):
        raise NoGeneration("No generation is ready.", "Build one with `ragready generations build`.")
    return shadow


@contextmanager
def _demo(app: App, suite: Suite) -> Iterator[Target]:
    from eval.demo import opened as opened_demo
    from eval.demo_target import DemoTarget

    with opened_demo(suite.corpus, app.settings.data_folder / "demo", app) as demo:
        yield DemoTarget(demo, app.settings.model)


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
