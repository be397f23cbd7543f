"""From the choices of `ragready eval new` to a suite: find documents, propose by rules and from the model, write."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.feedback import from_feedback
from eval.labelling import new_guideline
from eval.model_proposals import from_model
from eval.new_suite import Made, Source, add, from_folder, from_spaces
from eval.proposals import Page, Proposal, near_misses, proposed
from ingestion.pipeline import Progress
from service.bootstrap import open_app
from service.core.chat import ChatModel
from service.core.errors import InvalidSettings, ModelTimeout
from service.core.names import checked_name
from service.core.personal import Patterns
from service.core.settings import Settings
from service.rag.models import open_model


@dataclass(frozen=True)
class Wanted:
    """What was chosen: where questions come from, and how many a document at most."""

    suite: Path
    documents: Path | None
    spaces: tuple[str, ...]
    feedback: Path | None
    each: int
    near_misses: int


def propose(settings: Settings, wanted: Wanted, progress: Progress) -> Made:
    """Make or extend a suite. Raises InvalidSettings, PathMissing, InvalidSuite, StorageFull, ModelProblem."""
    if wanted.feedback and (wanted.documents or len(wanted.spaces) != 1):
        raise InvalidSettings("--feedback takes one --space and no --from.", "Say which space its askers may read.")
    if wanted.documents and len(wanted.spaces) > 1:
        raise InvalidSettings("--from takes one --space at most.", "Without it each subfolder is a space.")
    if not (wanted.documents or wanted.spaces):
        raise InvalidSettings("There is nothing to make questions from.", "Name --from FOLDER or --space NAME.")
    if wanted.feedback:
        space = checked_name("space", wanted.spaces[0])
        found, source, refused = from_feedback(wanted.feedback, space, Patterns()), Source(()), 0
    else:
        source = _source(settings, wanted)
        found, refused = _proposals(settings, wanted, source.pages, progress)
    made = add(wanted.suite, found, wanted.suite.resolve().name, new_guideline())
    made.problems = [{"source": name, "code": code} for name, code in source.problems]
    made.refused = refused
    return made


def _source(settings: Settings, wanted: Wanted) -> Source:
    if wanted.documents:
        space = wanted.spaces[0] if wanted.spaces else None
        return from_folder(wanted.documents, wanted.suite, space, settings.max_file_mebibytes * 2**20)
    with open_app(settings, holder="ragready eval new") as app:
        return from_spaces(app, wanted.spaces, wanted.suite)


def _proposals(
    settings: Settings, wanted: Wanted, pages: Sequence[Page], progress: Progress
) -> tuple[list[Proposal], int]:
    """Every proposal, and how many of the model's were refused."""
    found = [proposal for page in pages for proposal in proposed(page, wanted.each)]
    found += near_misses(pages, wanted.near_misses)
    model = open_model(settings.model, settings)
    if model is None:
        return found, 0
    asked = asyncio.run(_from_model(model, pages, wanted.each, settings.model_timeout_seconds, progress))
    return [*asked[0], *found], asked[1]


async def _from_model(
    model: ChatModel, pages: Sequence[Page], each: int, timeout_seconds: float, progress: Progress
) -> tuple[list[Proposal], int]:
    """What a model proposes of every page, one after the other. Raises ModelProblem, and then nothing is written."""
    found: list[Proposal] = []
    refused = 0
    for done, page in enumerate(pages, 1):
        try:
            async with asyncio.timeout(timeout_seconds):
                made = await from_model(model, page, each)
        except TimeoutError as error:
            raise ModelTimeout(
                f"{model.name} took longer than {timeout_seconds:g} seconds for {page.document}.",
                "Raise RAGREADY_MODEL_TIMEOUT_SECONDS, or lower --each.",
            ) from error
        found += made.proposals
        refused += made.refused
        progress(done, len(pages), page.document)
    return found, refused
