"""What ingestion's policies do to texts of other people: `python -m eval.policies KIND FILE...`.

instructions reads JSON lines of {text, attack, where, family} and takes those of documents; harmless reads BEIR's
corpus.jsonl, Markdown files and folders of documents that give no orders; personal reads {text, spans}. What was tuned
on stands apart, as in eval.detectors. Shares have 95% Wilson intervals.
"""

import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from eval.detectors import TYPES
from eval.halves import tuned_on
from eval.statistics import mean
from ingestion.load import load
from ingestion.orders import orders
from ingestion.sources import FileProblem, SourceFile, find_sources
from service.core.errors import DocumentProblem
from service.core.injection import commands
from service.core.personal import Patterns, PersonalSpan, masked
from service.terminal import print_json

PAGE_CHARACTERS = 3_000
_MAX_BYTES = 50 * 2**20


def instructions(cases: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The share of documents in which the scan finds an order, by half, kind and family."""
    flagged: dict[str, list[float]] = defaultdict(list)
    for case in cases:
        if case["where"] == "document":
            half = "tuned" if tuned_on(case["text"]) else "held out"
            kind = "attack" if case["attack"] else "benign"
            found = float(bool(orders(commands, case["text"])))
            for family in ("all", case["family"]):
                flagged[f"{half}, {kind}, {family}"].append(found)
    return {name: asdict(mean(values)) for name, values in sorted(flagged.items())}


def harmless(paths: Sequence[Path], engine: Patterns) -> dict[str, Any]:
    """By set: the share of documents that the scan would change or hold, by which rules, and a page's milliseconds.

    The time is one core's, for a page of 3,000 characters.
    """
    figures = {}
    for path in paths:
        changed, hiding, personal, rules = [], [], [], Counter[str]()
        scanning = searching = 0.0
        characters = 0
        for text, hidden in _texts(path):
            started = time.thread_time()
            found = orders(commands, text)
            scanned = time.thread_time()
            spans = engine.find(text)
            searching += time.thread_time() - scanned
            scanning += scanned - started
            characters += len(text)
            rules.update(each.rule for each in found)
            changed.append(float(bool(found)))
            hiding.append(float(bool(orders(commands, hidden))))
            personal.append(float(bool(spans)))
        figures[str(path)] = {
            "changed or held by the scan": asdict(mean(changed)),
            "with an order in hidden text": asdict(mean(hiding)),
            "rules": dict(rules),
            "with personal data": asdict(mean(personal)),
            "scan, ms a page": round(scanning * 1e3 / characters * PAGE_CHARACTERS, 2),
            "personal data, ms a page": round(searching * 1e3 / characters * PAGE_CHARACTERS, 2),
        }
    return figures


def personal(cases: Sequence[Mapping[str, Any]], engine: Patterns) -> dict[str, Any]:
    """By half and type: the shares found exactly, found at least in part, gone from the masked text; and false ones."""
    figures: dict[str, Any] = {}
    middle = len(cases) // 2
    engine.load()
    for half, chosen in (("tuned", cases[:middle]), ("held out", cases[middle:])):
        seen: dict[str, dict[str, list[float]]] = {name: defaultdict(list) for name in TYPES}
        false = Counter[str]()
        for case in chosen:
            spans = engine.find(case["text"])
            after = masked(case["text"], spans)
            for told in case["spans"]:
                if told["type"] in seen:
                    for name, value in _hits(told, spans, case["text"], after).items():
                        seen[told["type"]][name].append(value)
            false.update(each.type for each in spans if not any(_overlap(each, told) for told in case["spans"]))
        for type_, shares in seen.items():
            figures[f"{half}, {type_}"] = {name: asdict(mean(values)) for name, values in shares.items()} | {
                "false": false[type_]
            }
    return figures


def _hits(told: Mapping[str, Any], spans: Sequence[PersonalSpan], text: str, after: str) -> dict[str, float]:
    mine = [each for each in spans if each.type == told["type"]]
    return {
        "exact": float(any((each.start, each.end) == (told["start"], told["end"]) for each in mine)),
        "overlapping": float(any(_overlap(each, told) for each in mine)),
        "gone": float(text[told["start"] : told["end"]] not in after),
    }


def _overlap(span: PersonalSpan, told: Mapping[str, Any]) -> bool:
    return bool(span.start < told["end"] and told["start"] < span.end)


def _texts(path: Path) -> Iterator[tuple[str, str]]:
    """What is seen and what is hidden of each document."""
    if path.suffix == ".jsonl":
        for each in _lines(path):
            yield f"{each.get('title') or ''}\n\n{each.get('text') or ''}".strip() or "-", ""
    elif path.is_dir():
        for file in find_sources([path]):
            yield from _of_file(file)
    else:
        yield path.read_text(encoding="utf-8"), ""


def _of_file(file: Any) -> Iterator[tuple[str, str]]:
    if isinstance(file, FileProblem) or not isinstance(file, SourceFile):
        return
    try:
        for each in load(file, _MAX_BYTES).documents:
            yield each.text, "\n\n".join(hidden.text for hidden in each.hidden)
    except DocumentProblem:  # what cannot be read is not scanned
        return


def _lines(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:  # splitlines() would also split within a text, at U+2028
        return [json.loads(line) for line in lines]


if __name__ == "__main__":
    kind, files = sys.argv[1], [Path(each) for each in sys.argv[2:]]
    engine = Patterns()
    engine.load()
    if kind == "harmless":
        print_json(harmless(files, engine))
    else:
        cases = [case for each in files for case in _lines(each)]
        print_json(instructions(cases) if kind == "instructions" else personal(cases, engine))
