"""Merges and checks the golden cases of the sample corpus.

    python samples/cases.py build     samples/cases/<space>.jsonl -> samples/cases.jsonl, with the split of each case
    python samples/cases.py check     exits 1 and names every case that breaks a rule; prints the figures

answers   variants of the answer, any one of which makes a text right. A bare number only for the cell of a table, or
          where the passage has no unit
also      where the question asks for more than one thing: for each further part the list of its variants. The text must
          hold one variant of `answers` and one of each of these lists. Never a bare "yes" or "no"
relevant  the places that answer. With the tag several-documents all these documents are needed; without it, several
          documents are alternatives, each of which answers alone

A quote must stand, after whitespace is normalised, in its document as converted: markitdown for html, pdf, docx, xlsx
and csv, the decoded body for eml, the file itself for md. Three figures are kept within bounds: how many questions
share no content word (by stem) with the sentence or table row that answers them, and how well answerable questions can
be told from the others by familiar words alone, or by length alone. A number or name that no relevant document holds
literally is only reported: some answers are computed. The check does not judge whether an answer is right.
"""

import argparse
import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default as mail_policy
from functools import cache
from pathlib import Path

import snowballstemmer
from markitdown import MarkItDown

HERE = Path(__file__).resolve().parent
CORPUS, PARTS, MERGED = HERE / "corpus", HERE / "cases", HERE / "cases.jsonl"
SPACES = ("public", "partners", "support", "hr", "finance")
TAGS = frozenset(
    (
        *("single-fact", "table", "several-documents", "outdated-current", "yes-no", "how-many", "procedure"),
        *("unanswerable", "near-miss", "restricted"),
    )
)
TUNE_BELOW, TEST_BELOW = 128, 205
# An area under the ROC curve is 0.5 by chance. Outside these bounds, a classifier that sees only familiar words, or the
# length, would look as if it knew when to abstain.
BOUNDS = {
    "share without common word": (0.52, 1.0),
    "area of known words": (0.40, 0.65),
    "area of length": (0.40, 0.65),
}
QUOTE_CHARACTERS = range(3, 201)
STEMMER = snowballstemmer.stemmer("english")
# The words which may stand in a question and in its answer without making the search easy: small words, and names.
STOP_TEXT = """
a about after again all also am an and any are as at be because been before being below between both but by can
cannot could did do does doing done down during each ever every few for from get gets getting give go goes got had has
have having he her here him his how i if in into is it its itself just let long many may me might more most much must
my need no nor not now of off on once one only or other our out over own per same shall she should so some still such
take takes than that the their them then there these they this those through to too under until up us use want was we
were what when where which while who whom whose why will with within without would yes yet you your
"""
NAME_TEXT = """
velquist corvel tarn x xr loma cargo pika fold ridge pack s m l xs eco tour sport boost utrecht groningen eindhoven
ghent antwerp cologne bremen valencia netherlands belgium germany spain bronze silver gold basic plus hubra deskline
bike bikes
"""
STOP_WORDS = frozenset(STOP_TEXT.split())
NAMES = frozenset(NAME_TEXT.split())


@dataclass(frozen=True)
class Evidence:
    """A place in the corpus: "<space>/<file>" and the words that stand there."""

    document: str
    quote: str


@dataclass(frozen=True)
class Case:
    """One golden case, as its line has it."""

    id: str
    question: str
    answers: tuple[str, ...]
    also: tuple[tuple[str, ...], ...]
    answerable: bool
    relevant: tuple[Evidence, ...]
    tags: tuple[str, ...]
    spaces: tuple[str, ...]
    restricted_in: tuple[Evidence, ...]
    raw: dict[str, object] = field(repr=False, hash=False)


def split_of(case_id: str) -> str:
    """The split that a case belongs to for ever: by the first byte of the SHA-256 of its id."""
    first = hashlib.sha256(case_id.encode()).digest()[0]
    if first < TUNE_BELOW:
        return "tune"
    return "test" if first < TEST_BELOW else "sealed"


def read_cases(path: Path) -> list[Case]:
    """The cases of one file; ValueError names the line that is not a case."""
    cases: list[Case] = []
    for line_number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            cases.append(_case(json.loads(line)))
        except (KeyError, TypeError, json.JSONDecodeError) as error:
            raise ValueError(f"{path.name}:{line_number}: {error!r}") from error
    return cases


def _case(raw: dict[str, object]) -> Case:
    return Case(
        id=str(raw["id"]),
        question=str(raw["question"]),
        answers=_strings(raw["answers"]),
        also=_parts(raw.get("also", [])),
        answerable=bool(raw["answerable"]),
        relevant=_places(raw["relevant"]),
        tags=_strings(raw["tags"]),
        spaces=_strings(raw["spaces"]),
        restricted_in=_places(raw.get("restricted_in", [])),
        raw=raw,
    )


def _strings(values: object) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise TypeError(f"{values!r} is not a list")
    return tuple(str(value) for value in values)


def _parts(values: object) -> tuple[tuple[str, ...], ...]:
    if not isinstance(values, list) or not all(isinstance(part, list) and part for part in values):
        raise TypeError(f"{values!r} is not a list of lists of variants")
    if strange := [variant for part in values for variant in part if not isinstance(variant, str) or not variant]:
        raise TypeError(f"{strange!r} in also")
    return tuple(tuple(part) for part in values)


def _places(values: object) -> tuple[Evidence, ...]:
    if not isinstance(values, list):
        raise TypeError(f"{values!r} is not a list")
    return tuple(Evidence(value["document"], value["quote"]) for value in values)


def normal(text: str) -> str:
    """The text with every run of white space as one space."""
    return " ".join(text.split())


@cache
def converted(document: str) -> str:
    """The text of a document as a reader of the corpus gets it; FileNotFoundError names a missing one."""
    path = CORPUS / document
    if path.suffix == ".md":
        return path.read_text(encoding="utf-8")
    if path.suffix == ".eml":
        body = message_from_bytes(path.read_bytes(), policy=mail_policy).get_body(("plain",))
        return body.get_content() if body else ""
    return str(MarkItDown().convert(path).text_content)


def problems(case: Case) -> Iterator[str]:
    """What is wrong with one case by itself."""
    if unknown := set(case.tags) - TAGS:
        yield f"unknown tags {sorted(unknown)}"
    if not case.tags:
        yield "no tag"
    if not case.spaces or set(case.spaces) - set(SPACES):
        yield f"spaces {case.spaces}"
    if "split" in case.raw and case.raw["split"] not in ("", split_of(case.id)):
        yield "split written by hand"
    yield from _problems_of_answers(case)
    yield from _problems_of_places(case)


def _problems_of_answers(case: Case) -> Iterator[str]:
    unanswerable = {"unanswerable", "near-miss", "restricted"} & set(case.tags)
    if case.answerable and (unanswerable or not case.answers or not case.relevant):
        yield "answerable, but tagged otherwise or without answers or relevant documents"
    if bare := [part for part in case.also if {"yes", "no"} & {variant.lower() for variant in part}]:
        yield f"a bare yes or no in also: {bare}"
    if not case.answerable and (case.relevant or case.answers or case.also or not unanswerable):
        yield "not answerable, but with answers, relevant documents or without the tag"
    if ("restricted" in case.tags) != bool(case.restricted_in):
        yield "restricted and restricted_in belong together"
    if "several-documents" in case.tags and len({place.document for place in case.relevant}) < 2:
        yield "several-documents with fewer than two documents"


def _problems_of_places(case: Case) -> Iterator[str]:
    for place in case.relevant + case.restricted_in:
        may_read = place.document.split("/")[0] in case.spaces
        if may_read == (place in case.restricted_in):
            yield f"{place.document} is on the wrong side of spaces"
        if not (CORPUS / place.document).is_file():
            yield f"no document {place.document}"
        elif normal(place.quote) not in normal(converted(place.document)):
            yield f"quote not in {place.document}: {place.quote!r}"
        if len(place.quote) not in QUOTE_CHARACTERS or "\n" in place.quote:
            yield f"quote of {len(place.quote)} characters or with a line break"


def content_stems(text: str) -> set[str]:
    """The stems of the words that carry meaning: no stop words, names, numbers or codes."""
    words = re.findall(r"[^\W\d_]+", re.sub(r"\b\w*\d\w*\b", " ", text.lower()))
    return {STEMMER.stemWord(word) for word in words if word not in STOP_WORDS | NAMES and len(word) > 1}


def sentence_around(quote: str, document: str) -> str:
    """The sentence or table row of the document that holds the quote; the quote itself where none does."""
    lines = converted(document).splitlines()
    paragraphs = re.split(r"\n\s*\n", converted(document)) if document.endswith((".pdf", ".eml")) else lines
    for paragraph in paragraphs:
        if normal(quote) in normal(paragraph):
            pieces = re.split(r"(?<=[.!?:;])\s+|\s*\|\s*\n", normal(paragraph))
            return " ".join(piece for piece in pieces if piece in normal(quote) or normal(quote) in piece) or quote
    return quote


@cache
def shared_stems(case: Case) -> set[str]:
    """The content stems that the question has in common with the sentences that answer it."""
    answering: set[str] = set()
    for place in case.relevant:
        answering |= content_stems(sentence_around(place.quote, place.document))
    return content_stems(case.question) & answering


@cache
def stems_of_space(space: str) -> frozenset[str]:
    """The content stems of all documents of a space."""
    return frozenset(s for path in (CORPUS / space).iterdir() for s in content_stems(converted(f"{space}/{path.name}")))


def known_share(case: Case) -> float:
    """The share of the question's content stems that occur in the spaces which the asker may read; 1 if it has none."""
    stems = content_stems(case.question)
    known = [stem for stem in stems if any(stem in stems_of_space(space) for space in case.spaces)]
    return len(known) / len(stems) if stems else 1.0


def area_under_curve(values: Sequence[float], others: Sequence[float]) -> float:
    """How often a value of the first group lies above one of the second, ties half; NaN if a group is empty."""
    wins = [(value > other) + (value == other) / 2 for value in values for other in others]
    return sum(wins) / len(wins) if wins else float("nan")


def figures(cases: Sequence[Case]) -> dict[str, float]:
    """The figures of BOUNDS for these cases; the areas are those of answerable cases against the others."""
    yes, no = ([case for case in cases if case.answerable is answerable] for answerable in (True, False))
    lengths = ([len(case.question.split()) for case in group] for group in (yes, no))
    values = (
        sum(not shared_stems(case) for case in yes) / len(yes) if yes else float("nan"),
        area_under_curve([known_share(case) for case in yes], [known_share(case) for case in no]),
        area_under_curve(*lengths),
    )
    return dict(zip(BOUNDS, values, strict=True))


def parts_not_literal(case: Case) -> list[tuple[str, ...]]:
    """The parts of the answer which are numbers or names and of which no relevant document has a variant."""
    text = normal(" ".join(converted(place.document) for place in case.relevant)).lower()
    parts = [part for part in (case.answers, *case.also) if re.search(r"\d|[A-Z]", " ".join(part))]
    return [part for part in parts if not any(re.search(rf"(?<!\w){re.escape(v.lower())}(?!\w)", text) for v in part)]


def check(cases: Sequence[Case], verbose: bool) -> int:
    """Prints the problems and the figures; returns how many problems there are."""
    found = [f"{case.id}: {problem}" for case in cases for problem in problems(case)]
    ids = Counter(case.id for case in cases)
    found += [f"{case_id}: id used {count} times" for case_id, count in ids.items() if count > 1]
    questions = Counter(normal(case.question.lower()) for case in cases)
    found += [f"question asked {count} times: {text}" for text, count in questions.items() if count > 1]
    if any(not (CORPUS / place.document).is_file() for case in cases for place in case.relevant):
        found.append("could not compute the figures: a document is missing")
    else:
        outside = ((name, value, *BOUNDS[name]) for name, value in figures(cases).items())
        found += [
            f"{name} {value:.3f}, not {low}..{high}" for name, value, low, high in outside if not low <= value <= high
        ]
        _print_figures(cases, verbose)
    print("\n".join(found) if found else "no problems")
    return len(found)


def _print_figures(cases: Sequence[Case], verbose: bool) -> None:
    for case in cases:
        if verbose and case.answerable and (stems := shared_stems(case)):
            print(f"{case.id}: shares {sorted(stems)}")
        for part in parts_not_literal(case):
            print(f"{case.id}: not literally in its documents: {', '.join(part)}")
    spaces = {space: [case for case in cases if case.id.startswith(f"{space}-")] for space in SPACES}
    for name, group in {**spaces, "all": cases}.items():
        values = ", ".join(f"{figure} {value:.3f}" for figure, value in figures(group).items())
        print(f"{name}: {len(group)} cases, {sum(case.answerable for case in group)} answerable; {values}")
    print("tags:", dict(sorted(Counter(tag for case in cases for tag in case.tags).items())))
    print("split:", dict(sorted(Counter(split_of(case.id) for case in cases).items())))


def build(cases: Sequence[Case]) -> None:
    """Writes the merged file; the split of each case is computed, never copied."""
    lines = (json.dumps({**case.raw, "split": split_of(case.id)}, ensure_ascii=False) for case in cases)
    MERGED.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    print(f"{len(cases)} cases -> {MERGED.name}")


def main() -> int:
    """Builds or checks; returns the exit status."""
    parser = argparse.ArgumentParser(description="Merges and checks the golden cases.")
    parser.add_argument("action", choices=("build", "check"))
    parser.add_argument("--space", choices=SPACES, action="append", help="check only these spaces")
    parser.add_argument("--verbose", action="store_true", help="name the questions that share words with their answer")
    arguments = parser.parse_args()
    paths = [PARTS / f"{space}.jsonl" for space in arguments.space or SPACES]
    cases = [case for path in paths if path.is_file() for case in read_cases(path)]
    if arguments.action == "build":
        build(cases)
        return 0
    return 1 if check(cases, arguments.verbose) else 0


if __name__ == "__main__":
    sys.exit(main())
