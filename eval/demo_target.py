"""The demo as something to ask. It ties no sentence to a source, knows no spaces and no askers, and declines in words.

It stands apart from eval.target because importing the demo takes seconds.
"""

import re

from eval.demo import Demo
from eval.target import Seen, SeenHit
from service.core.answers import Caller
from service.rag.threads import in_thread

# What the demo's prompt tells the model to say.
_DECLINES = re.compile(r"\bI (?:do not|don['’]t) know\b", re.IGNORECASE)


class DemoTarget:
    """The demo over one corpus."""

    name = "demo"

    def __init__(self, demo: Demo, model: str) -> None:
        self.demo = demo
        self._model = model

    async def ask(self, question: str, spaces: tuple[str, ...] | None = None, caller: Caller | None = None) -> Seen:  # noqa: ARG002  # the demo cannot be told
        """What the demo says; it searches everything, whoever asks. Raises whatever the demo raises."""
        said = await in_thread(self.demo.ask, question)
        return Seen(
            text=said.text,
            abstained=bool(_DECLINES.search(said.text)),
            reason_code="says-so" if _DECLINES.search(said.text) else None,
            citations=(),
            hits=tuple(
                SeenHit(
                    each.source, each.source.partition("/")[0], each.source, f"{each.source}#{place}", None, each.text
                )
                for place, each in enumerate(said.sources)
            ),
            strategy=self.name,
            model=self._model,
            timings_ms=said.timings_ms,
            simulated=self.demo.simulated,
        )

    def reader_of(self, spaces: tuple[str, ...]) -> Caller | None:  # noqa: ARG002  # the demo cannot be told
        """None: everybody reads everything."""
        return None
