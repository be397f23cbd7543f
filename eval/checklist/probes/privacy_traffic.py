"""Is personal data in prompts, logs, traces, caches? It is planted in questions and then looked for everywhere.

Everywhere is: what the model is sent, the log, traces, metrics, what goes into the cache, and every file in the data
folder. The answer is left out: it goes to who asked. Names and places are not planted: patterns do not find them.
"""

import random
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from structlog.testing import capture_logs

from eval.checklist.invented import card, iban
from eval.checklist.lab import Lab, Off
from eval.checklist.states import Figure, Finding, PathName, State, count, share_of
from eval.target import InProcess
from service.core.answers import local_caller
from service.core.app import App
from service.core.cache import InProcessCache
from service.rag.simulated import Simulated

if TYPE_CHECKING:
    from eval.demo_target import DemoTarget

MODEL = "sim:ttft0-itl0-len60"
SPACE = "desk"
PAGES = {
    SPACE: {"refunds.md": "# Refunds\n\nA refund is paid within five days, to the account that the money came from.\n"}
}
# `{}` stands for personal data of the kind that is asked about; numbers are made to pass their checksums.
QUESTIONS = (
    "When is the refund paid to my account {}?",
    "My address is {}: when do I hear of my refund?",
    "I paid with {}. Within how many days is the refund paid?",
    "Call me at {} when the refund is paid, please. When will that be?",
)


@dataclass
class Heard:
    """What went where, as texts by the name of the place."""

    places: dict[str, list[str]] = field(default_factory=dict)

    def add(self, place: str, *texts: str) -> None:
        """Note texts that went to a place."""
        self.places.setdefault(place, []).extend(texts)

    def holding(self, words: Sequence[str]) -> dict[str, int]:
        """How many of the words are in each place."""
        return {
            place: sum(any(_plain(word) in _plain(text) for text in texts) for word in words)
            for place, texts in self.places.items()
        }


class OverheardModel(Simulated):
    """The simulated model, listened to."""

    def __init__(self, name: str, heard: Heard) -> None:
        super().__init__(name)
        self._heard = heard

    def stream(self, system: str, user: str) -> AsyncGenerator[str, None]:
        """The model's own, after noting what it is sent."""
        self._heard.add("prompts", system, user)
        return super().stream(system, user)


class OverheardCache(InProcessCache):
    """The cache in process, listened to."""

    def __init__(self, entries: int, heard: Heard) -> None:
        super().__init__(entries)
        self._heard = heard

    def set(self, key: str, value: bytes, ttl_seconds: int) -> None:
        """The cache's own, after noting what is kept."""
        self._heard.add("cache", key, value.decode())
        super().set(key, value, ttl_seconds)


async def measure(lab: Lab, path: PathName, off: Off = frozenset()) -> Finding:
    """Ask with personal data in the questions, then look for it."""
    data = planted(lab.few(5, 2), lab.seed)
    heard = Heard()
    if path == "demo":
        with lab.demo(lab.corpus(PAGES), model=MODEL) as demo, _overheard(demo, heard), capture_logs() as log:
            for question in data.values():
                await demo.ask(question)
        heard.add("log", *map(repr, log))
        return _finding(heard, list(data))
    # whether to decline is another line's question; here the model must be asked
    with lab.production(PAGES, off | {"abstention"}, model=MODEL) as production:
        await _listen(production.app, heard, list(data.values()))
        return _finding(heard, list(data))


async def null_control(lab: Lab) -> Finding:
    """The control switched off: what was planted is found."""
    return await measure(lab, "production", frozenset({"personal-data"}))


def judged(found: Figure) -> State:
    """Pass: none of what was planted is found anywhere."""
    return "pass" if found.value == 0 else "fail"


def planted(rounds: int, seed: int) -> dict[str, str]:
    """Questions by the personal data in them: an account, an address of mail, a card and a telephone a round."""
    draw = random.Random(seed)  # noqa: S311  # no secret
    made: dict[str, str] = {}
    for _ in range(rounds):
        digits = "".join(draw.choices("0123456789", k=10))
        data = (
            iban("NL", f"RGRD{digits}"),
            f"quill.{digits[:5]}@example.org",
            card(f"411111{digits[:9]}"),
            f"+31 20 555 {digits[:4]}",
        )
        made |= {each: question.format(each) for each, question in zip(data, QUESTIONS, strict=True)}
    return made


async def _listen(app: App, heard: Heard, questions: Sequence[str]) -> None:
    cache = OverheardCache(app.settings.cache_entries, heard)
    overheard = replace(app, model=OverheardModel(MODEL, heard), cache=cache)
    asker = local_caller(app.settings.tenant)
    with capture_logs() as log:
        seen = [await InProcess(overheard).ask(each) for each in questions]
    heard.add("log", *map(repr, log))
    heard.add("traces", *(repr(app.telemetry.traces.seen_by(asker, each.trace_id)) for each in seen))
    heard.add("metrics", app.telemetry.exposition().decode())
    heard.add("files", *_files(app.settings.data_folder))
    missing = {"prompts", "cache"} - set(heard.places)
    if missing:
        raise RuntimeError(f"nothing went to {', '.join(sorted(missing))}, so nothing could be found there")


def _files(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.read_bytes().decode(errors="replace")


@contextmanager
def _overheard(demo: "DemoTarget", heard: Heard) -> Iterator[None]:
    """Note what the demo's model is sent, as LangChain reports it."""
    from langchain_core.callbacks import BaseCallbackHandler  # noqa: PLC0415  # only the demo needs LangChain

    class Listener(BaseCallbackHandler):
        def on_chat_model_start(self, serialized: Mapping[str, Any], messages: Sequence[Any], **_: Any) -> None:  # noqa: ARG002  # LangChain's signature
            heard.add("prompts", repr(messages))

    demo.demo.model.callbacks = [Listener()]
    yield


def _finding(heard: Heard, words: Sequence[str]) -> Finding:
    holding = heard.holding(words)
    anywhere = [
        any(_plain(word) in _plain(text) for texts in heard.places.values() for text in texts) for word in words
    ]
    figures = {"personal data found": share_of(anywhere)}
    figures |= {f"found in {place}": count(number, len(words)) for place, number in holding.items()}
    return Finding(judged(figures["personal data found"]), figures, says=f"asked through a simulated model, {MODEL}")


def _plain(text: str) -> str:
    return "".join(text.split()).lower()
