"""How many planted leaks are found, and how many distinct questions are flagged: `python -m eval.leak_figures DIR...`.

DIR is a suite, of which the sealed cases are left out, or a retrieval set in BEIR's layout. Questions whose SHA-256
begins with an even byte are those that the thresholds were chosen on, of the sample cases also some others; the
others are reported. Each question is
reworded by each rule and looked for among all questions of its set; and every other question of a set is looked for
among the rest, which has none of them.
"""

import hashlib
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from eval.beir import read_retrieval_set
from eval.duplicates import Change, denied, other_name, other_number
from eval.leak_sources import Asked
from eval.leakage import Detector
from eval.rewording import COPIES, PARAPHRASES
from eval.sealed import cases_of
from eval.statistics import Estimate, mean
from service.bootstrap import open_encoder
from service.core.settings import load_settings
from service.terminal import print_json

SEED = 20_261_125
# Of a larger set so many questions, drawn by hash.
MOST = 400
OTHERS: dict[str, Change] = {"other number": other_number, "other name": other_name, "denied": denied}


@dataclass(frozen=True)
class Row:
    """Of one kind of pairs of a set: the share that is called confirmed, and at least possible."""

    set: str
    half: str
    kind: str
    leak: bool
    confirmed: Estimate
    flagged: Estimate


def questions_of(folder: Path) -> list[str]:
    """The distinct questions of a suite or a retrieval set, at most MOST, in an order of their hashes."""
    if (folder / "suite.toml").is_file():
        found = [case.question for case in cases_of(folder, None).cases]
    else:
        found = [each.text for each in read_retrieval_set(folder).queries]
    return sorted(set(found), key=lambda each: _hash(f"order {each}"))[:MOST]


def measured(detector: Detector, name: str, questions: Sequence[str]) -> Iterator[Row]:
    """Every kind of planted leak, and of distinct pairs, by half."""
    texts = [Asked(str(at), each) for at, each in enumerate(questions)]
    for half, wanted in (("tuned", 0), ("held out", 1)):
        chosen = [each for each in texts if _hash(each.text)[0] % 2 == wanted]
        for kind, pairs in _planted(chosen):
            yield _row(detector, (name, half, kind), pairs, texts)
        left, right = chosen[::2], chosen[1::2]
        found = {each.case: each.state for each in detector.leaks(left, right)}
        states = [found.get(each.id) for each in left]
        yield Row(name, half, "as they are", False, *_shares(states))


def _row(detector: Detector, names: tuple[str, str, str], pairs: Sequence[Asked], texts: Sequence[Asked]) -> Row:
    """A reworded question is found when its own original is; one of another meaning must not find its own original."""
    name, half, kind = names
    found = {each.case: each for each in detector.leaks(pairs, texts)}
    states = [leak.state if (leak := found.get(each.id)) and leak.other == each.id else None for each in pairs]
    return Row(name, half, kind, kind not in OTHERS, *_shares(states))


def _shares(states: Sequence[str | None]) -> tuple[Estimate, Estimate]:
    """The share that is confirmed, and that is at least possible."""
    return mean([each == "confirmed" for each in states]), mean([each is not None for each in states])


def _planted(chosen: Sequence[Asked]) -> Iterator[tuple[str, list[Asked]]]:
    draw = random.Random(SEED)  # noqa: S311  # no secret
    for kind, reword in {**COPIES, **PARAPHRASES}.items():
        made = [(each.id, reword(each.text, draw)) for each in chosen]
        yield kind, [Asked(name, text) for name, text in made if text]
    for kind, change in OTHERS.items():
        made = [(each.id, change(each.text, (), draw)) for each in chosen]
        yield kind, [Asked(name, text) for name, text in made if text]


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


if __name__ == "__main__":
    detector = Detector(open_encoder(load_settings()))
    rows = [row for each in sys.argv[1:] for row in measured(detector, Path(each).name, questions_of(Path(each)))]
    print_json({"rows": [asdict(row) for row in rows]})
