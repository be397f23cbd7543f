"""Every control: what it protects, where it lives. Each can be switched off, by name, in the settings.

A control that is off says so in every answer. This is a list and decides nothing.
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast, get_args

from service.core.errors import UnknownControl

ControlName: TypeAlias = Literal[
    "rate-limit",
    "input-guard",
    "personal-data",
    "access",
    "exact-cache",
    "freshness",
    "hybrid",
    "duplicates",
    "context-guard",
    "abstention",
    "confidence",
    "citations",
    "output-guard",
    "why",
    "tracing",
    "fault-isolation",
    "gate",
    "quality-gates",
    "deduplication",
    "supersession",
    "personal-policy",
    "document-scan",
    "erasure",
    "generations",
    "leaks",
    "agreement",
    "representativeness",
    "judge-calibration",
]
CONTROL_NAMES: tuple[ControlName, ...] = get_args(ControlName)


@dataclass(frozen=True)
class Control:
    """A control: its name is its switch, `home` the module that does the work."""

    name: ControlName
    protects: str
    home: str


CONTROLS: tuple[Control, ...] = (
    Control("rate-limit", "the service, from one key that asks more than its share", "service.api.limits"),
    Control("input-guard", "the model, from instructions and invisible characters in a question", "service.rag.guard"),
    Control("personal-data", "people, from their data in prompts, logs, caches and traces", "service.core.personal"),
    Control("access", "readers' secrets, from those who may not read them", "service.rag.access"),
    Control("exact-cache", "time and money, from answering the same question twice", "service.rag.cache"),
    Control("freshness", "askers, from cached answers of documents that changed", "service.rag.cache"),
    Control("hybrid", "answers, from passages that dense search alone misses", "service.rag.strategies.hybrid"),
    Control("duplicates", "answers, from copies that crowd out other passages", "service.rag.duplicates"),
    Control("context-guard", "the model, from instructions in documents", "service.rag.context"),
    Control("abstention", "askers, from an answer where the evidence does not suffice", "service.rag.judge"),
    Control("confidence", "askers, from a certainty that similarity does not give", "service.rag.heads"),
    Control("citations", "askers, from sentences that their source does not support", "service.rag.support"),
    Control("output-guard", "the page and the asker, from what an answer may carry", "service.rag.output"),
    Control("why", "askers, from an answer that rests on they know not what", "service.rag.why"),
    Control("tracing", "operators, from a bad answer that nobody can explain", "service.core.telemetry"),
    Control("fault-isolation", "askers, from the failure of a part that an answer can do without", "service.rag.cache"),
    Control("gate", "users, from a change that makes answers worse", "eval.gate"),
    Control("quality-gates", "the index, from empty, garbled, foreign and boilerplate pages", "ingestion.quality"),
    Control("deduplication", "the index, from copies of one page", "ingestion.copies.standing"),
    Control("supersession", "askers, from a document that a newer one replaces", "ingestion.copies.standing"),
    Control("personal-policy", "people, from their data in a space that is not meant to hold it", "ingestion.private"),
    Control("document-scan", "the model, from instructions hidden or written in documents", "ingestion.scan"),
    Control("erasure", "people, from traces of them that a deletion leaves behind", "ingestion.erasure.erase"),
    Control("generations", "askers, from a change of encoder or splitter while they ask", "ingestion.generations"),
    Control("leaks", "figures, from questions that something was tuned on", "eval.leakage"),
    Control("agreement", "the golden set, from labels that two people do not share", "eval.agreement"),
    Control("representativeness", "figures, from questions that nobody asks", "eval.representative"),
    Control("judge-calibration", "the gate, from scores of a judge that people do not share", "eval.calibration"),
)


def checked_controls(names: Sequence[str]) -> frozenset[ControlName]:
    """The controls of these names. Raises UnknownControl naming the nearest, or all."""
    for name in names:
        if name not in CONTROL_NAMES:
            near = difflib.get_close_matches(name, CONTROL_NAMES, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Controls: {', '.join(CONTROL_NAMES)}."
            raise UnknownControl(f"There is no control {name!r}.", hint)
    return frozenset(cast(Sequence[ControlName], names))
