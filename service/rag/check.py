"""What of a draft may be shown: sentences that their source supports, without what an answer must not carry."""

from functools import partial

from service.core.answers import Abstention, Claim
from service.core.app import App
from service.rag import output, support
from service.rag.controls import Controls, InParts
from service.rag.draft import Part


class Check:
    """The controls `citations` and `output-guard` over a draft that comes in parts; each decides once, at the end."""

    def __init__(self, app: App, controls: Controls) -> None:
        self._controls = controls
        self._citations = InParts(
            controls, "citations", partial(support.supported, encoder=app.encoder, model=app.entailment)
        )
        self._guarded = partial(output.guarded, app.personal)
        self._guard: InParts[tuple[Claim, ...]] | None = None

    def passed(self, part: Part) -> tuple[Claim, ...]:
        """The sentences of a part that may be shown. Raises CouldNotCheck."""
        shown = self._citations.passed(part.claims)
        if shown:
            self._guard = self._guard or InParts(self._controls, "output-guard", self._guarded)
            shown = self._guard.passed(shown)
        if part.last:
            self._citations.decide()
            if self._guard:
                self._guard.decide()
        return shown

    def nothing_left(self) -> Abstention:
        """Why to decline when no sentence may be shown."""
        if self._guard:
            return Abstention("withheld", "What was found may not be shown.")
        return Abstention("unsupported", "No sentence of the draft is supported by its source.")
