"""What of a draft may be shown: sentences that their source supports, without what an answer must not carry."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from service.core.answers import Abstention, Claim
from service.core.app import App
from service.rag import output, support
from service.rag.controls import Controls
from service.rag.judge import Judged


@dataclass(frozen=True)
class CheckedDraft:
    """The sentences that are left, and why to decline when none is."""

    claims: tuple[Claim, ...]
    abstention: Abstention | None


def checked(app: App, draft: Sequence[Claim], judged: Judged, controls: Controls) -> CheckedDraft:
    """The draft after the controls `citations` and `output-guard`. Raises CouldNotCheck."""
    if judged.abstention:
        return CheckedDraft((), judged.abstention)
    supported = controls.apply("citations", support.supported, tuple(draft))
    if not supported:
        return CheckedDraft((), Abstention("unsupported", "No sentence of the draft is supported by its source."))
    shown = controls.apply("output-guard", partial(output.guarded, app.personal), supported)
    if not shown:
        return CheckedDraft((), Abstention("withheld", "What was found may not be shown."))
    return CheckedDraft(shown, None)
