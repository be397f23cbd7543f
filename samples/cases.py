"""Merges and checks the golden cases of the sample corpus.

    python samples/cases.py build     samples/cases/<space>.jsonl -> samples/cases.jsonl, with the split of each case
    python samples/cases.py check     exits 1 and names every case that breaks a rule; prints the figures

answers   variants of the answer, any one of which makes a text right. A bare number only for the cell of a table, or
          where the passage has no unit
also      where the question asks for more than one thing: for each further part the list of its variants. The text must
          hold one variant of `answers` and one of each of these lists. Never a bare "yes" or "no"
relevant  the places that answer. With the tag several-documents all these documents are needed; without it, several
          documents are alternatives, each of which answers alone

must_pass true for a case whose answer has to be accepted, whatever the others' share is: the gate stops a change that
          loses it. It is one that a reader gets right for a reason and not by luck

A quote must stand, after whitespace is normalised, in its document's text as ingestion stores it. Three figures are
kept within bounds: how many questions share no content word (by stem) with the sentence or table row that answers them,
and how well answerable questions can be told from the others by familiar words alone, or by length alone. A number or
name that no relevant document holds literally is only reported: some answers are computed. The check does not judge
whether an answer is right.
"""

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence

from golden import CORPUS, HERE, Case, converted, normal, read_cases, split_of
from wording import BOUNDS, figures, shared_stems

PARTS, MERGED = HERE / "cases", HERE / "cases.jsonl"
SPACES = ("public", "partners", "support", "hr", "finance")
TAGS = frozenset(
    (
        *("single-fact", "table", "several-documents", "outdated-current", "yes-no", "how-many", "procedure"),
        *("unanswerable", "near-miss", "restricted"),
    )
)
QUOTE_CHARACTERS = range(3, 201)


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
