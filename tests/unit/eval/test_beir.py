"""Retrieval sets that cannot be scored are refused."""

from pathlib import Path

import pytest

from eval.beir import read_retrieval_set
from service.core.errors import InvalidSuite, PathMissing

CORPUS = '{"_id": "a", "title": "Bells", "text": "All about bells."}\n{"_id": "b", "text": "Brakes."}\n'
QUERIES = '{"_id": "q", "text": "bells"}\n{"_id": "unjudged", "text": "lamps"}\n'
QRELS = "query-id\tcorpus-id\tscore\nq\ta\t1\nq\tb\t0\n"


def write(folder: Path, **files: str | bytes) -> Path:
    for name, text in {"corpus.jsonl": CORPUS, "queries.jsonl": QUERIES, "qrels.tsv": QRELS}.items():
        content = files.get(name.partition(".")[0], text)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def test_a_set_is_read(tmp_path: Path):
    """Documents, queries and grades, with or without a heading; queries without a relevant document are not judged."""
    for qrels in (QRELS, QRELS.partition("\n")[2], QRELS.replace("\n", "\r\n")):
        found = read_retrieval_set(write(tmp_path, qrels=qrels))
        assert [each.id for each in found.documents] == ["a", "b"]
        assert found.grades == {"q": {"a": 1, "b": 0}}
        assert [each.id for each in found.judged] == ["q"]


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({"qrels": "q\tmissing\t1\n"}, "names the document 'missing'"),
        ({"qrels": "missing\ta\t1\n"}, "names the query 'missing'"),
        ({"qrels": QRELS + "q\tx\t1\nq\ty\t1\nz\ta\t1\n"}, "line 4 names the document 'x'.*3 of its 5"),
        ({"qrels": "q\ta\n"}, "line 1 has 2 columns"),
        ({"qrels": "q\t0\ta\t1\n"}, "line 1 has 4 columns"),
        ({"qrels": QRELS + "q\tb\tyes\n"}, "line 4 has the grade 'yes'"),
        ({"qrels": QRELS + "q\ta\t2\n"}, "again"),
        ({"qrels": ""}, "no document relevant"),
        ({"qrels": "q\ta\t0\n"}, "no document relevant"),
        ({"corpus": ""}, "corpus.jsonl is empty"),
        ({"queries": "\n\n"}, "queries.jsonl is empty"),
        ({"corpus": CORPUS + "{"}, "line 3"),
        ({"corpus": '{"id": "a", "text": "x"}\n'}, "_id"),
        ({"corpus": '{"_id": "a"}\n'}, "text"),
        ({"corpus": '{"_id": "a", "text": ["x"]}\n'}, "no text"),
        ({"corpus": "[1]\n"}, "line 1"),
        ({"corpus": CORPUS + CORPUS}, "'a' again"),
        ({"queries": '{"_id": "q", "text": "Größe"}\n'.encode("latin-1")}, "not UTF-8"),
    ],
    ids=[
        *(
            "unknown document",
            "unknown query",
            "several unknown",
            "two columns",
            "four columns",
            "no grade",
            "judged twice",
            "no qrels",
        ),
        *("nothing relevant", "no corpus", "no queries", "no JSON", "no id", "no text", "text in a list"),
        *("no object", "repeated id", "not UTF-8"),
    ],
)
def test_a_broken_set_is_refused(tmp_path: Path, files: dict[str, str | bytes], named: str):
    """What cannot be scored is refused with file and line."""
    with pytest.raises(InvalidSuite, match=named):
        read_retrieval_set(write(tmp_path, **files))


@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl", "qrels.tsv"])
def test_a_missing_file_is_named(tmp_path: Path, name: str):
    """A folder without one of the three files is refused by its name."""
    (write(tmp_path) / name).unlink()
    with pytest.raises(PathMissing, match=name):
        read_retrieval_set(tmp_path)
