"""How well the guards' patterns detect: `python -m eval.detectors injection FILE`, `... personal FILE`.

Reads JSON lines of {text, attack, where, family} or of {text, spans}. What was tuned on stands apart from the rest: of
injection the texts whose SHA-256 begins with an even byte, of personal data the first half of the lines. A span is
found when a span of its type covers it, and false when it touches none of its type. Shares have 95% Wilson intervals.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from eval.halves import tuned_on
from eval.statistics import mean
from service.core.injection import commands
from service.core.personal import Patterns, PersonalData
from service.terminal import print_json

# What patterns look for of the types that public sets name.
TYPES = ("CREDIT_CARD", "EMAIL_ADDRESS", "IBAN_CODE", "IP_ADDRESS", "PHONE_NUMBER", "US_SSN")


def injection(cases: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The share flagged by half, kind, place and family; of attacks that is detection, of benign texts false alarms."""
    flagged: dict[str, list[float]] = defaultdict(list)
    for case in cases:
        half = "tuned" if tuned_on(case["text"]) else "held out"
        kind = "attack" if case["attack"] else "benign"
        found = commands(case["text"], "question" if case["where"] == "user" else "document")
        for family in ("all", case["family"]):
            flagged[f"{half}, {kind}, {case['where']}, {family}"].append(float(bool(found)))
    return {name: asdict(mean(values)) for name, values in sorted(flagged.items())}


def personal(cases: Sequence[dict[str, Any]], engine: PersonalData) -> dict[str, Any]:
    """By half and type: the share of spans found, and how many were false."""
    figures: dict[str, Any] = {}
    middle = len(cases) // 2
    for half, chosen in (("tuned", cases[:middle]), ("held out", cases[middle:])):
        found: dict[str, list[float]] = {name: [] for name in TYPES}
        false = dict.fromkeys(TYPES, 0)
        for case in chosen:
            spans = engine.find(case["text"])
            for name in TYPES:
                told = [each for each in case["spans"] if each["type"] == name]
                mine = [each for each in spans if each.type == name]
                found[name] += [any(m.start <= t["start"] and t["end"] <= m.end for m in mine) for t in told]
                false[name] += sum(not any(m.start < t["end"] and t["start"] < m.end for t in told) for m in mine)
        for name in TYPES:
            figures[f"{half}, {name}"] = {"found": asdict(mean(found[name])), "false": false[name]}
    return figures


def report(kind: str, path: Path) -> dict[str, Any]:
    """Every figure with its interval and n."""
    with path.open(encoding="utf-8") as lines:  # splitlines() would also split within a text, at U+2028
        cases = [json.loads(line) for line in lines]
    return injection(cases) if kind == "injection" else personal(cases, Patterns())


if __name__ == "__main__":
    print_json(report(sys.argv[1], Path(sys.argv[2])))
