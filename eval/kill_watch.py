"""Readers that look at an index while it is written, and tell of every document that was not whole.

A document is whole when its text and its chunks are those of one of its versions.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from eval.kill_stores import Place, whole_documents
from service.bootstrap import open_records

# The ways in which a document may be seen: each a set of its chunks and the digest of its text.
Versions = Mapping[str, Sequence[frozenset[str]]]
_PAUSE_SECONDS = 0.15


@dataclass
class Seen:
    """What the readers saw: how many looks and documents, how many answers, and what was not whole."""

    looks: int = 0
    documents: int = 0
    answers: int = 0
    torn: list[str] = field(default_factory=list)


@contextmanager
def watching(place: Place, versions: Versions, seen: Seen) -> Iterator[None]:
    """Read the records all the time, in one statement a look."""
    with closing(open_records(place.settings)) as records:

        def look() -> None:
            found = whole_documents(records)
            seen.looks += 1
            seen.documents += len(found)
            seen.torn += [key for key, parts in found.items() if parts not in versions.get(key, ())]

        with _repeating(look, seen):
            yield


@contextmanager
def asking(url: str, key: str, questions: Sequence[str], versions: Versions, seen: Seen) -> Iterator[None]:
    """Ask a running service all the time: every answer must come, and the hits of a document be of one version."""
    asked = iter(range(1 << 60))
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60) as client:

        def ask() -> None:
            question = questions[next(asked) % len(questions)]
            response = client.post("/v1/ask", json={"question": question, "strategy": "hybrid"})
            seen.answers += 1
            if response.status_code != 200:
                seen.torn.append(f"status {response.status_code}: {response.text[:200]}")
                return
            seen.torn += list(_torn(response.json(), versions))

        with _repeating(ask, seen):
            yield


def _torn(body: Mapping[str, Any], versions: Versions) -> Iterator[str]:
    by_document: dict[str, set[str]] = {}
    for hit in body["hits"]:
        by_document.setdefault(hit["document"], set()).add(hit["chunk"])
    for document, chunks in by_document.items():
        if not any(chunks <= whole for whole in versions.get(document, ())):
            yield document


@contextmanager
def _repeating(look: Any, seen: Seen) -> Iterator[None]:
    stop = threading.Event()

    def repeat() -> None:
        while not stop.wait(_PAUSE_SECONDS):
            try:
                look()
            # a reader that fails is a finding like any other, and must not end the drill unseen
            except Exception as error:  # noqa: BLE001
                seen.torn.append(f"{type(error).__name__}: {error}")

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
