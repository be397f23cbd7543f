"""BM25 by bm25s with its published defaults: a yardstick that shares nothing with the product's search.

Lucene's variant, k1 1.2 and b 0.75, over whole documents, title first; Snowball's English stemmer, English stop words.
"""

from collections.abc import Sequence

import bm25s
import Stemmer

from eval.beir import Text

K1, B = 1.2, 0.75


class Bm25:
    """An index in memory."""

    def __init__(self, documents: Sequence[Text]) -> None:
        self._names = [each.id for each in documents]
        self._stemmer = Stemmer.Stemmer("english")
        self._index = bm25s.BM25(k1=K1, b=B, method="lucene")
        self._index.index(self._words([f"{each.title} {each.text}" for each in documents]), show_progress=False)

    def ranked(self, query: str, limit: int) -> list[str]:
        """Ids of the documents that share a word with the query, best first, equal ones by id; at most `limit`."""
        places, scores = self._index.retrieve(
            self._words([query]), k=min(limit, len(self._names)), show_progress=False, sorted=True
        )
        found = [(-score, self._names[place]) for place, score in zip(places[0], scores[0], strict=True) if score > 0]
        return [name for _, name in sorted(found)]

    def _words(self, texts: Sequence[str]) -> bm25s.tokenization.Tokenized:
        return bm25s.tokenize(list(texts), stopwords="en", stemmer=self._stemmer, show_progress=False)
