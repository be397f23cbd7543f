"""Cases, answers and runs as the tests of eval need them, made from a few words."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eval.journal import started
from eval.metrics import scores
from eval.outcome import Failed, Outcome, Scored, Skipped
from eval.reasons import reasons
from eval.record import Record
from eval.run import summary
from eval.suite import Case
from eval.target import Seen, SeenHit
from service.core.answers import Citation

CONFIG: dict[str, Any] = {
    "suite": "small",
    "suite_fingerprint": "aaaa",
    "split": "test",
    "strategy": "hybrid",
    "judge": "2",
    "corpus": "bbbb",
    "machine": {"processor": "one", "cores": 2},
    "commit": "cccc",
}

HOSTILE = '<script>alert("x")</script><img src=https://drop.example/a onerror=alert(1)> {{ 7 * 7 }} \x07 \u202e'


def case(name: str = "1", **fields: Any) -> Case:
    """An answerable case of the space `public`, whose answer is 24 months."""
    ours: dict[str, Any] = {
        "question": "How long?",
        "answerable": True,
        "parts": (("24 months",),),
        "relevant": (("public/a.md", "24 months"),),
        "spaces": ("public",),
        "tags": (),
        "split": "test",
    }
    return Case(name, **{**ours, **fields})


def hit(source: str = "public/a.md", text: str | None = "It lasts 24 months.", chunk: str = "c1") -> SeenHit:
    """A chunk of a document in `public`."""
    return SeenHit(source, source.partition("/")[0], f"doc-{source}", chunk, 1.0, text)


def citation(sentence: str = "It lasts 24 months.", **fields: Any) -> Citation:
    """A citation of the first hit."""
    ours = {
        "document": "doc-public/a.md",
        "chunk": "c1",
        "quote": sentence,
        "start": 0,
        "end": len(sentence),
        "title": "A",
        "source": "public/a.md",
        "space": "public",
    }
    return Citation(sentence=sentence, **{**ours, **fields})


def seen(text: str = "It lasts 24 months.", **fields: Any) -> Seen:
    """An answer of one sentence that cites the first hit."""
    ours: dict[str, Any] = {
        "abstained": False,
        "reason_code": None,
        "citations": (citation(text),) if text else (),
        "hits": (hit(),),
        "strategy": "hybrid",
        "model": "extractive",
        "timings_ms": {"total": 12.0},
    }
    return Seen(text, **{**ours, **fields})


def numbered(number: int) -> Scored:
    """An answer about a document of its own; every third question has no answer and is declined."""
    source, text = f"public/{number}.md", f"Part {number} weighs {number + 100} grams."
    if number % 3 == 0:
        asked = case(str(number), answerable=False, parts=(), relevant=())
        said = seen("", abstained=True, reason_code="weak-evidence")
    else:
        asked = case(str(number), relevant=((source, text),), parts=((f"{number + 100} grams",),))
        cited = citation(text, chunk=f"c{number}", source=source)
        said = seen(text, hits=(hit(source, text, f"c{number}"),), citations=(cited,))
    return Scored(asked, said, scores(asked, said))


def record(scores: Mapping[str, Mapping[str, float]], **config: Any) -> Record:
    """A run with the figures of each case."""
    return Record({**CONFIG, **config}, scores, {}, {})


def shares(name: str, values: list[float]) -> dict[str, dict[str, float]]:
    """Figures of one name for cases 0, 1 and so on."""
    return {str(number): {name: value} for number, value in enumerate(values)}


def write_run(folder: Path, config: Mapping[str, Any], outcomes: list[Outcome], summary: Mapping[str, Any]) -> None:
    """A complete run in `folder`."""
    with started(folder, config) as journal:
        for each in outcomes:
            journal.keep(each)
        journal.finish(config, outcomes, summary, page="")


def answered_run(folder: Path, answers: list[str], **config: Any) -> Path:
    """A run of a case for each answer, one that failed and one that was skipped."""
    outcomes: list[Outcome] = []
    for number, text in enumerate(answers):
        asked, answered = case(f"case-{number}", question=f"Question {number}? {HOSTILE}"), seen(text)
        found = scores(asked, answered)
        outcomes.append(Scored(asked, answered, found, reasons(asked, answered, found)))
    outcomes += [Failed(case("bad", question=HOSTILE), "model-timeout", HOSTILE), Skipped(case("late"), HOSTILE)]
    body = summary(outcomes)
    body["thresholds"] = {"answer_accepted": {"floor": 0.9, "aim": None, "missed": ["floor"]}}
    write_run(folder, {**CONFIG, "settings": {"hits": 8}, **config}, outcomes, body)
    return folder
