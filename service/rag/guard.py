"""Checks a question before anything else sees it: it must hold words, command nothing, and name no personal data.

What follows sees the question that leaves here and no other: encoder, model, cache, log and trace.
"""

import re
import unicodedata
from collections import Counter
from dataclasses import replace
from functools import partial

from service.core.answers import Question
from service.core.app import App
from service.core.errors import InvalidQuestion, QuestionRefused, QuestionTooLong
from service.core.injection import INVISIBLE, Detect
from service.core.personal import PersonalData, masked
from service.rag import strategies
from service.rag.controls import Checked, Controls

_SHOWN_CHARACTERS = 40
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_WORD = re.compile(r"[^\W_]")
# Private, surrogate, unassigned: what no font shows and no store takes.
_NO_CHARACTER = frozenset({"Co", "Cs", "Cn"})


def guarded(app: App, question: Question, controls: Controls) -> Question:
    """The question as everything behind the guard sees it. Raises InvalidInput and CouldNotCheck."""
    text = checked_question(question.text, app.settings.max_question_characters)
    text = controls.apply("input-guard", partial(uncommanding, app.detect), text)
    text = controls.apply("personal-data", partial(without_personal_data, app.personal), text)
    return replace(question, text=text, strategy=strategies.checked(question.strategy))


def checked_question(question: str, max_characters: int) -> str:
    """The question in one line, NFC, without control characters and what is no character at all.

    Raises QuestionTooLong above `max_characters`, InvalidQuestion when nobody would see a letter or digit in it.
    """
    if len(question) > max_characters:
        raise QuestionTooLong(
            f"The question has {len(question):,} characters; {max_characters:,} are allowed.",
            "Shorten it, or raise RAGREADY_MAX_QUESTION_CHARACTERS.",
        )
    spaced = _CONTROL.sub(" ", question)
    characters = "".join(each for each in spaced if unicodedata.category(each) not in _NO_CHARACTER)
    if not _WORD.search(INVISIBLE.sub("", characters)):
        raise InvalidQuestion(
            f"The question {question[:_SHOWN_CHARACTERS]!r} holds no letter or digit.",
            "Ask in words, for example: How long is the warranty?",
        )
    return _in_one_line(characters)


def uncommanding(detect: Detect, text: str) -> Checked[str]:
    """The question without invisible characters. Raises QuestionRefused when a sentence commands the model."""
    shown = _in_one_line(INVISIBLE.sub("", text))
    if found := detect(shown, "question"):
        raise QuestionRefused(
            f"The question gives orders to whoever answers it (rule {found[0].rule}).",
            "Ask for what you want to know, and leave out how the assistant is to behave.",
        )
    if hidden := len(INVISIBLE.findall(text)):
        return Checked(shown, "redact", f"{hidden} invisible characters")
    return Checked(shown)


def without_personal_data(personal: PersonalData, text: str) -> Checked[str]:
    """The question with a placeholder such as <IBAN_CODE> in the place of each piece of personal data."""
    found = personal.find(text)
    counts = Counter(each.type for each in found)
    reason = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    return Checked(masked(text, found), "redact" if found else "allow", reason)


def _in_one_line(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.split()))
