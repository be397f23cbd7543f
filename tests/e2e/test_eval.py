"""`ragready eval` through the command."""

import json
from pathlib import Path

from tests.corpus import QUESTIONS, UNANSWERABLE, write_corpus
from tests.processes import Ragready


def write_suite(folder: Path) -> Path:
    """A suite of the small corpus: its questions, and one that it does not answer."""
    write_corpus(folder / "corpus/public")
    cases = [
        {
            "id": f"case-{number}",
            "question": question,
            "answerable": True,
            "answers": [words],
            "relevant": [{"document": f"public/{source}", "quote": words}],
            "spaces": ["public"],
        }
        for number, (question, source, words) in enumerate(QUESTIONS)
    ]
    cases.append({"id": "none", "question": UNANSWERABLE, "answerable": False, "answers": [], "spaces": ["public"]})
    (folder / "suite.toml").write_text('name = "small"\n')
    (folder / "cases.jsonl").write_text("".join(json.dumps(each) + "\n" for each in cases))
    return folder


def test_a_suite_is_scored(ragready: Ragready, tmp_path: Path) -> None:
    """Every metric comes with its interval and n, and the questions that the corpus answers find their documents."""
    body = ragready.within("eval", "run", write_suite(tmp_path / "suite")).body
    assert (body["suite"], body["n"], body["failed"]) == ("small", len(QUESTIONS) + 1, 0)
    assert body["metrics"]["document@5"] == {"value": 1.0, "low": 1.0, "high": 1.0, "n": len(QUESTIONS)}
    for each in body["metrics"].values():
        assert each["low"] <= each["value"] <= each["high"]


def test_a_case_that_fails_is_counted_and_named(ragready: Ragready, tmp_path: Path) -> None:
    """A case that raises is listed with its error and is in no mean."""
    folder = write_suite(tmp_path / "suite")
    with (folder / "cases.jsonl").open("a") as file:
        file.write(json.dumps({"id": "bad", "question": "?", "answerable": False, "spaces": ["public"]}) + "\n")
    body = ragready.within("eval", "run", folder).body
    assert (body["n"], body["failed"]) == (len(QUESTIONS) + 1, 1)
    assert body["failures"][0]["id"] == "bad"
    assert body["failures"][0]["error"].startswith("invalid-question")


def test_a_retrieval_set_is_scored(ragready: Ragready, tmp_path: Path) -> None:
    """On a BEIR folder whose answers are plain, retrieval finds them, and shuffled judgements score lower."""
    folder = tmp_path / "beir"
    folder.mkdir()
    things = ["bells", "brakes", "chains", "lamps", "mirrors", "pedals", "pumps", "saddles", "tyres", "wheels"]
    (folder / "corpus.jsonl").write_text(
        "".join(json.dumps({"_id": name, "title": name, "text": f"All about {name}."}) + "\n" for name in things)
    )
    (folder / "queries.jsonl").write_text(
        "".join(json.dumps({"_id": f"q-{name}", "text": f"what about {name}?"}) + "\n" for name in things)
    )
    scores = []
    for shift in (0, 3):
        judged = zip(things, things[shift:] + things[:shift], strict=True)
        lines = ["query-id\tcorpus-id\tscore", *(f"q-{query}\t{name}\t1" for query, name in judged)]
        (folder / "qrels.tsv").write_text("\n".join(lines) + "\n")
        body = ragready.within("eval", "retrieval", folder).body
        assert (body["n"], body["failed"]) == (10, 0)
        assert body["metrics"]["recall@100"]["value"] == 1.0
        scores.append(body["metrics"]["ndcg@10"]["value"])
    assert scores[0] == 1.0
    assert scores[1] < 0.6


def test_a_query_that_fails_is_counted_and_named(ragready: Ragready, tmp_path: Path) -> None:
    """A query without a word is listed with its error, is in no mean, and does not end the run."""
    folder = tmp_path / "beir"
    folder.mkdir()
    (folder / "corpus.jsonl").write_text('{"_id": "a", "title": "Bells", "text": "All about bells."}\n')
    (folder / "queries.jsonl").write_text('{"_id": "q", "text": "bells"}\n{"_id": "none", "text": "?!"}\n')
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq\ta\t1\nnone\ta\t1\n")
    body = ragready.within("eval", "retrieval", folder).body
    assert (body["n"], body["failed"], body["failures"][0]["id"]) == (1, 1, "none")
    assert body["metrics"]["ndcg@10"]["value"] == 1.0


def test_a_folder_that_is_no_retrieval_set_is_named(ragready: Ragready, tmp_path: Path) -> None:
    """A folder without corpus.jsonl is refused by the name of what is missing."""
    assert "corpus.jsonl" in ragready.within("eval", "retrieval", tmp_path).error["detail"]
