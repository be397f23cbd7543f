"""Figures of the personal data that is found: by type, exactly and in part."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from eval import detector_spans
from eval.detector_cases import read_cases
from eval.detector_show import print_report
from eval.detector_spans import exact, overlapping, pairs, product_type
from service.core.personal import Patterns, PersonalSpan

MAIL = "jo@home.example"


class Told(Patterns):
    """Finds what it is told to find in a text."""

    def __init__(self, spans: Mapping[str, list[PersonalSpan]]) -> None:
        super().__init__()
        self._spans = spans

    def find(self, text: str) -> list[PersonalSpan]:
        """The spans of the text; dies of one it does not know."""
        return self._spans[text]


def reported(engine: Patterns, folder: Path, *cases: dict[str, Any]) -> dict[str, Any]:
    path = folder / "cases.jsonl"
    path.write_text("\n".join(map(json.dumps, cases)), encoding="utf-8")
    return detector_spans.report(read_cases("pii", path), engine, lambda *_: None)


def span(type_: str, start: int, end: int) -> dict[str, Any]:
    return {"type": type_, "start": start, "end": end}


def test_spans_are_scored_by_type_exactly_and_in_part(tmp_path: Path) -> None:
    """A span cut short counts as overlapping only, one of another type is false, and what is not found is missed."""
    engine = Told(
        {
            "one two": [PersonalSpan("US_SSN", 0, 3), PersonalSpan("IBAN_CODE", 4, 6)],
            "six": [PersonalSpan("US_SSN", 0, 3)],
            "ten": [],
        }
    )
    body = reported(
        engine,
        tmp_path,
        {"text": "one two", "spans": [span("US_SSN", 0, 3), span("iban", 4, 7)]},
        {"text": "six", "spans": [span("PHONE", 0, 3)]},
        {"text": "ten", "spans": [span("PERSON", 0, 3), span("PERSON", 0, 3)]},
    )
    assert (body["n"], body["told"], body["found"]) == (3, 3, 3)
    assert [body["exact"][name]["value"] for name in ("precision", "recall", "f1")] == [0.3333] * 3
    assert [body["overlapping"][name]["value"] for name in ("precision", "recall", "f1")] == [0.6667] * 3
    assert body["by_type"]["IBAN_CODE"]["exact"]["recall"]["value"] == 0.0
    assert body["by_type"]["IBAN_CODE"]["overlapping"]["f1"]["value"] == 1.0
    phone = body["by_type"]["PHONE_NUMBER"]["exact"]
    assert (phone["recall"]["value"], phone["precision"]["why"]) == (0.0, "none was found")
    assert (body["not_looked_for"], body["called"]) == ({"PERSON": 1}, {"PHONE": "PHONE_NUMBER", "iban": "IBAN_CODE"})
    assert body["with_not_looked_for"]["exact"]["recall"]["value"] == 0.25
    f1 = body["exact"]["f1"]
    assert (f1["n"], 0 < f1["low"] < f1["value"] < f1["high"] < 1) == (5, True)


def test_texts_without_personal_data_have_no_recall(tmp_path: Path) -> None:
    """Where none is told, what is found is false and recall is null; a text that the engine dies of is counted."""
    body = reported(Told({"a": [PersonalSpan("US_SSN", 0, 1)]}), tmp_path, *({"text": t, "spans": []} for t in "ab"))
    assert (body["n"], body["failed"], body["failures"][0]["line"]) == (1, 1, 2)
    assert (body["exact"]["precision"]["value"], body["exact"]["recall"]["why"]) == (0.0, "none is told")
    nothing = reported(Told({"a": []}), tmp_path, {"text": "a", "spans": []})
    assert nothing["exact"]["f1"]["why"] == "none is told and none was found"


def test_the_products_patterns_are_what_is_scored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A mailbox is found by the product, under the name that another set gives it, and the table can be printed."""
    body = reported(Patterns(), tmp_path, {"text": f"Ask {MAIL}.", "spans": [span("e-mail", 4, 4 + len(MAIL))]})
    assert body["by_type"]["EMAIL_ADDRESS"]["exact"]["f1"]["value"] == 1.0
    on = {"half": None, "limit": None, "lines": 1, "file": "cases.jsonl", "fingerprint": "0", "commit": "0", "at": "0"}
    print_report({**body, "rests_on": on})
    assert "EMAIL_ADDRESS" in capsys.readouterr().out


def test_names_of_types_are_mapped_where_something_looks_for_them() -> None:
    """Spelling does not matter; a name that nothing looks for is none of the product's."""
    types = frozenset({"EMAIL_ADDRESS", "PHONE_NUMBER", "US_SSN"})
    told = ("EMAIL_ADDRESS", "Email", "email-address", "TELEPHONENUM", "SSN", "PERSON", "FLOWER")
    assert [product_type(each, types) for each in told] == [
        *["EMAIL_ADDRESS"] * 3,
        "PHONE_NUMBER",
        "US_SSN",
        None,
        None,
    ]
    assert product_type("person", types | {"PERSON"}) == "PERSON"


def test_each_span_is_in_one_pair() -> None:
    """Two found within one told are one pair; equal spans of other types are none."""
    told = [PersonalSpan("A", 0, 10), PersonalSpan("B", 20, 30)]
    found = [PersonalSpan("A", 0, 3), PersonalSpan("A", 5, 8), PersonalSpan("A", 20, 30)]
    assert pairs(told, found, overlapping) == 1
    assert pairs(told, told, exact) == 2
    assert pairs(told, found, exact) == 0
