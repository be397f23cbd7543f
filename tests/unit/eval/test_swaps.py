"""How changed facts are made, and counted as caught."""

import json
import random
from pathlib import Path

from eval import swaps
from eval.halves import half_of
from service.core.answers import Claim
from service.rag import support

TEXT = "In May 2026 the bell of Aarhus cost three kroner on Monday."


def test_each_fact_is_replaced_once_by_one_that_the_source_lacks() -> None:
    """One sentence for each number, month, weekday and name, and nothing else of it changed."""
    made = list(swaps.swaps(TEXT, TEXT, lambda word: word == "Aarhus", random.Random(0)))
    assert sorted(each.kind for each in made) == ["month", "name", "number", "number word", "weekday"]
    for each in made:
        assert each.new not in TEXT
        assert each.text == TEXT.replace(each.old, each.new)


def test_a_replacement_says_no_number_that_the_source_has_in_another_form() -> None:
    """A number that stands there in digits or in words is not lacking."""
    source = "one " + " ".join(word for word in swaps.NUMBERS if word not in {"three", "third"})
    draws = map(random.Random, range(50))
    made = [each.new for draw in draws for each in swaps.swaps("It takes 9 days.", source, lambda _: False, draw)]
    assert set(made) == {"3"}


def write(folder: Path, *answers: tuple[str, bool]) -> Path:
    """A grounding file whose cases have one context."""
    cases = ({"context": f"{TEXT} It rings.", "answer": answer, "grounded": grounded} for answer, grounded in answers)
    path = folder / "grounding.jsonl"
    path.write_text("\n".join(map(json.dumps, cases)))
    return path


def test_what_the_rules_catch_is_counted_by_half(tmp_path: Path) -> None:
    """Every change of a context's sentence and of a grounded answer is caught, each in the half of its answer."""
    answer = "The bell of Aarhus cost three kroner."
    found = swaps.report([write(tmp_path, (answer, True), ("It is of brass.", False))])
    figures = found[half_of(answer)]
    assert (figures["all"]["value"], figures["missed"]) == (1.0, [])
    assert figures["all"]["n"] == 7
    assert figures["number word"]["n"] == 2


def test_without_rules_nothing_is_caught(tmp_path: Path, monkeypatch) -> None:
    """The control: rules that refuse nothing catch nothing, and each miss is told."""

    def passes(claim: Claim) -> bool:
        assert claim.text
        return False

    monkeypatch.setattr(support, "refused", passes)
    figures = swaps.report([write(tmp_path, ("It rings.", True))])[half_of("It rings.")]
    assert figures["all"]["value"] == 0.0
    assert len(figures["missed"]) == figures["all"]["n"] > 0
