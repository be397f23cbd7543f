"""Takes labels over into the cases: what two people call right is asked from then on, the rest is skipped and says why.

Refused while people do not agree enough on what is right. Only the lines of cases that change are rewritten.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from eval.agreement import Agreement, agreement
from eval.labels import ADJUDICATED, Judgement, annotators, labels_of
from eval.new_suite import PROPOSAL, WAITING, cases_path
from eval.suite import Case, read_suite, read_utf8
from eval.versions import Version, keep_version
from service.core.errors import InvalidSuite, StorageFull

LABELLED = "labelled "
_REMEDY = "Read the guideline together, label again, and decide what is left with `ragready eval label --adjudicate`."


@dataclass(frozen=True)
class Accepted:
    """What became of labelled cases, by id. `waiting` are proposals with too few labels, or an open disagreement."""

    accepted: tuple[str, ...]
    left_out: tuple[str, ...]
    waiting: tuple[str, ...]
    agreement: Agreement
    version: Version


def accept(suite: Path, least: int = 2, *, enforce: bool = True) -> Accepted:
    """Accept and leave out cases as at least `least` people labelled them, or as their disagreement was decided.

    Raises StorageFull, and InvalidSuite when two or more must agree and do not; with `enforce` off that is only told.
    """
    cases = read_suite(suite).cases
    found = agreement(suite, cases)
    if enforce and least > 1 and found.verdict != "agree":
        raise InvalidSuite(f"The labels cannot be taken over: {told(found)}.", _REMEDY)
    final = _final(suite, cases, least)
    _rewrite(cases_path(suite), final)
    accepted = tuple(name for name, each in final.items() if each == "right")
    left_out = tuple(name for name, each in final.items() if each != "right")
    waiting = tuple(case.id for case in cases if case.id not in final and PROPOSAL in case.tags)
    note = f"Labels taken over: {len(accepted)} cases accepted, {len(left_out)} left out; {told(found)}."
    return Accepted(accepted, left_out, waiting, found, keep_version(suite, note))


def told(found: Agreement) -> str:
    """An agreement in words."""
    if found.alpha.value is None:
        return f"{found.verdict}, {found.alpha.n} cases with two labels"
    interval = f"{found.alpha.low:.2f} to {found.alpha.high:.2f}"
    return f"{found.verdict}, alpha {found.alpha.value:.2f} ({interval}, n {found.alpha.n})"


def _final(suite: Path, cases: tuple[Case, ...], least: int) -> dict[str, Judgement]:
    """The judgement that stands, of the cases that have one."""
    decided = labels_of(suite, ADJUDICATED, cases)
    people = [labels_of(suite, name, cases) for name in annotators(suite)]
    final: dict[str, Judgement] = {}
    for case in cases:
        given = [labels[case.id].label for labels in people if case.id in labels]
        if case.id in decided:
            final[case.id] = decided[case.id].label
        elif len(given) >= least and len(set(given)) == 1:
            final[case.id] = given[0]
    return final


def _rewrite(path: Path, final: Mapping[str, Judgement]) -> None:
    lines = read_utf8(path).split("\n")
    changed = "\n".join(_line(line, final) if line.strip() else line for line in lines)
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(changed, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise StorageFull(f"{path} cannot be written: {error.strerror}.", "Free some space and try again.") from error


def _line(line: str, final: Mapping[str, Judgement]) -> str:
    raw = json.loads(line)
    judgement, skip = final.get(raw["id"]), raw.get("skip") or ""
    ours = skip.startswith((WAITING, LABELLED))
    if judgement is None or (judgement == "right" and not ours) or (judgement != "right" and skip and not ours):
        return line
    if judgement == "right":
        raw.pop("skip")
        raw["tags"] = [tag for tag in raw.get("tags", []) if tag != PROPOSAL]
    else:
        raw["skip"] = f"{LABELLED}{judgement}"
    return json.dumps(raw, ensure_ascii=False)
