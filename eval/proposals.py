"""Proposes questions from a document by rules: its headings, its table rows, its sentences with a number or a date.

A rule knows no language: its questions repeat the document's words, and some are clumsy. They are proposals, which no
run asks until a person has accepted them. What a chat model proposes comes from eval.model_proposals.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Literal, TypeAlias

from service.core.sentences import Sentence, cells, readable, sentences
from service.rag.words import content_words

Kind: TypeAlias = Literal["heading", "table", "fact", "near-miss", "model", "feedback"]


@dataclass(frozen=True)
class Page:
    """A document that questions are made from; `document` is "space/file"."""

    document: str
    title: str
    text: str

    @property
    def space(self) -> str:
        """The space that it belongs to."""
        return self.document.partition("/")[0]


@dataclass(frozen=True)
class Proposal:
    """A question with what might answer it. `answers` are variants of the answer, none where only the quote is known.

    `document` and `quote` are empty for a question that is not answerable; `near` is the document it comes close to.
    """

    question: str
    kind: Kind
    answerable: bool
    space: str
    document: str = ""
    quote: str = ""
    answers: tuple[str, ...] = ()
    near: str = ""
    note: str = ""


_MONTHS = "January February March April May June July August September October November December"
_DATE = (
    rf"\d{{1,2}} (?:{'|'.join(_MONTHS.split())})(?: \d{{4}})?|(?:{'|'.join(_MONTHS.split())}) \d{{4}}|\d{{4}}-\d\d-\d\d"
)
_NO_UNIT = "must|is|are|and|or|in|on|for|of|the|will|can|may|at|by|from|below|above|with|has|have|to|per|a"
_UNIT = rf"(?: ?%| (?:{'|'.join(_MONTHS.split())})| (?!(?:{_NO_UNIT})\b)(?:working |calendar )?[a-z]+)?"
_AMOUNT = rf"[€$£] ?\d[\d.,]*|\d[\d.,:]*(?: ?(?:-|–|to) ?\d[\d.,:]*)?{_UNIT}"
_VALUE = re.compile(rf"(?<![\w.-])(?:{_DATE}|{_AMOUNT})(?![\w-])")
_SUBJECT = r"(?P<subject>[A-Z][^,;:.()]{2,60}?)"
_MODIFIER = r"(?:(?:about|up to|at least|at most|within|only|exactly|now) )?"
_NOT_A_VALUE = frozenset(("", "-", "–", "—", "n/a", "none", "yes", "no"))
_LONGEST_CELL, _LONGEST_FACT, _LEAST_WORDS = 60, 240, 5
# Sentences whose form tells how to ask for the number: pattern after the subject, and the question.
_FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(rf"{_SUBJECT} costs? {_MODIFIER}(?=[€$£\d])"), "How much does {subject} cost?"),
    (re.compile(rf"{_SUBJECT} takes? {_MODIFIER}(?=\d)"), "How long does {subject} take?"),
    (re.compile(rf"{_SUBJECT} (?:lasts?|runs?) (?:for )?{_MODIFIER}(?=\d)"), "How long does {subject} last?"),
    (re.compile(rf"{_SUBJECT} (?:opens?|starts?|begins?) (?:at|on|in) (?=\d|[A-Z])"), "When does {subject} start?"),
    (re.compile(rf"{_SUBJECT} (?:ends?|closes?|expires?) (?:at|on|in|after) (?=\d|[A-Z])"), "When does {subject} end?"),
    (re.compile(rf"{_SUBJECT} (?:has|have|holds?|gets?) {_MODIFIER}(?=\d)"), "How many {unit} does {subject} have?"),
    (re.compile(rf"{_SUBJECT} (?:is|was) {_MODIFIER}(?=[€$£\d])"), "What is {subject}?"),
    (re.compile(rf"{_SUBJECT} (?:are|were) {_MODIFIER}(?=[€$£\d])"), "What are {subject}?"),
)


def proposed(page: Page, limit: int) -> list[Proposal]:
    """At most `limit` questions that the page answers, of every kind in turn; the same page gives the same ones."""
    found = [list(each) for each in (_of_headings(page), _of_tables(page), _of_facts(page))]
    for each in found:
        each.sort(key=lambda proposal: _order(proposal.question))
    mixed = chain.from_iterable(zip_longest(*found))
    unique = {each.question.lower(): each for each in mixed if each is not None}
    return list(unique.values())[:limit]


def near_misses(pages: Sequence[Page], limit: int) -> list[Proposal]:
    """At most `limit` questions a page that the page comes close to and no page answers, as far as words can tell.

    What one page has a heading on is asked of another page's subject. A person has to look whether it is answered.
    """
    known = [(page, content_words(page.text), _headings(page)) for page in pages]
    found = []
    for page, words, _ in known:
        subject = content_words(page.title)
        others = sorted(
            {
                heading
                for other, _, headings in known
                for heading in headings
                if other.space == page.space and other is not page and not heading.endswith("?")
            },
            key=lambda heading: _order(page.document + heading),
        )
        asked = [each for each in others if _answered_nowhere(content_words(each), subject, words)][:limit]
        found += [
            Proposal(_about(each, page), "near-miss", answerable=False, space=page.space, near=page.document)
            for each in asked
        ]
    return found


def _answered_nowhere(heading: frozenset[str], subject: frozenset[str], words: frozenset[str]) -> bool:
    """Whether a page lacks most of what a heading speaks of, and the heading is not about the page's own subject."""
    return len(heading) > 0 and not heading & subject and len(heading & words) * 2 < len(heading)


def _of_headings(page: Page) -> Iterator[Proposal]:
    seen: set[str] = set()
    for sentence in sentences(page.text):
        heading = _heading(page.text, sentence)
        if not heading or heading in seen or heading == page.title or sentence.header:
            continue
        seen.add(heading)
        quote = page.text[sentence.start : sentence.end].strip()
        if len(quote.split()) >= 4:
            yield _answerable(page, _about(heading, page), "heading", quote)


def _of_tables(page: Page) -> Iterator[Proposal]:
    for sentence in sentences(page.text):
        values = [each.strip() for each in cells(page.text[sentence.start : sentence.end])] if sentence.header else []
        if len(values) < 2 or not any(map(str.isalpha, values[0])):
            continue
        columns = [
            (name.strip(), value)
            for name, value in zip(sentence.header[1:], values[1:], strict=False)
            if name.strip() and value.lower() not in _NOT_A_VALUE and len(value) <= _LONGEST_CELL
        ]
        if columns:
            name, value = min(columns, key=lambda each: _order(values[0] + each[0]))
            question = f"What is the {_lowered(name, page)} for {values[0]} ({page.title})?"
            quote = page.text[sentence.start : sentence.end].strip()
            yield _answerable(page, question, "table", quote, (value,))


def _of_facts(page: Page) -> Iterator[Proposal]:
    for sentence in sentences(page.text):
        said = readable(page.text, sentence)
        value = _VALUE.search(said)
        # a fragment of a list is no sentence that a question could be made of
        whole = said[:1].isupper() and len(said.split()) >= _LEAST_WORDS and len(said) <= _LONGEST_FACT
        if sentence.header or value is None or not whole:
            continue
        quote = page.text[sentence.start : sentence.end].strip()
        yield _answerable(page, _asked(said, value, page), "fact", quote, (value.group().strip(),))


def _asked(said: str, value: re.Match[str], page: Page) -> str:
    """The question for a value in a sentence; where no form fits, the sentence with a gap."""
    for form, question in _FORMS:
        found = form.match(said)
        if found and found.end() == value.start():
            unit = value.group().rpartition(" ")[2] if " " in value.group() else "of them"
            return question.format(subject=_lowered(found["subject"], page), unit=unit)
    gap = f"{said[: value.start()]}…{said[value.end() :]}".rstrip(".!")
    return f"What belongs in the gap: {gap}?"


def _about(heading: str, page: Page) -> str:
    if heading.endswith("?"):
        return heading
    if how := re.match(r"how to (.+)", heading, re.IGNORECASE):
        return f"How do I {how[1]}?"
    if re.match(r"(?:when|where|who|what|why|how) ", heading, re.IGNORECASE):
        return f"{heading[0].upper()}{heading[1:]}?"
    return f"What applies to {_lowered(heading, page)} ({page.title})?"


def _answerable(page: Page, question: str, kind: Kind, quote: str, answers: tuple[str, ...] = ()) -> Proposal:
    return Proposal(
        question, kind, answerable=True, space=page.space, document=page.document, quote=quote, answers=answers
    )


def _headings(page: Page) -> list[str]:
    found = dict.fromkeys(_heading(page.text, each) for each in sentences(page.text))
    return [each for each in found if each and each != page.title]


def _heading(text: str, sentence: Sentence) -> str:
    """The heading that a sentence stands under, without markup."""
    if not sentence.above:
        return ""
    start, end = sentence.above[0]
    found = text[start:end].strip()
    return found.strip("#*_ ") if found.startswith("#") else ""


def _lowered(words: str, page: Page) -> str:
    """Without the capital that a sentence begins with, where the page writes the word without one elsewhere."""
    first = words.split(maxsplit=1)[0]
    lower = first[0].lower() + first[1:]
    small = lower in {"the", "a", "an", "each", "every", "your", "our"} or re.search(
        rf"\b{re.escape(lower)}\b", page.text
    )
    return lower + words[len(first) :] if small else words


def _order(text: str) -> str:
    """A stable order that has nothing to do with where things stand."""
    return hashlib.sha256(text.encode()).hexdigest()
