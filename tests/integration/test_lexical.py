"""What every lexical index owes its caller, on SQLite's FTS5 and on PostgreSQL alike."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Connection, Engine

from service.core.database import open_database
from service.core.lexical import Lexical
from service.core.lexical_postgres import PostgresLexical
from service.core.lexical_sqlite import SqliteLexical
from service.core.types import Chunk, ChunkVectors, Index, IndexedChunk, Scored, TokenVectors

PUBLIC, PARTNERS = Index("default", "public", 1), Index("default", "partners", 1)
NO_VECTORS = ChunkVectors(np.zeros(1, np.float32), TokenVectors(np.zeros((0, 96), np.int8), np.zeros((0, 2), np.int32)))
BIKES = {
    "a": "Every bike has a frame and a bell.",
    "b": "Every bike has a saddle and a lamp.",
    "c": "Every bike has a motor; the motor of a Ridge is silent.",
    "d": "Invoices are paid within thirty days.",
    "e": "Our offices are closed on Sundays.",
}


class Searched:
    """A lexical index with a transaction for each call."""

    def __init__(self, engine: Engine, lexical: Lexical) -> None:
        self._engine = engine
        self._lexical = lexical

    def add(self, index: Index, texts: dict[str, str], context: str = "") -> None:
        with self._transaction() as connection:
            self._lexical.add(
                connection,
                index,
                [
                    IndexedChunk(Chunk(name, "doc_1", 0, 0, len(text), context), text, NO_VECTORS)
                    for name, text in texts.items()
                ],
            )

    def search(self, index: Index, question: str, limit: int = 10) -> list[Scored]:
        with self._transaction() as connection:
            return self._lexical.search(connection, index, question, limit)

    def ids(self, index: Index, question: str, limit: int = 10) -> list[str]:
        return [each.chunk_id for each in self.search(index, question, limit)]

    def holders(self, index: Index, *words: str) -> dict[str, int]:
        with self._transaction() as connection:
            return self._lexical.holders(connection, index, words)

    def remove(self, index: Index, *names: str) -> None:
        with self._transaction() as connection:
            self._lexical.remove(connection, index, names)

    def drop(self, index: Index) -> None:
        with self._transaction() as connection:
            self._lexical.drop(connection, index)

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self._engine.begin() as connection:
            yield connection


@pytest.fixture(params=["sqlite", "postgresql"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Searched]:
    """Each kind of lexical index, with the bikes in the space `public`."""
    url = request.getfixturevalue("database_url") if request.param == "postgresql" else None
    engine = open_database(url, tmp_path)
    searched = Searched(engine, PostgresLexical() if url else SqliteLexical())
    searched.add(PUBLIC, BIKES)
    yield searched
    engine.dispose()


def test_a_word_finds_its_chunk(index: Searched) -> None:
    """A chunk is found by a word of its text, and only chunks that share a word are."""
    assert index.ids(PUBLIC, "Which bell?") == ["a"]
    assert index.ids(PUBLIC, "zebra") == []


def test_the_rarer_word_weighs_more(index: Searched) -> None:
    """A chunk with the question's rare word comes before those with its common one."""
    assert index.ids(PUBLIC, "bike saddle")[0] == "b"
    assert index.ids(PUBLIC, "bike bell")[0] == "a"


def test_scores_fall_and_a_repeated_word_weighs_more(index: Searched) -> None:
    """Results come best first, and more occurrences of a word in texts of one length score higher."""
    index.add(PUBLIC, {"x": "chain chain oil cog", "y": "chain wax oil cog"})
    found = index.search(PUBLIC, "chain")
    assert [each.chunk_id for each in found] == ["x", "y"]
    assert found[0].score > found[1].score > 0


def test_equal_scores_come_in_the_order_of_their_ids(index: Searched) -> None:
    """Ties do not depend on when a chunk was written."""
    index.add(PUBLIC, {"z": "A brass hub.", "y": "A brass hub.", "x": "A brass hub."})
    assert index.ids(PUBLIC, "brass hub") == ["x", "y", "z"]


@pytest.mark.parametrize("asked", ["motors", "MOTOR", "Motor's", "motor?"])
def test_words_are_compared_by_their_stem(index: Searched, asked: str) -> None:
    """Plural, case and punctuation do not matter."""
    assert index.ids(PUBLIC, asked) == ["c"]


def test_title_and_headings_are_searched_too(index: Searched) -> None:
    """A chunk is found by a word of the context that it stands under."""
    index.add(PUBLIC, {"w": "It takes four days."}, context="Delivery to Iceland")
    assert index.ids(PUBLIC, "Iceland") == ["w"]


def test_a_word_that_most_chunks_hold_is_not_asked_for(index: Searched) -> None:
    """Beside a word that tells more, one in most of the chunks finds nothing; alone it finds them."""
    assert index.ids(PUBLIC, "bike bell") == ["a"]
    assert set(index.ids(PUBLIC, "bike")) == {"a", "b", "c"}


def test_more_equals_than_the_limit_come_in_the_order_of_their_ids(index: Searched) -> None:
    """Where more chunks are equal than are asked for, their ids decide, whenever they were written."""
    index.add(PUBLIC, {f"n{number:02}": "A brass hub." for number in reversed(range(30))})
    assert index.ids(PUBLIC, "brass hub", limit=3) == ["n00", "n01", "n02"]


def test_holders_counts_chunks_by_stem(index: Searched) -> None:
    """A word is counted in whatever form a chunk holds it, once a chunk, and left out where none does."""
    assert index.holders(PUBLIC, "bikes", "motors", "zebra") == {"bikes": 3, "motors": 1}
    assert index.holders(PUBLIC) == {}
    assert index.holders(Index("default", "nowhere", 7), "bell") == {}


def test_holders_takes_many_words(index: Searched) -> None:
    """A thousand words, as a misspelt word has neighbours, are counted at once."""
    assert index.holders(PUBLIC, *(f"word{number}" for number in range(1_000)), "bell") == {"bell": 1}


def test_scores_depend_on_what_the_index_holds_now(index: Searched) -> None:
    """Chunks that were added and removed again leave every score as it was."""
    before = index.search(PUBLIC, "bike motor")
    index.add(PUBLIC, {f"t{number}": "A long text of a motor and of much else beside it." for number in range(7)})
    assert index.search(PUBLIC, "bike motor") != before
    index.remove(PUBLIC, *(f"t{number}" for number in range(7)))
    assert index.search(PUBLIC, "bike motor") == before


def test_the_limit_keeps_the_best(index: Searched) -> None:
    """At most `limit` chunks come back, the best ones."""
    assert index.ids(PUBLIC, "bike motor", limit=1) == ["c"]


@pytest.mark.parametrize(
    "question",
    [
        "",
        " ",
        "?!",
        "the of and",
        '"',
        "bell OR",
        "NOT bell",
        "bell*",
        "(bell",
        "NEAR(",
        "a:b",
        "'; DROP TABLE x; --",
        "\\",
        "%_",
        "é🚲",
    ],
)
def test_no_question_is_a_query_language(index: Searched, question: str) -> None:
    """Operators, quotes and signs of the stores' own languages are plain text: nothing is raised, nothing is lost."""
    index.search(PUBLIC, question)
    assert index.ids(PUBLIC, "bell") == ["a"]


def test_a_long_question_is_searched(index: Searched) -> None:
    """A question of the longest length that the guard lets through is answered."""
    assert "a" in index.ids(PUBLIC, " ".join(f"word{number}" for number in range(220)) + " bell")


def test_a_word_of_a_thousand_letters_does_no_harm(index: Searched) -> None:
    """A chunk with a word beyond what an index row holds is stored, and found by its other words."""
    index.add(PUBLIC, {"long": f"{'x' * 3_000} tandem"})
    assert index.ids(PUBLIC, "tandem") == ["long"]


def test_spaces_do_not_see_each_other(index: Searched) -> None:
    """A search in one index finds nothing of another, and its scores do not depend on what the other holds."""
    before = index.search(PUBLIC, "bike motor")
    index.add(PARTNERS, {f"p{number}": "A motor for every bike." for number in range(20)})
    assert index.search(PUBLIC, "bike motor") == before
    assert set(index.ids(PARTNERS, "motor", limit=50)) == {f"p{number}" for number in range(20)}


def test_a_removed_chunk_is_not_found(index: Searched) -> None:
    """Removal takes exactly the named chunks; unknown ids and empty lists are passed over."""
    index.remove(PUBLIC, "a", "unknown")
    index.remove(PUBLIC)
    assert index.ids(PUBLIC, "bell") == []
    assert index.ids(PUBLIC, "saddle") == ["b"]


def test_a_dropped_index_is_empty_and_can_be_filled_again(index: Searched) -> None:
    """After a drop the index finds nothing, other indexes are untouched, and it takes new chunks."""
    index.add(PARTNERS, {"p": "A bell."})
    index.drop(PUBLIC)
    assert index.ids(PUBLIC, "bell") == []
    assert index.ids(PARTNERS, "bell") == ["p"]
    index.add(PUBLIC, {"n": "A new bell."})
    assert index.ids(PUBLIC, "bell") == ["n"]


def test_an_index_that_was_never_written_finds_nothing(index: Searched) -> None:
    """Searching, removing from and dropping an index that does not exist is no error."""
    nowhere = Index("default", "nowhere", 7)
    index.remove(nowhere, "a")
    index.drop(nowhere)
    assert index.ids(nowhere, "bell") == []


def test_a_broken_transaction_leaves_the_index_as_it_was(index: Searched) -> None:
    """Additions are part of the caller's transaction: when it fails, they are gone."""

    def add_and_fail() -> None:
        with index._transaction() as connection:
            chunk = IndexedChunk(Chunk("f", "doc_1", 0, 0, 7, ""), "A fresh bell.", NO_VECTORS)
            index._lexical.add(connection, PUBLIC, [chunk])
            raise RuntimeError("the caller failed")

    with pytest.raises(RuntimeError):
        add_and_fail()
    assert index.ids(PUBLIC, "bell") == ["a"]
