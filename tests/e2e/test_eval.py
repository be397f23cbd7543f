"""`ragready eval` through the command."""

import json
from pathlib import Path

import pytest

from eval.measures import LATENCY
from eval.servers import free_port
from tests.corpus import QUESTIONS
from tests.processes import Ragready
from tests.suites import unanswerable, write_alike_suite, write_suite

MODEL = "sim:ttft0-itl0-len80"
NULLS = {"A/A", "shuffled citations", "never abstains", "always abstains", "retrieval off"}


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    return write_suite(tmp_path / "suite")


def test_a_suite_is_scored(ragready: Ragready, suite: Path) -> None:
    """Every metric comes with its interval and n, and the questions that the corpus answers find their documents."""
    body = ragready.within("eval", "run", suite).body
    assert (body["suite"], body["n"], body["failed"], body["skipped"]) == ("small", len(QUESTIONS) + 1, 0, 0)
    found = body["metrics"]["recall@5"]
    assert (found["value"], found["high"], found["n"]) == (1.0, 1.0, len(QUESTIONS))
    assert 0.5 < found["low"] < 1.0
    for each in body["metrics"].values():
        assert each["low"] <= each["value"] <= each["high"]
    assert body["thresholds"]["answer_accepted"] == {"floor": 0.5, "aim": 1.0, "missed": []}
    figures = {"token_f1", "numbers_right", "semantic_similarity", "grounded", "ragas_context_recall"}
    assert figures <= set(body["metrics"])
    assert (body["usable"], {each["name"] for each in body["nulls"]}) == (True, NULLS)


def test_a_run_is_kept_with_what_it_rests_on(ragready: Ragready, suite: Path) -> None:
    """The run's folder says what was asked, of which code, corpus, index and settings, and how to repeat it."""
    secret = "a-key-that-must-not-be-written-down"
    chosen = ["--set", "hits=4", "--model", MODEL, "--off", "duplicates"]
    body = ragready.within("eval", "run", "--no-ragas", suite, *chosen, api_key=secret, controls_off="hybrid").body
    folder = Path(body["folder"])
    assert folder.parent == ragready.data / "runs"
    config = json.loads((folder / "config.json").read_text())
    assert (config["settings"]["hits"], config["settings"]["model"], config["model"]) == (4, MODEL, MODEL)
    assert config["settings"]["controls_off"] == ["duplicates", "exact-cache", "hybrid"]
    assert all(
        config[name] for name in ("corpus", "index", "suite_fingerprint", "settings_fingerprint", "commit", "at")
    )
    asked = f"ragready eval run {suite} --strategy hybrid --set hits=4 --set model={MODEL} --off duplicates --no-ragas"
    assert config["command"] == asked
    assert json.loads((folder / "summary.json").read_text())["metrics"] == body["metrics"]
    lines = [json.loads(line) for line in (folder / "cases.jsonl").read_text().splitlines()]
    assert len(lines) == len(QUESTIONS) + 1
    assert all(line["seen"]["hits"] and len(line["seen"]["trace_id"]) == 32 for line in lines)
    assert not any(secret in each.read_text() for each in folder.iterdir())


def test_the_same_run_twice_scores_the_same(ragready: Ragready, suite: Path) -> None:
    """Two runs of one product have the same figures but for time, and comparing them finds nothing."""
    first, second = (ragready.within("eval", "run", "--no-ragas", suite).body for _ in range(2))
    for name in set(first["metrics"]) - LATENCY:
        assert first["metrics"][name] == second["metrics"][name]
    body = ragready.within("eval", "compare", first["folder"], second["folder"]).body
    assert (body["comparable"], body["why"]) == (True, [])
    verdicts = {each["verdict"] for name, each in body["metrics"].items() if name not in LATENCY}
    assert verdicts == {"cannot tell"}


def test_a_worse_run_is_stopped(ragready: Ragready, suite: Path, tmp_path: Path) -> None:
    """The gate passes the run that made the baseline, stops one that declines everything, and lets it go when off."""
    baseline = tmp_path / "baselines/small.json"
    good = ragready.within("eval", "run", "--no-ragas", suite).body
    assert ragready.within("eval", "baseline", good["folder"], "--file", baseline).body["n"] == len(QUESTIONS) + 1
    passed = ragready.within("eval", "gate", suite, "--baseline", baseline)
    assert (passed.code, passed.body["blocked"], passed.body["candidate"]) == (0, False, good["folder"])

    bad = ragready.within("eval", "run", "--no-ragas", suite, "--set", "evidence_threshold=1").body
    stopped = ragready.within("eval", "gate", suite, "--baseline", baseline)
    assert (stopped.code, stopped.body["blocked"], stopped.body["candidate"]) == (1, True, bad["folder"])
    assert any("answer_accepted is 0.0" in each for each in stopped.body["reasons"])

    off = ragready.within("eval", "gate", suite, "--baseline", baseline, controls_off="gate")
    assert (off.code, off.body["blocked"], off.body["on"], off.body["reasons"]) == (
        0,
        False,
        False,
        stopped.body["reasons"],
    )
    told = ragready.within("eval", "gate", suite, "--baseline", baseline, controls_off="gate", as_json=False)
    assert "nothing is stopped" in told.stdout


def test_a_run_that_cannot_tell_citations_apart_is_stopped(ragready: Ragready, tmp_path: Path) -> None:
    """Where shuffled citations score as well as true ones, the run is kept and used for nothing."""
    done = ragready.within("eval", "run", "--no-ragas", write_alike_suite(tmp_path / "alike"))
    assert (done.code, done.body["usable"], done.body["metrics"]["citation_precision"]["value"]) == (1, False, 1.0)
    assert {each["name"]: each["state"] for each in done.body["nulls"]}["shuffled citations"] == "failed"
    refused = ragready.within("eval", "baseline", done.body["folder"], "--file", tmp_path / "baseline.json")
    assert (refused.error["code"], "shuffled citations" in refused.error["detail"]) == ("invalid-run", True)


def test_another_suite_is_not_compared(ragready: Ragready, suite: Path, tmp_path: Path) -> None:
    """Runs over other cases are not comparable, and it is said what differs."""
    first = ragready.within("eval", "run", "--no-ragas", suite).body
    second = ragready.within(
        "eval", "run", "--no-ragas", write_suite(tmp_path / "suite", unanswerable("more", "Who?"))
    ).body
    body = ragready.within("eval", "compare", first["folder"], second["folder"]).body
    assert (body["comparable"], body["metrics"]["recall@5"]["verdict"]) == (False, "not comparable")
    assert body["why"][0].startswith("the cases differ")


def test_a_case_that_fails_or_is_skipped_is_counted_and_named(ragready: Ragready, tmp_path: Path) -> None:
    """A case that raises is listed with its error, one that is left out with its reason; neither is in a mean."""
    bad, late = unanswerable("bad", "?"), unanswerable("late", "Who?", skip="not written yet")
    long = unanswerable("long", "x" * 1_000_000)
    body = ragready.within("eval", "run", "--no-ragas", write_suite(tmp_path / "suite", bad, late, long)).body
    assert (body["n"], body["failed"], body["skipped"]) == (len(QUESTIONS) + 1, 2, 1)
    errors = {each["id"]: each["error"].partition(":")[0] for each in body["failures"]}
    assert errors == {"bad": "invalid-question", "long": "question-too-long"}
    assert body["skips"] == [{"id": "late", "reason": "not written yet"}]


def test_a_run_in_which_everything_fails_is_a_failure(ragready: Ragready, suite: Path) -> None:
    """Without a single score the command ends with 1, after it listed what failed."""
    done = ragready.within("eval", "run", "--no-ragas", suite, "--set", "max_question_characters=1")
    assert (done.code, done.body["n"], done.body["failed"]) == (1, 0, len(QUESTIONS) + 1)


def test_a_quote_that_stands_nowhere_is_refused(ragready: Ragready, tmp_path: Path) -> None:
    """A suite whose quote does not stand in its document would count every passage as missed."""
    folder = write_suite(tmp_path / "suite")
    cases = (folder / "cases.jsonl").read_text()
    (folder / "cases.jsonl").write_text(cases.replace('"quote": "24 months"', '"quote": "25 months"'))
    error = ragready.within("eval", "run", "--no-ragas", folder).error
    assert (error["code"], "25 months" in error["detail"]) == ("invalid-suite", True)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--strategy", "magic"], "unknown-strategy"),
        (["--off", "magic"], "unknown-control"),
        (["--set", "magic=1"], "invalid-settings"),
        (["--set", "hits"], "invalid-settings"),
        (["--set", "hits=many"], "invalid-settings"),
        (["--set", "database_url=postgresql://name:word@host/db"], "invalid-settings"),
        (["--url", "http://127.0.0.1:1", "--set", "hits=1"], "invalid-settings"),
        (["--url", "http://name:word@127.0.0.1:1"], "invalid-settings"),
        (["--split", "magic"], "invalid-suite"),
    ],
)
def test_what_cannot_be_chosen_is_refused(ragready: Ragready, suite: Path, options: list[str], code: str) -> None:
    """A strategy, control, setting or split that is not there is named before anything is opened."""
    assert ragready.within("eval", "run", "--no-ragas", suite, *options).error["code"] == code
    assert not ragready.data.exists()


def test_the_demo_is_scored_too(ragready: Ragready, suite: Path) -> None:
    """The demo answers the same questions, ties no sentence to a source, and is compared over the same corpus."""
    demo = ragready.within("eval", "run", "--no-ragas", suite, "--strategy", "demo").body
    assert (demo["n"], demo["failed"], demo["strategy"]) == (len(QUESTIONS) + 1, 0, "demo")
    assert demo["metrics"]["recall@5"]["value"] == 1.0
    assert demo["metrics"]["citation_recall"]["value"] == 0.0
    product = ragready.within("eval", "run", "--no-ragas", suite).body
    body = ragready.within("eval", "compare", demo["folder"], product["folder"]).body
    assert (body["comparable"], body["metrics"]["citation_recall"]["delta"]) == (True, 1.0)


def test_a_service_is_asked_over_http(ragready: Ragready, suite: Path) -> None:
    """Over HTTP the same suite gives the same documents and answers; what hits do not carry is not scored."""
    here = ragready.within("eval", "run", "--no-ragas", suite).body
    with ragready.up() as service:
        url = str(service.client.base_url)
        there = ragready.within("eval", "run", "--no-ragas", suite, "--url", url, api_key=service.key).body
        wrong = ragready.within("eval", "run", "--no-ragas", suite, "--url", url, api_key="x" * 30).error
    for name in ("recall@5", "answer_accepted", "citation_relevant", "abstention_f1"):
        assert there["metrics"][name] == here["metrics"][name]
    assert there["metrics"]["passage@5"]["n"] == 0
    config = json.loads((Path(there["folder"]) / "config.json").read_text())
    assert (config["machine"], config["settings"]) == ({"service": url}, None)
    assert wrong["code"] == "unauthorised"
    body = ragready.within("eval", "compare", here["folder"], there["folder"]).body
    assert body["comparable"]
    assert body["metrics"]["total_ms"]["verdict"] == "not comparable"
    assert body["metrics"]["passage@5"]["verdict"] == "not run"


def test_a_service_that_is_not_there_is_named(ragready: Ragready, suite: Path) -> None:
    """Where nothing answers, that is said before any case counts as failed."""
    url = f"http://127.0.0.1:{free_port()}"
    error = ragready.within("eval", "run", "--no-ragas", suite, "--url", url).error
    assert (error["code"], url in error["detail"]) == ("target-unavailable", True)


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


def test_passages_that_are_there_twice_count(ragready: Ragready, tmp_path: Path) -> None:
    """Judgements know documents by id, so that retrieval is scored before copies are left out."""
    folder = tmp_path / "beir"
    folder.mkdir()
    texts = dict.fromkeys(("one", "two", "three"), "The bell of the harbour was cast in 1911 and rings at noon.")
    texts |= {f"other-{each}": f"A bell of hall {each} was cast by the smith of row {each}." for each in range(12)}
    (folder / "corpus.jsonl").write_text(
        "".join(json.dumps({"_id": name, "text": text}) + "\n" for name, text in texts.items())
    )
    (folder / "queries.jsonl").write_text('{"_id": "q", "text": "When was the bell of the harbour cast?"}\n')
    (folder / "qrels.tsv").write_text("".join(f"q\t{name}\t1\n" for name in ("one", "two", "three")))
    body = ragready.within("eval", "retrieval", folder).body
    assert body["metrics"]["recall@5"]["value"] == 1.0
    assert body["controls_off"] == ["duplicates"]


def test_a_folder_that_is_no_retrieval_set_is_named(ragready: Ragready, tmp_path: Path) -> None:
    """A folder without corpus.jsonl is refused by the name of what is missing."""
    assert "corpus.jsonl" in ragready.within("eval", "retrieval", tmp_path).error["detail"]
