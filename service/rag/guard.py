"""Checks a question before anything else sees it: it must hold words, and not too many characters.

Control characters are taken out.
"""

import re
import unicodedata
from dataclasses import replace

from service.core.app import App
from service.core.errors import InvalidQuestion, QuestionTooLong
from service.core.types import Question
from service.rag.controls import Checked, Controls
from service.rag.retrieve import checked_strategy

_SHOWN_CHARACTERS = 40
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_WORD = re.compile(r"[^\W_]")


def guarded(app: App, question: Question, controls: Controls) -> Question:
    """The question as everything behind the guard sees it. Raises InvalidInput and CouldNotCheck."""
    text = checked_question(question.text, app.settings.max_question_characters)
    text = controls.apply("input-guard", uncommanding, text)
    return replace(question, text=text, strategy=checked_strategy(question.strategy))


def uncommanding(text: str) -> Checked[str]:
    """The question, unless it commands the model. Raises QuestionRefused."""
    return Checked(text)


def checked_question(question: str, max_characters: int) -> str:
    """The question in one line, NFC, without control and invisible format characters.

    Raises QuestionTooLong above `max_characters`, InvalidQuestion when no letter or digit is left.
    """
    if len(question) > max_characters:
        raise QuestionTooLong(
            f"The question has {len(question):,} characters; {max_characters:,} are allowed.",
            "Shorten it, or raise RAGREADY_MAX_QUESTION_CHARACTERS.",
        )
    spaced = _CONTROL.sub(" ", question)
    # categories Cf, Co, Cs, Cn: format, private, surrogate, unassigned; all of them invisible
    shown = "".join(each for each in spaced if not unicodedata.category(each).startswith("C"))
    cleaned = unicodedata.normalize("NFC", " ".join(shown.split()))
    if not _WORD.search(cleaned):
        raise InvalidQuestion(
            f"The question {question[:_SHOWN_CHARACTERS]!r} holds no letter or digit.",
            "Ask in words, for example: How long is the warranty?",
        )
    return cleaned
