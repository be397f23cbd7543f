"""The commands that fit heads, on small made sets."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from eval import heads, heads_grounding, heads_sufficiency
from eval.halves import tuned_on
from eval.leakage import Detector
from eval.suite import read_suite
from ingestion.pipeline import run
from service.core.app import App
from service.rag import alignment, judge, sufficiency
from service.rag.heads import read_head
from tests.corpus import write_corpus
from tests.fakes import FakeEncoder

MAKERS = ("Avocet", "Dunlin", "Egret", "Fulmar", "Gadwall", "Pochard", "Scoter", "Siskin", "Whimbrel", "Wigeon")
THINGS = ("bell", "kiln", "lamp", "lathe")
NAMES = [f"{maker} {thing}" for maker in MAKERS for thing in THINGS]


def grounding_file(folder: Path) -> Path:
    """Of each thing a supported sentence and one about something else."""
    cases = [
        {"context": f"The {name} is made of brass. It hangs in a hall.", "answer": answer, "grounded": grounded}
        for name in NAMES
        for answer, grounded in ((f"The {name} is brass.", True), (f"Ships of {name} sail to Odense.", False))
    ]
    path = folder / "things.jsonl"
    path.write_text("\n".join(map(json.dumps, cases)), encoding="utf-8")
    return path


def test_the_grounding_head_is_fitted_on_one_half_and_reported_on_both(tmp_path: Path) -> None:
    """Its file can be read, tells supported from not on either half, and its card counts what it saw."""
    path = grounding_file(tmp_path)
    made = heads_grounding.fit(FakeEncoder(), Detector(FakeEncoder()), [path], [])
    heads.write(made, tmp_path / "grounding.json")
    found = read_head(tmp_path / "grounding.json")
    assert set(found.weights) == set(alignment.SIGNS)
    figures = found.card["figures"]
    assert figures["auc, things, report"]["value"] > 0.9
    answers = [json.loads(line)["answer"] for line in path.read_text().splitlines()]
    assert found.card["trained_on"] == {"things": sum(map(tuned_on, answers))}
    assert figures["auc, things, report"]["n"] == sum(not tuned_on(each) for each in answers)


def test_an_answer_like_a_golden_question_is_not_tuned_on(tmp_path: Path) -> None:
    """Leaks are left out of the fit and counted on the card."""
    path = grounding_file(tmp_path)
    learnt = next(each for name in NAMES if tuned_on(each := f"The {name} is brass."))
    made = heads_grounding.fit(FakeEncoder(), Detector(FakeEncoder()), [path], [learnt.replace("is", "was")])
    # the things of one maker differ in so few letters that each may be the same
    assert made["card"]["leaked"] == len(THINGS)
    assert made["card"]["n"] == sum(made["card"]["trained_on"].values())


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A suite about the two documents of the filled App: half of the questions have an answer."""
    folder = tmp_path / "suite"
    (folder / "corpus" / "public").mkdir(parents=True)
    (folder / "corpus" / "public" / "bells.md").write_text("x")
    cases = [
        {"id": f"{n}", "question": question, "answerable": answerable, "spaces": ["public"], "split": split}
        | ({"answers": ["brass"]} if answerable else {})
        for n, (question, answerable, split) in enumerate(
            [
                *((f"Is bell number {n} made of brass?", True, "tune") for n in range(6)),
                *((f"What does the {name} cost in Odense?", False, "tune") for name in NAMES[:6]),
                ("What does the Avocet bell cost in Odense?", False, "test"),
            ]
        )
    ]
    (folder / "cases.jsonl").write_text("\n".join(map(json.dumps, cases)))
    (folder / "suite.toml").write_text('name = "things"\n')
    return folder


def test_the_sufficiency_head_is_fitted_on_what_the_product_finds(fake_app: App, suite: Path, tmp_path: Path) -> None:
    """Tune cases are asked, files add theirs, what may repeat a test case is left out, both scales are there."""
    pairs = tmp_path / "pairs.jsonl"
    cases = [
        {
            "question": f"Is the {name} made of {metal}?",
            "passages": [{"text": f"The {name} is brass."}],
            "answerable": yes,
        }
        for name in NAMES
        for metal, yes in (("brass", True), ("Tin of Odense", False))
    ]
    pairs.write_text("\n".join(map(json.dumps, cases)))
    run(fake_app, [write_corpus(tmp_path / "help")], "public")
    made = heads_sufficiency.fit(fake_app, Detector(FakeEncoder()), suite, [pairs], [])
    assert set(made["weights"]) == set(sufficiency.SIGNS)
    assert set(made["scales"]) == {"sufficient", "right"}
    # what one maker's things cost is asked in so like words that each may be the same question
    assert made["card"]["leaked"] == len(THINGS)
    assert made["card"]["trained_on"]["suite"] == 12 - len(THINGS)
    assert made["card"]["n"] == sum(made["card"]["trained_on"].values())
    assert made["card"]["figures"]["auc, pairs, report"]["value"] > 0.7


def test_a_head_learns_the_features_that_it_is_served_with(
    fake_app: App, suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is learnt of a question is what the judge measures while it is answered, feature by feature."""
    run(fake_app, [write_corpus(tmp_path / "help")], "public")
    served: list[dict[str, float]] = []

    def measured(*given: Any) -> sufficiency.Measured:
        found = sufficiency.measured(*given)
        served.append(found.features)
        return found

    monkeypatch.setattr(judge, "measured", measured)
    asked = asyncio.run(heads_sufficiency.asked_of(fake_app, read_suite(suite, "tune").cases))
    assert len(asked) == 12
    assert [each.example.features for each in asked] == served


def test_the_command_needs_a_head_and_its_files(capsys: pytest.CaptureFixture[str]) -> None:
    """What is missing is said; nothing is written."""
    for arguments in ([], ["grounding"], ["smell"]):
        with pytest.raises(SystemExit):
            heads.main(arguments)
    assert "required" in capsys.readouterr().err
