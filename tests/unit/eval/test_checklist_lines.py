"""The checklist as data: what it must hold, and what is refused."""

import re
from importlib.util import find_spec
from typing import get_args

import pytest

from eval.checklist.lines import FILE, SECTIONS, Line, chosen, lines, parsed
from eval.checklist.page import BEGIN, END, PAGE, table
from eval.checklist.states import State
from service.core.controls import CONTROL_NAMES, CONTROLS
from service.core.errors import InvalidSettings, UnknownLine

SPECIFIED = {
    "problem": "charter baseline",
    "data": "duplicates outliers leakage representative labels freshness",
    "quality": "retrieval answers abstain gate judge",
    "trust": "citations why confidence",
    "latency": "exact semantic inference load",
    "privacy": "ingest traffic access erasure retention",
    "fairness": "pairs exposure languages",
    "security": "jailbreak documents output hallucination poisoning access supply",
    "operations": "traces alerts faults upgrade restore",
    "online": "feedback experiment bridge",
    "people": "report limits stages",
}
MEASURED = {
    *("problem-baseline", "data-duplicates", "data-freshness", "quality-retrieval", "quality-answers"),
    *("quality-abstain", "quality-gate", "quality-judge"),
    *("trust-citations", "latency-exact", "privacy-traffic", "privacy-access", "security-documents", "security-output"),
    *("operations-traces", "operations-faults"),
    *("privacy-ingest", "privacy-erasure", "operations-upgrade", "data-outliers", "trust-why"),
    *("trust-confidence", "security-hallucination", "data-leakage", "data-representative", "data-labels"),
}
ENTRY = """
[[line]]
id = "data-duplicates"
section = "data"
question = "?"
fails_in_demos = "It does."
pass_rule = "None."
null_control = "None."
null_gives = "fail"
not_covered = "All."
missing = "Everything."
"""


def test_every_line_of_the_specification_is_there() -> None:
    """The checklist has 46 lines, these and in this order."""
    expected = [(section, f"{section}-{name}") for section, names in SPECIFIED.items() for name in names.split()]
    assert [(line.section, line.id) for line in lines()] == expected
    assert len(expected) == 46
    assert tuple(SPECIFIED) == SECTIONS


def test_twenty_five_lines_are_measured() -> None:
    """Twenty-five lines have a probe, and each of the others says what is missing."""
    assert {line.id for line in lines() if line.probe} == MEASURED
    assert all(line.missing.endswith(".") for line in lines() if not line.probe)


@pytest.mark.parametrize("line", [line for line in lines() if line.home], ids=lambda line: line.id)
def test_homes_exist(line: Line) -> None:
    """The module that a line names as its control's home is there, and it is the one that the control names."""
    assert find_spec(line.home)
    if line.control:
        assert line.home == next(each.home for each in CONTROLS if each.name == line.control)


@pytest.mark.parametrize("line", lines(), ids=lambda line: line.id)
def test_switches_are_controls(line: Line) -> None:
    """What a line switches off are controls, its own among them where it is measured."""
    assert set(line.switch) <= set(CONTROL_NAMES)
    assert not line.probe or line.control in line.switch


def test_every_line_fails_in_demos_in_one_sentence() -> None:
    """Why a line fails in demos is one sentence."""
    for line in lines():
        assert re.fullmatch(r"[A-Z][^.!?]*\.", line.fails_in_demos), line.id


def test_lines_are_read_as_they_stand_there() -> None:
    """An entry becomes a line, with empty fields where it says nothing."""
    (line,) = parsed(ENTRY)
    assert (line.id, line.section, line.missing, line.control, line.switch) == (
        "data-duplicates",
        "data",
        "Everything.",
        "",
        (),
    )


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("", ENTRY), "data-duplicates"),
        (('section = "data"', 'section = "date"'), "section"),
        (('id = "data-duplicates"', 'id = "duplicates"'), "does not begin with its section"),
        (('missing = "Everything."', 'missing = ""'), "says what is missing"),
        (('null_gives = "fail"', 'null_gives = "pass"'), "null_gives"),
        (('missing = "Everything."', 'missing = "All."\ncontrol = "hybird"'), "control"),
        (('missing = "Everything."', 'missing = "All."\nswitch = ["hybird"]'), "switch"),
        (('missing = "Everything."', 'missing = "All."\nowasp = ["LLM11:2025"]'), "owasp"),
        (('missing = "Everything."', 'missing = "All."\nwhy = "no"'), "why"),
        (('missing = "Everything."', 'probe = "eval.checklist.probes.other"'), "not named like the line"),
        (('missing = "Everything."', 'probe = "eval.checklist.probes.data_duplicates"'), "needs control"),
        (('question = "?"\n', ""), "question"),
        (("[[line]]", "[line"), "cannot be used"),
    ],
)
def test_a_list_that_would_mislead_is_refused(change: tuple[str, str], named: str) -> None:
    """Duplicates, unknown sections, controls and fields, and a line without a probe that says nothing, are refused."""
    old, new = change
    text = ENTRY.replace(old, new) if old else ENTRY + new
    with pytest.raises(InvalidSettings, match=re.escape(named)):
        parsed(text)


def test_lines_are_chosen_by_id_and_section() -> None:
    """Ids come in the checklist's order, a section whole, nothing named means every line."""
    every = parsed(FILE.read_text(encoding="utf-8"))
    assert chosen(every) == every
    assert [line.id for line in chosen(every, ["trust-why", "data-labels"])] == ["data-labels", "trust-why"]
    assert {line.section for line in chosen(every, (), "trust")} == {"trust"}


@pytest.mark.parametrize(
    ("ids", "section", "near"),
    [
        (["data-duplicate"], None, "data-duplicates"),
        (["retrieval"], None, "quality-retrieval"),
        ([], "privcy", "privacy"),
        (["nothing like it"], None, "--last"),
        (["trust-why"], "privacy", "not both"),
    ],
)
def test_an_unknown_line_names_near_ones(ids: list[str], section: str | None, near: str) -> None:
    """A misspelt line or section is refused, with what was probably meant."""
    with pytest.raises(UnknownLine) as refused:
        chosen(lines(), ids, section)
    assert near in refused.value.remedy


def test_the_page_holds_the_lines() -> None:
    """docs/checklist.md says of every line what lines.toml says; `python -m eval.checklist.page` writes it."""
    text = PAGE.read_text(encoding="utf-8")
    assert text.partition(BEGIN)[2].partition(END)[0].strip() == table(lines())


def test_the_page_explains_the_states() -> None:
    """docs/checklist.md explains each of the states, and no other."""
    section = PAGE.read_text(encoding="utf-8").partition("## States")[2].partition("\n## ")[0]
    assert re.findall(r"^\| ([a-z ]+) \|", section, re.MULTILINE)[1:] == list(get_args(State))
