"""How often a changed fact is caught: `python -m eval.swaps FILE...` on JSON lines of {context, answer, grounded}.

Every number, month, weekday and name of a supported sentence is replaced in turn by one that its piece of the context
does not have, and the rules of service.rag.support are asked. Supported are the sentences of grounded answers that the
rules pass, and those of contexts as they stand. Facts are found by lists of their own here, and a name is a word that
the file has with a capital inside a sentence and never without. No encoder is needed. Prints shares by half and kind,
with 95% intervals, and what was missed. Fixed seed.
"""

import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eval import passages
from eval.detect import grounding_cases
from eval.halves import HALVES, half_of
from eval.statistics import mean
from service.core.answers import Claim, Hit
from service.core.sentences import readable, sentences
from service.core.types import Chunk, StoredChunk, TokenVectors
from service.rag import read, support
from service.rag.words import content_words
from service.terminal import print_json

NAMES = (
    "Lisbon",
    "Karlsson",
    "Veronica",
    "Osaka",
    "Brennan",
    "Quebec",
    "Fatima",
    "Zurich",
    "Maddox",
    "Corvel",
    "Helmut",
)
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WORDS = "two three four five six seven eight nine ten eleven twelve twenty thirty fifty hundred thousand million third"
_VALUES = "2 3 4 5 6 7 8 9 10 11 12 20 30 50 100 1000 1000000 3"
NUMBERS = dict(zip(_WORDS.split(), _VALUES.split(), strict=True))
# further words that tell a number of the source
_TELLING = {
    "one": "1",
    "first": "1",
    "once": "1",
    "single": "1",
    "second": "2",
    "seconds": "2",
    "twice": "2",
    "fourth": "4",
    "fifth": "5",
    "sixth": "6",
    "seventh": "7",
    "eighth": "8",
    "ninth": "9",
    "tenth": "10",
    **NUMBERS,
}
_TRIES = 20


@dataclass(frozen=True)
class Swap:
    """A sentence with one fact replaced: its kind, the sentence, and the words before and after."""

    kind: str
    text: str
    old: str
    new: str


def swaps(text: str, source: str, is_name: Callable[[str], bool], draw: random.Random) -> Iterator[Swap]:
    """The sentences that differ from `text` in one fact, whose replacement `source` does not have in any form."""
    lowered = source.lower()
    told = {_TELLING[word] for word in re.findall(r"[a-z]+", lowered) if word in _TELLING}
    for each in re.findall(r"\d+(?:[.,] ?\d+)*", source):
        told |= {each, re.sub(r"[, ]", "", each), *re.findall(r"\d+", each)}

    def changed(kind: str, found: re.Match[str], new: str) -> Swap:
        new = new.capitalize() if found.group()[0].isupper() else new
        return Swap(kind, text[: found.start()] + new + text[found.end() :], found.group(), new)

    for found in re.finditer(r"\d+(?:[.,]\d+)*", text):
        made = (re.sub(r"\d", lambda _: draw.choice("123456789"), found.group()) for _ in range(_TRIES))
        if new := next((each for each in made if each not in told), ""):
            yield changed("number", found, new)
    others = {
        "number word": [word for word, value in NUMBERS.items() if value not in told],
        "month": [each.lower() for each in MONTHS if each.lower() not in lowered],
        "weekday": [each.lower() for each in DAYS if each.lower() not in lowered],
    }
    for kind, words in (("number word", NUMBERS), ("month", MONTHS), ("weekday", DAYS)):
        for found in re.finditer(rf"\b(?:{'|'.join(words)})\b", text, re.IGNORECASE):
            if others[kind] and _dated(kind, found, text):
                yield changed(kind, found, draw.choice(others[kind]))
    listed = {each.lower() for each in (*MONTHS, *DAYS, *NUMBERS)}
    for found in re.finditer(r"\b[A-Z][a-zA-Z]+\b", text):
        if found.group().lower() not in listed and is_name(found.group()):
            yield changed("name", found, draw.choice([each for each in NAMES if each.lower() not in lowered]))


def _dated(kind: str, found: re.Match[str], text: str) -> bool:
    """Whether a month is one: "may", "march", "april" and "june" stand for other things too."""
    sure = found.group().lower() not in {"may", "march", "april", "june", "august"}
    return kind != "month" or sure or bool(re.search(r"\d", text[max(0, found.start() - 6) : found.end() + 6]))


def report(files: Sequence[Path], seed: int = 7) -> dict[str, Any]:
    """Shares caught, by half of the answers and by kind, and each miss as the words before and after."""
    draw = random.Random(seed)  # noqa: S311  # no secret
    caught: dict[str, dict[str, list[float]]] = {half: defaultdict(list) for half in HALVES}
    missed: dict[str, list[str]] = {half: [] for half in HALVES}
    for path in files:
        cases = grounding_cases(path)
        is_name = _names(case["context"] for case in cases)
        seen: set[str] = set()
        for case in cases:
            half = half_of(case["answer"])
            for claim, source in _supported(case, seen):
                for each in swaps(claim.text, source, is_name, draw):
                    found = support.refused(Claim(each.text, claim.hit, claim.start, claim.end))
                    caught[half][each.kind].append(float(found))
                    missed[half] += [] if found else [f"{each.old} → {each.new}"]
    return {
        half: {
            "all": asdict(mean([each for every in kinds.values() for each in every])),
            **{kind: asdict(mean(every)) for kind, every in sorted(kinds.items())},
            "missed": missed[half],
        }
        for half, kinds in caught.items()
    }


def _names(contexts: Iterator[str]) -> Callable[[str], bool]:
    inside: Counter[str] = Counter()
    plain: Counter[str] = Counter()
    for text in contexts:
        inside.update(re.findall(r"(?<=[a-z,] )[A-Z][a-zA-Z]+", text))
        plain.update(re.findall(r"\b[a-z]+\b", text))
    return lambda word: inside[word] > 0 and not plain[word.lower()]


def _supported(case: dict[str, Any], seen: set[str]) -> Iterator[tuple[Claim, str]]:
    """Claims that are supported, each with the piece that they rest on; a context's own sentences come once."""
    pieces = [_hit(number, piece) for number, piece in enumerate(passages.pieces(case["context"]))]
    if case["grounded"]:
        for each in sentences(case["answer"]):
            text = readable(case["answer"], each)
            span = max((support.best_span(text, hit) for hit in pieces), key=lambda one: one.share)
            claim = Claim(text, span.hit, span.start, span.end)
            if content_words(text) and not support.refused(claim):
                yield claim, span.hit.stored.text
    for hit in pieces if case["context"] not in seen else []:
        for each, text in read.shown_sentences(hit):
            yield Claim(text, hit, each.start, each.end), hit.stored.text
    seen.add(case["context"])


def _hit(number: int, text: str) -> Hit:
    """A piece of a context without vectors: the rules read text alone."""
    none = TokenVectors(np.zeros((0, 0), np.int8), np.zeros((0, 2), np.int64))
    chunk = Chunk(str(number), "0", number, 0, len(text), "")
    return Hit(StoredChunk(chunk, text, "swaps", "0", "", none), 1.0, None, None, np.zeros((0, 0), np.float32), 0.0)


if __name__ == "__main__":
    print_json(report([Path(each) for each in sys.argv[1:]]))
