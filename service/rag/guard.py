"""Checks a question before anything else sees it: it must hold words, command nothing, and name no personal data.

What follows sees the question that leaves here and no other: encoder, model, cache, log and trace.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from service.core.answers import Message, Question
from service.core.app import App
from service.core.errors import InvalidQuestion, QuestionRefused, QuestionTooLong
from service.core.injection import INVISIBLE, Detect
from service.core.personal import PersonalData, masked
from service.rag import strategies
from service.rag.controls import Checked, Controls, summed

_SHOWN_CHARACTERS = 40
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_WORD = re.compile(r"[^\W_]")
# Private, surrogate, unassigned: what no font shows and no store takes.
_NO_CHARACTER = frozenset({"Co", "Cs", "Cn"})


@dataclass(frozen=True)
class _Said:
    """A question and the conversation before it."""

    text: str
    history: tuple[Message, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(each.text for each in self.history)


def guarded(app: App, question: Question, controls: Controls) -> Question:
    """The question as everything behind the guard sees it. Raises InvalidInput and CouldNotCheck.

    Of the conversation before it the last messages stay, each cut to the length of a question, without those that hold
    orders: they were refused when they were asked, or come from nowhere.
    """
    longest = app.settings.max_question_characters
    history = _last(question.history, app.settings.history_messages, longest)
    said = _Said(checked_question(question.text, longest), history)
    said = controls.apply("input-guard", partial(_uncommanding, app.detect), said)
    said = controls.apply("personal-data", partial(_without_personal_data, app.personal), said)
    return replace(question, text=said.text, history=said.history, strategy=strategies.checked(question.strategy))


def checked_question(question: str, max_characters: int) -> str:
    """The question in one line, NFC, without control characters and what is no character at all.

    Raises QuestionTooLong above `max_characters`, InvalidQuestion when nobody would see a letter or digit in it.
    """
    if len(question) > max_characters:
        raise QuestionTooLong(
            f"The question has {len(question):,} characters; {max_characters:,} are allowed.",
            "Shorten it, or raise RAGREADY_MAX_QUESTION_CHARACTERS.",
        )
    characters = _characters(question)
    if not _WORD.search(INVISIBLE.sub("", characters)):
        raise InvalidQuestion(
            f"The question {question[:_SHOWN_CHARACTERS]!r} holds no letter or digit.",
            "Ask in words, for example: How long is the warranty?",
        )
    return _in_one_line(characters)


def uncommanding(detect: Detect, text: str) -> Checked[str]:
    """The question without invisible characters. Raises QuestionRefused when a sentence commands the model."""
    seen = shown(text)
    if found := detect(seen, "question"):
        raise QuestionRefused(
            f"The question gives orders to whoever answers it (rule {found[0].rule}).",
            "Ask for what you want to know, and leave out how the assistant is to behave.",
        )
    if hidden := len(INVISIBLE.findall(text)):
        return Checked(seen, "redact", f"{hidden} invisible characters")
    return Checked(seen)


def shown(text: str) -> str:
    """What anybody sees of a text: without invisible characters, in one line. Orders are looked for in this."""
    return _in_one_line(INVISIBLE.sub("", text))


def _uncommanding(detect: Detect, said: _Said) -> Checked[_Said]:
    question = uncommanding(detect, said.text)
    before = [replace(each, text=shown(each.text)) for each in said.history]
    kept = tuple(each for each in before if not detect(each.text, "question"))
    dropped = [f"{len(before) - len(kept)} earlier messages with orders"] if len(kept) < len(before) else []
    reason = ", ".join([question.reason] * bool(question.reason) + dropped)
    return Checked(_Said(question.value, kept), "redact" if dropped else question.decision, reason)


def _without_personal_data(personal: PersonalData, said: _Said) -> Checked[_Said]:
    question, *history = (without_personal_data(personal, each) for each in (said.text, *said.texts))
    kept = tuple(replace(message, text=each.value) for message, each in zip(said.history, history, strict=True))
    redacted = any(each.decision == "redact" for each in (question, *history))
    reason = summed([each.reason for each in (question, *history)])
    return Checked(_Said(question.value, kept), "redact" if redacted else "allow", reason)


def without_personal_data(personal: PersonalData, text: str) -> Checked[str]:
    """The question with a placeholder such as <IBAN_CODE> in the place of each piece of personal data."""
    found = personal.find(text)
    counts = Counter(each.type for each in found)
    reason = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    return Checked(masked(text, found), "redact" if found else "allow", reason)


def _last(history: Sequence[Message], count: int, characters: int) -> tuple[Message, ...]:
    shown = [replace(each, text=_in_one_line(_characters(each.text))[:characters]) for each in history]
    readable = [each for each in shown if _WORD.search(INVISIBLE.sub("", each.text))]
    return tuple(readable[-count:] if count else ())


def _characters(text: str) -> str:
    return "".join(each for each in _CONTROL.sub(" ", text) if unicodedata.category(each) not in _NO_CHARACTER)


def _in_one_line(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.split()))
