"""The life of a golden set through the commands."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.golden import CASES, case, read_lines, write_documents, write_suite
from tests.processes import Ragready, wait_until


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    return write_suite(tmp_path / "suite")


def test_from_documents_to_a_scored_run(ragready: Ragready, tmp_path: Path) -> None:
    """Proposals are skipped; two people label them; what they share is asked in the next run."""
    suite = tmp_path / "golden"
    made = ragready.within("eval", "new", suite, "--from", write_documents(tmp_path / "files"), "--space", "files").body
    n = made["added"]
    assert n == sum(made["kinds"].values()) == sum(made["splits"].values()) > 5
    assert set(made["kinds"]) >= {"heading", "table", "fact", "near-miss"}
    run = ragready.within("eval", "run", "--no-ragas", suite)
    assert (run.code, run.body["n"], run.body["failed"]) == (1, 0, 0)

    for name in ("ann", "bob"):
        told = ragready.within("eval", "label", suite, "--as", name, "--sealed", stdin="rrb" * n, as_json=False)
        assert (told.code, f"{n} labelled, 0 left" in told.stdout) == (0, True)
    found = ragready.within("eval", "agreement", suite, "--sealed")
    assert (found.body["alpha"]["value"], found.body["same"]["value"]) == (1.0, 1.0)
    # full agreement on fewer than twenty cases is no verdict, so one person's word is taken
    taken = ragready.within("eval", "accept", suite, "--people", "1").body
    assert len(taken["accepted"]) + len(taken["left_out"]) == n
    assert taken["version"]["number"] == 2
    again = ragready.within("eval", "run", "--no-ragas", suite).body
    open_cases = sum(each["split"] != "sealed" for each in read_lines(suite / "cases.jsonl"))
    assert again["n"] + again["skipped"] == open_cases
    assert again["n"] > 0


def test_labels_without_two_people_are_not_taken(ragready: Ragready, suite: Path) -> None:
    """Nothing is taken over that one person alone has labelled."""
    ragready.within("eval", "label", suite, "--as", "ann", stdin="rrr", as_json=False)
    assert ragready.within("eval", "accept", suite).error["code"] == "invalid-suite"


def test_ctrl_c_loses_no_label(ragready: Ragready, suite: Path) -> None:
    """A process that is interrupted leaves every label on disk, and the next one asks for the rest only."""
    command = [sys.executable, "-m", "cli", "eval", "label", str(suite), "--as", "ann"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        assert process.stdin is not None
        process.stdin.write("ra")
        process.stdin.flush()
        wait_until(lambda: labels_on_disk(suite) == 2)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    assert [each["label"] for each in read_lines(suite / "labels/ann.jsonl")] == ["right", "wrong-answer"]
    rest = ragready.within("eval", "label", suite, "--as", "ann", stdin="n", as_json=False)
    assert "1 labelled, 0 left" in rest.stdout


def test_the_sealed_split_is_opened_by_name_only(ragready: Ragready, suite: Path) -> None:
    """A plain run asks no sealed case; --sealed asks them alone and is counted; --split sealed is refused."""
    plain = ragready.within("eval", "run", "--no-ragas", suite).body
    assert (plain["n"], plain["split"], plain["sealed_openings"]) == (3, None, 0)
    assert ragready.within("eval", "run", "--no-ragas", suite, "--split", "sealed").error["code"] == "invalid-suite"
    assert not (suite / "sealed.jsonl").exists()
    opened = ragready.within("eval", "run", "--no-ragas", suite, "--sealed").body
    assert (opened["n"], opened["split"], opened["sealed_openings"]) == (2, "sealed", 1)
    config = json.loads((Path(opened["folder"]) / "config.json").read_text())
    assert config["command"].endswith("--sealed --no-ragas")
    assert ragready.within("eval", "run", "--no-ragas", suite, "--sealed").body["sealed_openings"] == 2
    assert [each["why"] for each in read_lines(suite / "sealed.jsonl")] == ["run", "run"]


def test_a_leak_across_splits_stops(ragready: Ragready, tmp_path: Path) -> None:
    """A question that stands in two splits ends with 1; with the control off it is told and ends with 0."""
    leaked = case("e2", "how long do parcels travel at home", "test")
    suite = write_suite(tmp_path / "suite", *CASES, leaked)
    found = ragready.within("eval", "leaks", suite)
    splits = found.body["sources"][0]
    assert (found.code, found.body["state"], found.body["confirmed"]) == (1, "confirmed", ["other splits"])
    assert [(each["case"], each["other"]) for each in splits["leaks"]] == [("e2", "t1")]
    off = ragready.within("eval", "leaks", suite, controls_off="leaks")
    assert (off.code, off.body["state"], off.body["stopped"]) == (0, "confirmed", False)


def test_leaks_say_what_they_did_not_see(ragready: Ragready, suite: Path, tmp_path: Path) -> None:
    """Training data that nobody named and sealed cases that are shut are unknown; named and opened they are not."""
    states = sources(ragready.within("eval", "leaks", suite).body)
    assert (states["training data"], states["other splits"], states["prompts"]) == ("unknown", "unknown", "unknown")
    assert not (suite / "sealed.jsonl").exists()
    training = tmp_path / "training.jsonl"
    training.write_text('{"question": "Is there any parcel on Sundays?"}\n')
    found = ragready.within("eval", "leaks", suite, "--sealed", "--training", training)
    assert (found.code, sources(found.body)) == (
        1,
        {"other splits": "none", "prompts": "none", "training data": "confirmed", "corpus": "none"},
    )
    assert [each["why"] for each in read_lines(suite / "sealed.jsonl")] == ["leaks"]


def test_live_questions_of_another_kind_are_told(ragready: Ragready, tmp_path: Path) -> None:
    """Live questions about another subject are told from the golden ones, and shown by topic; a few are too few."""
    things = ("parcel", "letter", "box", "crate", "pallet", "bag", "tube", "barrel")
    golden = [
        case(f"c{at}-{thing}", f"{words} a {thing}?", "tune")
        for thing in things
        for at, words in enumerate(("How long travels", "What costs", "Who brings", "When comes"))
    ]
    suite, live = write_suite(tmp_path / "suite", *golden), tmp_path / "live.txt"
    animals = ("cat", "dog", "horse", "rabbit", "parrot", "hamster", "goat", "duck")
    live.write_text(
        "".join(f"What does a {each} eat?\nHow old gets a {each}?\nCan a {each} swim?\n" for each in animals)
    )
    found = ragready.within("eval", "representative", suite, "--live", live)
    assert (found.code, found.body["verdict"], found.body["stopped"]) == (1, "differ", True)
    assert found.body["topics"]
    live.write_text("What does a cat eat?\n")
    few = ragready.within("eval", "representative", suite, "--live", live)
    assert (few.code, few.body["verdict"]) == (0, "too few")


def test_bad_feedback_becomes_proposals(ragready: Ragready, suite: Path, tmp_path: Path) -> None:
    """Bad ratings are added to a suite as cases that wait for a person, and make its next version."""
    feedback = tmp_path / "feedback.jsonl"
    lines: list[dict[str, Any]] = [
        {"question": "Do you deliver at night?", "answer": "Yes.", "rating": "down", "trace_id": "0af7"},
        {"question": "Is it open?", "rating": "up"},
    ]
    feedback.write_text("".join(json.dumps(each) + "\n" for each in lines))
    made = ragready.within("eval", "new", suite, "--feedback", feedback, "--space", "shop").body
    assert (made["added"], made["kinds"]) == (1, {"feedback": 1})
    added = read_lines(suite / "cases.jsonl")[-1]
    assert (added["question"], "trace 0af7" in added["skip"]) == ("Do you deliver at night?", True)
    assert ragready.within("eval", "version", suite).body["version"] == made["version"]


def test_ingested_spaces_become_a_suite(ragready: Ragready, tmp_path: Path) -> None:
    """The documents of an ingested space are written into the suite, and their quotes stand in them."""
    files = write_documents(tmp_path / "shop")
    assert ragready.within("ingest", files, "--space", "shop").code == 0
    suite = tmp_path / "golden"
    made = ragready.within("eval", "new", suite, "--space", "shop").body
    assert made["added"] > 5
    assert sorted(each.name for each in (suite / "corpus/shop").rglob("*.md")) == [
        "care.md",
        "delivery.md",
        "returns.md",
    ]


def test_the_page_is_served_on_loopback(ragready: Ragready, suite: Path) -> None:
    """--page prints an address with a secret, and a label that is sent there is on disk."""
    process = ragready.start("eval", "label", suite, "--as", "ann", "--page")
    try:
        assert process.stderr is not None
        address = process.stderr.readline().split()[-1]
        assert address.startswith("http://127.0.0.1:")
        wait_until(lambda: answers(address))
        shown = httpx.post(address, data={"case": "t1", "label": "right"}, follow_redirects=True)
        assert shown.status_code == 200
        assert read_lines(suite / "labels/ann.jsonl")[0]["label"] == "right"
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode == 0


def labels_on_disk(suite: Path) -> int:
    """How many labels stand in ann's file."""
    path = suite / "labels/ann.jsonl"
    return len(read_lines(path)) if path.is_file() else 0


def answers(address: str) -> bool:
    """Whether the page is there."""
    try:
        return httpx.get(address).status_code == 200
    except httpx.TransportError:
        return False


def sources(body: dict[str, Any]) -> dict[str, str]:
    """The state of each source."""
    return {each["source"]: each["state"] for each in body["sources"]}
