"""What golden questions may have leaked into or out of: the other splits, prompts, training data, the corpus itself.

A source that cannot be had is unknown and says why; it is never taken for one without leaks. Nothing is compared here.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.proposals import Page
from eval.suite import Case, read_lines, read_utf8
from service.core.errors import InvalidSuite, PathMissing

# A shorter piece of a prompt or document asks for nothing that could be recognised.
_LEAST_WORDS = 4
_QUESTION = re.compile(r"[^.!?\n|]*\?")
_KEYS = ("question", "query", "text", "prompt")
_CODE = Path(__file__).parent.parent
PROMPTS = (_CODE / "service/rag/prompts", _CODE / "eval/prompts")
HEADS = _CODE / "service/rag/heads"


@dataclass(frozen=True)
class Asked:
    """A text that a golden question may be the same as, and what to call it in a report."""

    id: str
    text: str


@dataclass(frozen=True)
class Source:
    """Texts of one kind; `unknown` says why they cannot be had."""

    name: str
    texts: tuple[Asked, ...] = ()
    unknown: str = ""


def of_cases(cases: Sequence[Case]) -> tuple[Asked, ...]:
    """The questions of cases, by id."""
    return tuple(Asked(case.id, case.question) for case in cases)


def of_prompts(folders: Sequence[Path] = PROMPTS) -> Source:
    """Every sentence of every prompt: an example in a prompt is a case that the model was shown."""
    found = [
        Asked(f"{path.name}, line {number}", piece)
        for folder in folders
        for path in sorted(folder.glob("*.txt"))
        for number, line in enumerate(read_utf8(path).splitlines(), 1)
        for piece in _pieces(line)
    ]
    return Source("prompts", tuple(found)) if found else Source("prompts", unknown="no prompt was found")


def of_training(paths: Sequence[Path]) -> Source:
    """The texts that heads were trained on: JSON lines, plain lines, or folders of both.

    Raises PathMissing, and InvalidSuite naming the line of JSON that holds no text.
    """
    if not paths:
        trained = ", ".join(path.stem for path in sorted(HEADS.glob("*.json")))
        told = f"the heads {trained} keep no texts of theirs" if trained else "no head was found"
        return Source("training data", unknown=f"none was named with --training; {told}")
    files = [file for path in paths for file in _files(path)]
    found = [Asked(f"{file.name}, line {number}", text) for file in files for number, text in _texts(file)]
    return Source("training data", tuple(found)) if found else Source("training data", unknown="the files are empty")


def of_corpus(pages: Sequence[Page]) -> Source:
    """The questions that stand in documents, such as those of a list of frequent ones."""
    found = [
        Asked(f"{page.document}: {piece}", piece)
        for page in pages
        for match in _QUESTION.finditer(page.text)
        for piece in _pieces(match.group().strip(" *#_`>-"))
    ]
    return Source("corpus", tuple(found)) if pages else Source("corpus", unknown="no document could be read")


def _pieces(line: str) -> Iterator[str]:
    for piece in re.split(r"(?<=[.!?])\s+", line.strip("- ")):
        if len(piece.split()) >= _LEAST_WORDS:
            yield piece


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(each for each in path.rglob("*") if each.suffix in {".jsonl", ".txt"})
        if found:
            return found
    elif path.is_file():
        return [path]
    raise PathMissing(f"{path} holds no training data.", "Name JSON lines, plain lines, or a folder of such files.")


def _texts(path: Path) -> Iterator[tuple[int, str]]:
    for number, line in read_lines(path):
        if path.suffix != ".jsonl":
            yield number, line
            continue
        try:
            raw = json.loads(line)
            yield number, next(raw[key] for key in _KEYS if isinstance(raw.get(key), str))
        except (json.JSONDecodeError, AttributeError, StopIteration) as error:
            raise InvalidSuite(
                f"{path}, line {number} has no text.", f"A line is an object with one of {', '.join(_KEYS)}."
            ) from error
