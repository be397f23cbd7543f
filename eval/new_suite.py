"""Makes a suite, or adds to one: documents beside it, proposed cases in it. Nothing that is there is overwritten.

Proposals carry the tag `proposal` and are skipped by every run until a person accepts them. The split of a case follows
from its group, which is its document: questions about one document never stand in two splits.
"""

import hashlib
import json
import os
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eval.proposals import Page, Proposal
from eval.suite import plain, read_suite, read_utf8
from eval.versions import keep_version
from ingestion.load import load
from ingestion.sources import FileProblem, SourceFile, find_sources
from service.core.app import App
from service.core.errors import DocumentProblem, InvalidSuite, PathMissing, StorageFull
from service.core.names import checked_name

PROPOSAL = "proposal"
WAITING = "a proposal that nobody has accepted"
GUIDELINE = "guideline.md"
# Of 256 values of a hash: half of the groups to tune on, three tenths to test on, a fifth sealed.
_TUNE_BELOW, _TEST_BELOW = 128, 205


@dataclass(frozen=True)
class Source:
    """Documents to make questions from, and those that could not be read."""

    pages: tuple[Page, ...]
    problems: tuple[tuple[str, str], ...] = ()


@dataclass
class Made:
    """What was added to a suite, how many questions it had already, and its version.

    `refused` counts lines of a model that its document does not bear out; `problems` are documents that were not read.
    """

    suite: str
    added: int
    kinds: dict[str, int]
    splits: dict[str, int]
    known: int
    version: int = 0
    problems: list[dict[str, str]] = field(default_factory=list)
    refused: int = 0


def split_of(group: str) -> str:
    """The split that a group belongs to for ever."""
    first = hashlib.sha256(group.encode()).digest()[0]
    if first < _TUNE_BELOW:
        return "tune"
    return "test" if first < _TEST_BELOW else "sealed"


def from_folder(folder: Path, suite: Path, space: str | None, max_bytes: int) -> Source:
    """The documents of a folder, copied into the suite: one space a subfolder, or all of them in `space`.

    Raises PathMissing, InvalidName, StorageFull, and InvalidSuite where the suite has another file of a name.
    """
    if not folder.is_dir():
        raise PathMissing(f"There is no folder {folder}.", "Name a folder of documents.")
    spaces = {space: folder} if space else _subfolders(folder)
    if not spaces:
        raise PathMissing(f"{folder} has no subfolder for a space.", "Say with --space which space its files are.")
    pages, problems = [], []
    for name, files in sorted(spaces.items()):
        for found in find_sources([files], checked_name("space", name)):
            if isinstance(found, FileProblem):
                problems.append((found.source, found.error.code))
            elif isinstance(found, SourceFile):
                _copied(found, suite / "corpus" / found.source)
                try:
                    loaded = load(found, max_bytes).documents[0]
                    pages.append(Page(found.source, loaded.title, loaded.text))
                except DocumentProblem as error:
                    problems.append((found.source, error.code))
    return Source(tuple(pages), tuple(problems))


def from_spaces(app: App, spaces: Sequence[str], suite: Path) -> Source:
    """The current documents of ingested spaces, written into the suite as Markdown.

    Raises InvalidSuite, StorageFull.
    """
    tenant, pages = app.settings.tenant, []
    for found in app.records.documents(tenant, list(spaces)):
        document = app.records.document(tenant, found.id)
        if document is None or found.standing != "current":
            continue
        inside = document.source.removeprefix(f"{document.space}/").replace("://", "/")
        name = f"{document.space}/{inside}{'' if inside.endswith('.md') else '.md'}"
        if ".." in Path(name).parts:
            continue
        _written(suite / "corpus" / name, document.text.encode())
        pages.append(Page(name, document.title, document.text))
    return Source(tuple(pages))


def add(suite: Path, proposals: Iterable[Proposal], name: str, guideline: str) -> Made:
    """Write a suite that is not there, and add to its cases those whose questions it has not. Raises as read_suite."""
    _new_file(
        suite / "suite.toml", f'name = {json.dumps(name)}\nowner = ""\ncorpus = "corpus"\ncases = "cases.jsonl"\n'
    )
    _new_file(suite / GUIDELINE, guideline)
    cases = cases_path(suite)
    old = read_suite(suite).cases if cases.is_file() and cases.stat().st_size else ()
    asked = {plain(each.question) for each in old}
    lines: list[dict[str, Any]] = []
    known = 0
    for each in proposals:
        if plain(each.question) in asked:
            known += 1
            continue
        asked.add(plain(each.question))
        lines.append(_line(each))
    if not old and not lines:
        raise InvalidSuite(
            f"Nothing could be proposed for {suite}.", "Name documents with headings, tables or numbers."
        )
    _append(cases, lines)
    return Made(
        suite=read_suite(suite).name,  # refuses what the suite's own rules refuse
        added=len(lines),
        kinds=dict(Counter(each["tags"][1] for each in lines)),
        splits=dict(Counter(each["split"] for each in lines)),
        known=known,
        version=keep_version(suite, f"{len(lines)} proposals").number,
    )


def cases_path(suite: Path) -> Path:
    """The file of a suite's cases. Raises PathMissing, InvalidSuite."""
    path = suite / "suite.toml"
    try:
        return suite / str(tomllib.loads(read_utf8(path)).get("cases", "cases.jsonl"))
    except tomllib.TOMLDecodeError as error:
        raise InvalidSuite(f"{path} is no TOML: {error}.", "docs/evaluation.md describes the layout.") from error


def _line(proposal: Proposal) -> dict[str, Any]:
    group = proposal.document or proposal.near or plain(proposal.question)
    identity = hashlib.sha256(f"{group} {plain(proposal.question)}".encode()).hexdigest()[:10]
    note = f"; {proposal.note}" if proposal.note else ""
    return {
        "id": f"{proposal.space}-{identity}",
        "question": proposal.question,
        "answerable": proposal.answerable,
        "answers": list(proposal.answers),
        "relevant": [{"document": proposal.document, "quote": proposal.quote}] if proposal.answerable else [],
        "spaces": [proposal.space],
        "tags": [PROPOSAL, proposal.kind, *(() if proposal.answerable else ("unanswerable",))],
        "group": group,
        "split": split_of(group),
        "skip": f"{WAITING}{note}",
    }


def _subfolders(folder: Path) -> dict[str, Path]:
    return {each.name: each for each in folder.iterdir() if each.is_dir() and not each.name.startswith(".")}


def _copied(found: SourceFile, target: Path) -> None:
    if target.exists() and target.samefile(found.path):
        return
    try:
        _written(target, found.path.read_bytes())
    except OSError as error:
        raise PathMissing(f"{found.path} cannot be read: {error.strerror}.", "Check its permissions.") from error


def _written(target: Path, content: bytes) -> None:
    if target.is_file():
        if target.read_bytes() != content:
            raise InvalidSuite(
                f"{target} is there with another content.",
                "Name another suite, or update the file and its cases by hand.",
            )
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    except OSError as error:
        raise StorageFull(f"{target} cannot be written: {error.strerror}.", "Free some space and try again.") from error


def _new_file(path: Path, text: str) -> None:
    if not path.exists():
        _written(path, text.encode())


def _append(path: Path, lines: Sequence[dict[str, Any]]) -> None:
    try:
        with path.open("a", encoding="utf-8") as file:
            file.writelines(f"{json.dumps(each, ensure_ascii=False)}\n" for each in lines)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise StorageFull(f"{path} cannot be written: {error.strerror}.", "Free some space and try again.") from error
