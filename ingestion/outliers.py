"""Holds back a document that no other of its space comes near, told by its vectors after embedding.

Near is relative: to how near a sample of the space's chunks is to its nearest neighbour in another document. So the
first documents of a space are not judged, nor is one in a language that the space hardly has, which its encoder may not
place; and what is judged depends on what is there, or comes in the same batch, at that moment. A page alone on a new
topic is held back too: a person decides.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import nsmallest
from statistics import median

import numpy as np

from ingestion.draft import held_document
from ingestion.language import language_of
from ingestion.prepare import Prepared, PreparedFile
from ingestion.report import Problem
from service.core.app import App
from service.core.errors import VectorOutlier
from service.core.types import Document, Index, IndexedChunk, Space, Vector

MIN_DOCUMENTS = 50
SAMPLED_CHUNKS = 40
# Of the usual nearness; docs/ingestion-quality.md says what it was chosen on.
APART = 0.45
MIN_SHARE_OF_LANGUAGE = 0.25
# The nearest chunks may all be of the document itself.
_NEIGHBOURS = 12
_RELEASE = "`ragready quarantine release ID` lets it pass; `ragready ingest --space` takes it elsewhere."


@dataclass(frozen=True)
class Surroundings:
    """What a space is like: how near its chunks are to their neighbours, and which languages they are in."""

    documents: int
    nearness: float
    languages: Mapping[str, float]


class Outliers:
    """Judges the documents of one ingestion run. Nothing is judged with the control switched off."""

    def __init__(self, app: App, space: Space) -> None:
        self._app = app
        self._space = space
        self._known: Surroundings | None = None
        self._counted: int | None = None
        self._passed = 0

    def without(self, files: Sequence[PreparedFile], fresh: Mapping[str, IndexedChunk]) -> list[PreparedFile]:
        """The files with documents that stand apart held back. Needs no lock."""
        if "quality-gates" in self._app.settings.controls_off:
            return list(files)
        documents = [each for file in files for each in file.documents]
        known = self._surroundings(len(documents))
        judged = [each for each in documents if known is not None and _may_judge(each, fresh, known)]
        if known is None or not judged:
            return list(files)
        apart = self._apart(judged, fresh, known)
        return [_held(file, apart) for file in files]

    def _apart(
        self, judged: Sequence[Prepared], fresh: Mapping[str, IndexedChunk], known: Surroundings
    ) -> dict[str, VectorOutlier]:
        """The error of each document that stands apart, by its id."""
        index = self._space.index
        means = np.stack([_mean([fresh[chunk.id] for chunk in each.chunks if chunk.id in fresh]) for each in judged])
        own = [each.document.id for each in judged]
        there, coming = _nearest(self._app, index, means, own), _nearest_coming(means, own, list(fresh.values()))
        return {
            each.document.id: _outlier(each.document, near, known)
            for each, near in zip(judged, map(max, there, coming), strict=True)
            if near < APART * known.nearness
        }

    def _surroundings(self, coming: int) -> Surroundings | None:
        """What the space is like, None while it has too few documents; told anew when it has doubled.

        To count a large space takes long: it is counted again only when this run may have brought enough documents.
        """
        enough = MIN_DOCUMENTS if self._known is None else 2 * self._known.documents
        if self._counted is None or self._counted + self._passed >= enough:
            (size,) = self._app.records.space_sizes(self._space.tenant, [self._space.name])
            self._counted, self._passed = size.documents, 0
            if size.documents >= enough:
                self._known = surroundings_of(self._app, self._space.index, size.documents)
        self._passed += coming
        return self._known


def _may_judge(prepared: Prepared, fresh: Mapping[str, IndexedChunk], known: Surroundings) -> bool:
    if prepared.released or not prepared.document.language:
        return False
    new = sum(chunk.id in fresh for chunk in prepared.chunks)
    of_language = known.languages.get(prepared.document.language, 0.0)
    return 2 * new > len(prepared.chunks) and of_language >= MIN_SHARE_OF_LANGUAGE


def surroundings_of(app: App, index: Index, documents: int) -> Surroundings | None:
    """What an index is like, by a sample of its chunks; their ids are hashes, so the smallest are any.

    None where most of them have no vector: then the vector index was lost, and what is left tells nothing.
    """
    chosen = nsmallest(SAMPLED_CHUNKS, app.records.chunk_ids(index))
    stored = app.records.chunks([index], chosen)
    vectors = app.vectors.get(index, chosen)
    sampled = [each for each in chosen if each in stored and each in vectors]
    if 2 * len(sampled) <= len(chosen):
        return None
    owners = [stored[each].chunk.document_id for each in sampled]
    nearest = _nearest(app, index, np.stack([vectors[each] for each in sampled]), owners)
    codes = Counter(filter(None, (language_of(stored[each].text).code for each in sampled)))
    shares = {code: count / codes.total() for code, count in codes.items()}
    return Surroundings(documents, median(nearest), shares)


def _nearest(app: App, index: Index, vectors: Vector, owners: Sequence[str]) -> list[float]:
    """The similarity of each vector to its nearest chunk of another document, 1 where the first are all its own."""
    found = app.vectors.search_all(index, vectors, _NEIGHBOURS)
    of_document = app.records.documents_of(index, sorted({each.chunk_id for hits in found for each in hits}))
    return [
        max((each.score for each in hits if of_document.get(each.chunk_id, owner) != owner), default=1.0)
        for hits, owner in zip(found, owners, strict=True)
    ]


def _nearest_coming(vectors: Vector, owners: Sequence[str], coming: Sequence[IndexedChunk]) -> list[float]:
    """The similarity of each vector to the nearest chunk of another document that comes along: a topic may be new."""
    of_others = np.array([each.chunk.document_id for each in coming])[None, :] != np.array(owners)[:, None]
    similar = vectors @ np.stack([each.vectors.dense for each in coming]).T
    return [float(each) for each in np.where(of_others, similar, -1.0).max(axis=1)]


def _mean(chunks: Sequence[IndexedChunk]) -> Vector:
    mean = np.mean([each.vectors.dense for each in chunks], axis=0)
    return np.asarray(mean / np.linalg.norm(mean), dtype=np.float32)


def _outlier(document: Document, near: float, known: Surroundings) -> VectorOutlier:
    return VectorOutlier(
        f"{document.source} has a similarity of {near:.2f} to the nearest document of its space; "
        f"{known.nearness:.2f} is usual.",
        f"Check that it belongs there. {_RELEASE}",
    )


def _held(file: PreparedFile, apart: Mapping[str, VectorOutlier]) -> PreparedFile:
    gone = [(each.document, apart[each.document.id]) for each in file.documents if each.document.id in apart]
    return replace(
        file,
        documents=[each for each in file.documents if each.document.id not in apart],
        held=[*file.held, *(held_document(document, error) for document, error in gone)],
        problems=[*file.problems, *(Problem.of(document.source, error) for document, error in gone)],
    )
