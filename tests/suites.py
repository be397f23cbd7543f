"""A suite over the small corpus, as the tests of the commands need it."""

import json
from pathlib import Path
from typing import Any

from tests.corpus import QUESTIONS, UNANSWERABLE, write_corpus


def write_suite(folder: Path, *more: dict[str, Any]) -> Path:
    """A suite of the small corpus: its questions, one that it does not answer, and `more` cases."""
    write_corpus(folder / "corpus/public")
    cases = [answerable(f"case-{number}", *each) for number, each in enumerate(QUESTIONS)]
    cases.append(unanswerable("none", UNANSWERABLE))
    (folder / "suite.toml").write_text('name = "small"\n[thresholds.answer_accepted]\nfloor = 0.5\naim = 1.0\n')
    (folder / "cases.jsonl").write_text("".join(json.dumps(each) + "\n" for each in [*cases, *more]))
    return folder


def unanswerable(name: str, question: str, **fields: Any) -> dict[str, Any]:
    """A case that the corpus does not answer."""
    return {"id": name, "question": question, "answerable": False, "spaces": ["public"], **fields}


def answerable(name: str, question: str, source: str, words: str) -> dict[str, Any]:
    """A case whose answer stands in a document of the corpus."""
    return {
        "id": name,
        "question": question,
        "answerable": True,
        "answers": [words],
        "relevant": [{"document": f"public/{source}", "quote": words}],
        "spaces": ["public"],
    }


def write_alike_suite(folder: Path) -> Path:
    """A suite of ten sentences of one chunk that differ in a word, so that each citation holds for every answer."""
    names = ["alpha", "balfa", "calfa", "dalta", "ealga", "falma", "galna", "halpo", "ialqo", "jalro"]
    said = "The small grey part of the harbour pump weighs two grams in"
    (folder / "corpus/public").mkdir(parents=True)
    (folder / "corpus/public/parts.md").write_text("# Parts\n\n" + " ".join(f"{said} {each}." for each in names))
    cases = [
        answerable(each, f"What does the small grey part weigh in {each}?", "parts.md", f"two grams in {each}")
        for each in names
    ]
    (folder / "suite.toml").write_text('name = "alike"\n')
    (folder / "cases.jsonl").write_text("".join(json.dumps(each) + "\n" for each in cases))
    return folder
