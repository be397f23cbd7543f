"""What ingestion's policies do to texts that give no orders and are no person's: `python -m eval.policies FILE...`.

Reads BEIR's corpus.jsonl, Markdown files and folders of documents. Shares have 95% Wilson intervals. How many orders
and how much personal data are found where they are is `ragready eval detector`'s to say.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from eval.statistics import mean
from ingestion.load import load
from ingestion.orders import orders
from ingestion.sources import FileProblem, SourceFile, find_sources
from service.core.errors import DocumentProblem
from service.core.injection import commands
from service.core.personal import Patterns
from service.terminal import print_json

PAGE_CHARACTERS = 3_000
_MAX_BYTES = 50 * 2**20


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
    engine = Patterns()
    engine.load()
    print_json(harmless([Path(each) for each in sys.argv[1:]], engine))
