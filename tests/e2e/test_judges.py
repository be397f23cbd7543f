"""Judged scores through the command line, by judges that are scripted behind HTTP."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from eval.checklist.lab import SAMPLES, SEALED
from eval.checklist.simulated_judges import JUDGES, NAME, made_answers, served
from eval.suite import read_suite
from tests.corpus import QUESTIONS
from tests.processes import Ragready
from tests.suites import write_suite

METRICS = ("judged_correctness", "judged_groundedness")


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    return write_suite(tmp_path / "suite")


@contextmanager
def judge(name: str) -> Iterator[dict[str, str]]:
    """The settings that lead to a simulated judge."""
    with served(JUDGES[name]) as url:
        yield {"judge_url": url, "judge_api_key": "k" * 30}


def labels(path: Path) -> Path:
    """A file of answers that are right or wrong by construction."""
    cases = [case for case in read_suite(SAMPLES).cases if case.split != SEALED]
    path.parent.mkdir(exist_ok=True)
    lines = [
        {
            "question": each.submission.question,
            "answer": each.submission.answer,
            "references": [fact.split(" / ") for fact in each.submission.beside],
            "context": [f"It is known: {each.submission.answer}" if each.label else "Nothing is known."],
            "correct": bool(each.label),
            "grounded": bool(each.label),
            "model": each.model,
        }
        for each in made_answers(cases, 40)
    ]
    path.write_text("".join(json.dumps(each) + "\n" for each in lines))
    return path


def lines(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The cases of a run."""
    return [json.loads(line) for line in (Path(body["folder"]) / "cases.jsonl").read_text().splitlines()]


def test_answers_are_judged_with_reasons(ragready: Ragready, suite: Path) -> None:
    """A judged run has both figures with n and interval, what the judge said of each case, and says it is advice."""
    with judge("perfect") as settings:
        done = ragready.within("eval", "run", "--no-ragas", suite, "--judge", NAME, "--judge-repeats", "2", **settings)
        told = ragready.within("eval", "run", "--no-ragas", suite, "--judge", NAME, as_json=False, **settings).stdout
    body = done.body
    found = body["metrics"]["judged_correctness"]
    assert found["n"] == len(QUESTIONS)
    assert found["low"] <= found["value"] <= found["high"]
    assert body["judged"]["worth"]["judged_correctness"]["standing"] == "uncalibrated"
    assert body["judged"]["cases"]["judged_correctness"]["wavering"]["value"] == 0.0
    judged = [each for each in lines(body) if each.get("judgements")]
    assert len(judged) == len(QUESTIONS)
    said = [each["ratings"] for line in judged for each in line["judgements"]]
    assert all(len(each) == 2 and each[0]["reason"] for each in said)
    assert told.count("advisory") == 2
    assert "no calibration of this model and prompt" in told
    page = (Path(body["folder"]) / "report.html").read_text()
    assert f"judged by {NAME}, advice only" in page
    assert "k" * 30 not in page + (Path(body["folder"]) / "config.json").read_text()


def test_failed_judgements_are_told(ragready: Ragready, suite: Path) -> None:
    """A judge that writes prose leaves no figure, no zero, and a count of what failed, on the page too."""
    with judge("prose") as settings:
        body = ragready.within("eval", "run", "--no-ragas", suite, "--judge", NAME, **settings).body
        told = ragready.within("eval", "run", "--no-ragas", suite, "--judge", NAME, as_json=False, **settings).stdout
    assert not set(METRICS) & set(body["metrics"])
    counts = body["judged"]["cases"]["judged_correctness"]
    assert (counts["n"], counts["failed"]) == (0, len(QUESTIONS))
    assert f"{len(QUESTIONS)} judgements failed" in told
    assert "judgement-unusable" in (Path(body["folder"]) / "report.html").read_text()


def test_a_calibrated_judge_stops_a_change(ragready: Ragready, suite: Path, tmp_path: Path) -> None:
    """Advice before, a reason after: the gate reads the calibration that the suite holds, without asking the judge."""
    baseline = tmp_path / "baseline.json"
    (suite / "suite.toml").write_text('name = "small"\n[thresholds.judged_correctness]\nfloor = 1.0\n')
    with judge("perfect") as settings:
        good = ragready.within("eval", "run", "--no-ragas", suite, "--judge", NAME, **settings).body
        ragready.within("eval", "baseline", good["folder"], "--file", baseline)
    with served(lambda _: '{"reason": "It is wrong.", "score": 0}') as url:
        strict = {"judge_url": url, "judge_api_key": "k" * 30}
        bad = ragready.within("eval", "run", "--no-ragas", suite, "--judge", NAME, **strict).body
    before = ragready.within("eval", "gate", suite, "--baseline", baseline).body
    assert any("judged_correctness" in each for each in before["advice"])
    assert not any("judged_correctness" in each for each in before["reasons"])
    labels(suite / "judge/labels.jsonl")
    with judge("perfect") as settings:
        done = ragready.within("eval", "calibrate-judge", suite, "--judge", NAME, "--repeats", "2", **settings)
    assert done.code == 0, done.stdout
    assert [each["standing"] for each in done.body["calibrations"]] == ["calibrated"] * 2
    assert {each["kappa"]["value"] for each in done.body["calibrations"]} == {1.0}
    after = ragready.within("eval", "gate", suite, "--baseline", baseline)
    assert after.code == 1
    assert any("judged_correctness" in each for each in after.body["reasons"])
    off = ragready.within("eval", "compare", good["folder"], bad["folder"]).body["metrics"]["judged_correctness"]
    assert "advice only" in off["why"]


def test_a_refused_judge_is_not_shown(ragready: Ragready, suite: Path) -> None:
    """After a random judge was calibrated its scores are in no run, and every place says that it is refused."""
    file = labels(suite / "judge/labels.jsonl")
    with judge("random") as settings:
        done = ragready.within("eval", "calibrate-judge", file, "--judge", NAME, "--repeats", "2", **settings)
        assert (done.code, {each["standing"] for each in done.body["calibrations"]}) == (1, {"refused"})
        body = ragready.within("eval", "run", "--no-ragas", suite, "--judge", NAME, **settings).body
        told = ragready.within("eval", "run", "--no-ragas", suite, "--judge", NAME, as_json=False, **settings).stdout
    assert not set(METRICS) & set(body["metrics"])
    assert not any(each.get("judgements") for each in lines(body))
    assert sum(f"{each}: not shown" in told for each in METRICS) == 2
    assert "refused: kappa" in (Path(body["folder"]) / "report.html").read_text()


def test_another_judge_is_not_comparable(ragready: Ragready, suite: Path) -> None:
    """Two runs by different judges: their judged figures are not compared, their other figures are."""
    with judge("perfect") as settings:
        first, second = (
            ragready.within("eval", "run", "--no-ragas", suite, "--judge", name, **settings).body
            for name in (NAME, "openai:another")
        )
    body = ragready.within("eval", "compare", first["folder"], second["folder"]).body
    assert body["comparable"]
    assert {body["metrics"][name]["verdict"] for name in METRICS} == {"not comparable"}
    assert "the judges differ" in body["metrics"]["judged_correctness"]["why"]
    assert body["metrics"]["recall@5"]["verdict"] == "cannot tell"


def test_ragas_asks_the_judge(ragready: Ragready, suite: Path) -> None:
    """With a judge Ragas' judged metrics are there; what it cannot make of the judge's words is counted as failed."""

    def answers(prompt: str) -> str:
        if "noncommittal" in prompt:
            return '{"question": "How long is the battery covered?", "noncommittal": 0}'
        if "verdict" in prompt:
            found = [{"statement": each, "reason": "r", "verdict": each} for each in (0, 1)]
            return json.dumps({"statements": [{**each, "statement": "s"} for each in found]})
        return '{"statements": ["a", "c"]}' if "statements" in prompt else '{"reason": "so", "score": 1}'

    with served(lambda shown: answers(shown.prompt)) as url:
        settings = {"judge_url": url, "judge_api_key": "k" * 30}
        body = ragready.within("eval", "run", suite, "--judge", NAME, "--ragas", **settings).body
    assert body["metrics"]["ragas_faithfulness"]["value"] == 0.5
    assert body["metrics"]["ragas_faithfulness"]["n"] == len(QUESTIONS)
    assert 0.0 < body["metrics"]["ragas_answer_relevancy"]["value"] < 1.0
    assert body["judged"]["worth"]["ragas_faithfulness"] == {
        "prompt": "ragas-0.4.3",
        "standing": "uncalibrated",
        "why": "nobody calibrates Ragas' prompts",
    }
    with judge("prose") as settings:
        lost = ragready.within("eval", "run", suite, "--judge", NAME, "--ragas", **settings).body
    assert "ragas_faithfulness" not in lost["metrics"]
    assert lost["judged"]["cases"]["ragas_faithfulness"]["failed"] == len(QUESTIONS)


def test_people_get_answers_to_label(ragready: Ragready, suite: Path) -> None:
    """`--from RUN` writes what a person needs to label each answer, and calibrates nobody before they did."""
    run = ragready.within("eval", "run", suite).body["folder"]
    body = ragready.within("eval", "calibrate-judge", suite, "--from", run).body
    written = [json.loads(line) for line in Path(body["labels"]).read_text().splitlines()]
    assert body["n"] == len(written) == len(QUESTIONS)
    assert all(each["answer"] and each["references"] and each["context"] for each in written)
    assert all(each["correct"] is None and each["grounded"] is None for each in written)
    error = ragready.within("eval", "calibrate-judge", suite, "--judge", NAME, judge_api_key="k" * 30).error
    assert (error["code"], "holds no label" in error["detail"]) == ("invalid-suite", True)


def test_a_judged_run_is_resumed_as_it_began(ragready: Ragready, suite: Path) -> None:
    """An interrupted judged run keeps what the judge said, and goes on with the same judge only."""
    command = ("eval", "run", "--no-ragas", suite, "--judge", NAME)
    with judge("perfect") as settings:
        folder = Path(ragready.within(*command, **settings).body["folder"])
        whole = folder.with_name(f".{folder.name}.partial")
        folder.rename(whole)
        (whole / "summary.json").unlink()
        # what was counted of the judge, and the null controls, are known, and written, when the last case is
        config = json.loads((whole / "config.json").read_text())
        del config["nulls"]
        config["judged"] = {name: config["judged"][name] for name in ("model", "repeats", "worth")}
        (whole / "config.json").write_text(json.dumps(config))
        written = (whole / "cases.jsonl").read_bytes().splitlines(keepends=True)
        (whole / "cases.jsonl").write_bytes(b"".join(written[:2]))
        other = ragready.within("eval", "run", "--no-ragas", suite, "--resume", whole).error
        body = ragready.within(*command, "--resume", "last", **settings).body
    assert (other["code"], "another judged" in other["detail"]) == ("invalid-run", True)
    assert (body["resumed"], body["judged"]["cases"]["judged_correctness"]["n"]) == (2, len(QUESTIONS))
    assert [each["judgements"] for each in lines(body)[:2]] == [json.loads(each)["judgements"] for each in written[:2]]
    assert f"--judge {NAME}" in config["command"]


def test_no_judge_is_named(ragready: Ragready, suite: Path) -> None:
    """A judge that is no model is refused before anything is asked."""
    assert (
        ragready.within("eval", "run", "--no-ragas", suite, "--judge", "extractive").error["code"] == "invalid-settings"
    )
    assert ragready.within("eval", "calibrate-judge", suite).error["code"] == "invalid-settings"
    assert not (ragready.data / "runs").exists()


def test_a_judge_without_a_key_is_named(ragready: Ragready, suite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong is the judge's setting, not the answering model's, and it is said before anything is asked."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    error = ragready.within("eval", "run", "--no-ragas", suite, "--judge", "openai:x").error
    assert (error["code"], "judge openai:x" in error["detail"]) == ("invalid-settings", True)
    assert "RAGREADY_JUDGE_API_KEY" in error["remedy"]
    assert not (ragready.data / "runs").exists()
