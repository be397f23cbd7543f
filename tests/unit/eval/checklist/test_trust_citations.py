"""When a citation holds, what was made up, and when both together pass."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from eval.checklist.cited import Run, held, stands, verbatim
from eval.checklist.probes.trust_citations import judged, made_up, planted
from eval.checklist.states import Figure, State, share
from eval.outcome import Scored
from service.core.answers import Citation

TEXT = "# Shed\n\nThe **shed** opens at nine. It closes at six.\n"
TEXTS = {"doc": TEXT}
OPENS = Citation("doc", "chunk", "The **shed** opens at nine.", 8, 35, "The shed opens at nine.", "Shed", "s.md", "s")
GOOD, NONE = share(99, 100), share(0, 20)


@pytest.mark.parametrize(
    ("shares", "invented", "state"),
    [
        ([GOOD, GOOD], NONE, "pass"),
        ([GOOD, None], NONE, "fail"),
        ([GOOD, share(90, 100)], NONE, "fail"),
        ([GOOD, GOOD], share(1, 20), "fail"),
        ([GOOD, share(10, 10)], NONE, "cannot tell"),
    ],
)
def test_every_share_has_to_hold_and_nothing_may_be_made_up(
    shares: list[Figure | None], invented: Figure, state: State
) -> None:
    """Citing nothing fails, one made-up answer fails, and ten sentences are too few to tell."""
    assert judged(shares, invented) == state


def test_a_quote_stands_where_its_offsets_say() -> None:
    """The right words at other offsets, or of a document that is not there, do not stand."""
    assert stands(OPENS, TEXTS)
    assert not stands(replace(OPENS, start=9, end=36), TEXTS)
    assert not stands(replace(OPENS, document="other"), TEXTS)
    assert not stands(replace(OPENS, quote="", start=0, end=0), TEXTS)


@pytest.mark.parametrize(
    ("quote", "sentence", "same"),
    [
        ("The **shed** opens at nine.", "The shed opens at nine.", True),
        ("The **shed** opens at nine.", "The shed opens at ten.", False),
        ("| Gold | 12 % |", "level: Gold; discount: 12 %", True),
        ("| Gold | 12 % |", "level: Gold; discount: 14 %", False),
        ("| Gold | 12 % |", "level: Gold; discount: 12 %; bonus: 3 %", False),
    ],
)
def test_an_extracted_sentence_is_its_quote(quote: str, sentence: str, same: bool) -> None:
    """Markup and the names of columns may differ, and nothing else."""
    assert verbatim(replace(OPENS, quote=quote, sentence=sentence)) is same


def test_a_sentence_without_a_citation_costs_recall(scored_of: Callable[..., Scored]) -> None:
    """Of two sentences one is cited and holds: every citation does, and half of the sentences have one."""
    answer = scored_of("a", "The shed opens at nine. Birds sing there.", citations=(OPENS,))
    found = held(Run([answer], TEXTS))
    assert (found.precision, found.recall) == ([True], [True, False])


def test_a_citation_of_something_else_costs_both(scored_of: Callable[..., Scored]) -> None:
    """A sentence that cites another sentence's span has no citation that holds."""
    wrong = replace(OPENS, quote="It closes at six.", start=36, end=53)
    found = held(Run([scored_of("a", "The shed opens at nine.", citations=(wrong,))], TEXTS))
    assert (found.precision, found.recall) == ([False], [False])


def test_what_stands_on_no_page_is_made_up(scored_of: Callable[..., Scored]) -> None:
    """A question that no page answers may be declined or get a sentence of a page, and nothing else."""
    pages = planted(1, 0)
    [page] = pages["workshop"].values()
    from_the_page = page.split("\n\n")[1].split(". ")[0] + "."
    run = [
        scored_of("declined", None, answerable=False),
        scored_of("quoted", from_the_page, answerable=False),
        scored_of("invented", "The figure for this is 47 percent.", answerable=False),
        scored_of("answerable", "This is not looked at."),
    ]
    assert made_up(run, pages) == share(1, 3)
