"""Opens what a run asks: a service at a URL, or the product in this process on the suite's corpus.

The exact cache is off, so that every time is that of an answer that was made.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from eval import provenance
from eval.null_checks import Held, held_by, with_texts
from eval.outcome import Outcome
from eval.plan import Plan
from eval.run import check_quotes, not_served
from eval.suite import Suite
from eval.target import Http, InProcess, Target
from ingestion.pipeline import Progress, quiet
from ingestion.worker import ingest_spaces
from service.bootstrap import open_app
from service.core.app import App
from service.core.embedder import Encoder
from service.core.errors import NoGeneration, SourceConflict
from service.core.settings import Settings
from service.rag import prompts
from service.remote import settings_key


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
