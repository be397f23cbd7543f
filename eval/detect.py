"""`ragready eval detector`: how well the product tells what is supported and what can be answered, on a file of cases.

grounding reads JSON lines of {context, answer, grounded}: an answer is as good as its worst sentence, each sentence
scored by the control `citations` against the piece of the context that supports it best. abstention reads {question,
passages, answerable}: the passages are all there is. `family` groups the cases of either. A case that raises is counted
and is in no figure. Raises PathMissing and InvalidSuite naming file and line.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from eval import passages
from eval.ranking import auc, average_precision, detected_at_one_percent, precision
from eval.statistics import Estimate, estimate, mean, middle, percentile_95
from eval.suite import read_lines
from service.core.answers import Claim
from service.core.embedder import Encoder
from service.core.errors import InvalidSuite, RagreadyError
from service.core.sentences import readable, sentences
from service.rag import judge, read, support
from service.rag.words import content_words

Kind: TypeAlias = Literal["grounding", "abstention"]
HITS = 8
"""As many pieces reach the judge as by default in the product."""


@dataclass(frozen=True)
class Scored:
    """One case: whether it is a positive, the probability that the product gives it, its family, and what it took."""

    positive: bool
    score: float
    family: str
    ms: float


def report(kind: Kind, path: Path, encoder: Encoder, threshold: float) -> dict[str, Any]:
    """Every figure with interval and n. `threshold` is what declines below; that of sentences is the product's."""
    label, score = _KINDS[kind]
    scored: list[Scored] = []
    failures: list[dict[str, str]] = []
    for number, case in enumerate(_cases(path, label), 1):
        try:
            scored.append(_scored(score, case, label, encoder))
        except RagreadyError as error:
            failures.append({"case": str(number), "error": f"{error.code}: {error.detail}"})
    at = support.THRESHOLD if kind == "grounding" else threshold
    families = sorted({each.family for each in scored} - {""})
    return {
        "detector": kind,
        "positive": label,
        "threshold": at,
        **_figures(scored, at),
        "by_family": {name: _figures([each for each in scored if each.family == name], at) for name in families},
        "failed": len(failures),
        "failures": failures,
    }


def answerable(case: Mapping[str, Any], encoder: Encoder) -> float:
    """The probability that a question can be answered from its passages."""
    query = encoder.embed_query(case["question"])
    found = passages.embedded(encoder, [(each.get("title", ""), each["text"]) for each in case["passages"]])
    hits = passages.hits(query, found, HITS)
    ranked = read.evidence(case["question"], query, hits)
    return judge.sufficiency(case["question"], query, hits, ranked).probability


def grounded(case: Mapping[str, Any], encoder: Encoder) -> float:
    """The probability that the context supports every sentence of an answer: that of the worst one."""
    return min(support.probability(each, encoder) for each in claims(case["context"], case["answer"], encoder))


def claims(context: str, answer: str, encoder: Encoder) -> list[Claim]:
    """The sentences of an answer that say something, each with the sentence of the context that supports it best."""
    pieces = [passages.plain_hit(each) for each in passages.embedded(encoder, [("", context)])]
    said = [text for each in sentences(answer) if content_words(text := readable(answer, each))] or [answer]
    spans = [max((support.best_span(text, hit) for hit in pieces), key=lambda each: each.share) for text in said]
    return [Claim(text, span.hit, span.start, span.end) for text, span in zip(said, spans, strict=True)]


_KINDS: Mapping[Kind, tuple[str, Callable[[Mapping[str, Any], Encoder], float]]] = {
    "grounding": ("grounded", grounded),
    "abstention": ("answerable", answerable),
}
_FIELDS: Mapping[str, Mapping[str, type]] = {
    "grounded": {"context": str, "answer": str},
    "answerable": {"question": str, "passages": list},
}


def _scored(score: Callable[..., float], case: Mapping[str, Any], label: str, encoder: Encoder) -> Scored:
    started = time.perf_counter()
    value = score(case, encoder)
    return Scored(case[label], value, str(case.get("family", "")), (time.perf_counter() - started) * 1e3)


def abstention_cases(path: Path) -> list[dict[str, Any]]:
    """The cases of an abstention file. Raises PathMissing, InvalidSuite."""
    return _cases(path, "answerable")


def grounding_cases(path: Path) -> list[dict[str, Any]]:
    """The cases of a grounding file. Raises PathMissing, InvalidSuite."""
    return _cases(path, "grounded")


def _cases(path: Path, label: str) -> list[dict[str, Any]]:
    wanted: dict[str, type] = {**_FIELDS[label], label: bool}
    found = []
    for number, line in read_lines(path):
        try:
            case = json.loads(line)
        except json.JSONDecodeError as error:
            raise InvalidSuite(f"{path}, line {number} is no JSON: {error}.", _REMEDY) from error
        wrong = [name for name, kind in wanted.items() if not isinstance(case.get(name), kind)]
        if wrong:
            raise InvalidSuite(f"{path}, line {number} has no usable {wrong[0]!r}.", _REMEDY)
        found.append(case)
    if not found:
        raise InvalidSuite(f"{path} holds no case.", _REMEDY)
    return found


_REMEDY = "docs/evaluation.md describes the layout."


def _figures(scored: Sequence[Scored], threshold: float) -> dict[str, Any]:
    truth, scores = [float(each.positive) for each in scored], [each.score for each in scored]
    said = [float(each >= threshold) for each in scores]
    times = [each.ms for each in scored]
    positives = [value for value, case in zip(said, scored, strict=True) if case.positive]
    negatives = [value for value, case in zip(said, scored, strict=True) if not case.positive]
    both = bool(positives and negatives)
    nothing = Estimate(None, None, None, 0)
    return {
        "n": len(scored),
        "auc": asdict(estimate(auc, [truth, scores]) if both else nothing),
        "ap": asdict(estimate(average_precision, [truth, scores]) if both else nothing),
        "tpr_at_1pct_fpr": asdict(estimate(detected_at_one_percent, [truth, scores]) if both else nothing),
        "at_threshold": {
            "precision": asdict(estimate(precision, [truth, said])),
            "recall": asdict(mean(positives)),
            "fpr": asdict(mean(negatives)),
        },
        "ms_p50": asdict(estimate(middle, [times])),
        "ms_p95": asdict(estimate(percentile_95, [times])),
    }
