"""The names and numbers of a question, as phrases: what a passage must hold to be about the same thing.

Told by their spelling alone: a capital letter inside a sentence, or a digit. A name at the start of a sentence is
missed unless it holds a digit or a further capital.
"""

import re
from dataclasses import dataclass

from service.rag.words import WORD, stems

_ENDS_SENTENCE = '.?!:"“('
# A model, such as "Corvel 5" or "Pack XL", or a code, such as "E19": what comes before its last part is its family.
_MODEL = re.compile(r"\b(?:([A-Z][a-z]{2,} )(?:[A-Z]{1,3}|\d{1,3}[A-Z]?)|([A-Z]{1,3}-?)\d{1,4})\b")
_MOST_SIBLINGS = 3
_AMOUNT = re.compile(r"\d+(?:[.,]\d{3})*(?:[.,]\d+)?")


@dataclass(frozen=True)
class Phrase:
    """Words that stand together, such as "Corvel 7"; `amount` when they are one number."""

    text: str
    amount: bool

    def stands_in(self, text: str) -> bool:
        """Whether a text, as `searchable` makes it, holds the phrase."""
        return searchable(self.text) in text


def searchable(text: str) -> str:
    """A text in which phrases are looked for: stems with a space around each."""
    return f" {' '.join(stems(text))} "


def phrases(question: str) -> tuple[Phrase, ...]:
    """Runs of names, numbers and codes of a question, in order."""
    runs: list[list[str]] = []
    end = -1
    for word in WORD.finditer(question):
        if not _names(question, word):
            continue
        if question[end : word.start()] == " " and runs:
            runs[-1].append(word.group())
        else:
            runs.append([word.group()])
        end = word.end()
    found = (" ".join(run) for run in runs)
    return tuple(Phrase(each, bool(_AMOUNT.fullmatch(each))) for each in found)


def siblings(name: str, text: str) -> tuple[str, ...]:
    """Other models or codes of a name's family in a text, in order, at most three: "Corvel 5" for "Corvel 7"."""
    asked = _MODEL.fullmatch(name)
    if not asked:
        return ()
    same = (each.group() for each in _MODEL.finditer(text) if each.groups() == asked.groups())
    return tuple(dict.fromkeys(each for each in same if each != name))[:_MOST_SIBLINGS]


def _names(question: str, word: re.Match[str]) -> bool:
    text, before = word.group(), question[: word.start()].rstrip()
    if any(map(str.isdigit, text)) or (text[1:] != text[1:].lower()):
        return True
    opens = not before or before[-1] in _ENDS_SENTENCE
    return text[0].isupper() and not opens and not re.fullmatch(r"I(['’]\w+)?", text)
