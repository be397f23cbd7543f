"""What one case scores."""

import pytest

from eval.measures import estimates, passes
from eval.metrics import accepted, holds, scores
from eval.suite import SEVERAL_DOCUMENTS
from service.core.answers import ControlDecision, Usage
from tests.runs import case, citation, hit, seen

UNANSWERABLE = case(answerable=False, parts=(), relevant=())


@pytest.mark.parametrize(
    ("answer", "right"),
    [("It lasts **24 months**.", True), ("It lasts 124 months.", False), ("two years", True), ("It lasts.", False)],
)
def test_an_answer_must_hold_one_variant(answer: str, right: bool):
    """Any variant makes an answer right, on word boundaries, markup and case aside."""
    assert accepted(case(parts=(("24 months", "Two years"),)), answer) is right


def test_every_part_must_be_there():
    """Half an answer to a question of two parts is not right."""
    both = case(parts=(("24 months",), ("€ 89", "89 euros")))
    assert accepted(both, "24 months, and it costs 89 euros")
    assert not accepted(both, "24 months")


def test_a_case_without_parts_is_never_right():
    """An unanswerable case has nothing that an answer could hold."""
    assert not accepted(UNANSWERABLE, "anything")


def test_a_good_answer_scores_one_everywhere():
    """The right document first, the words in it, and a citation that holds."""
    found = scores(case(), seen())
    names = (
        "document@1",
        "document@5",
        "document_mrr",
        "recall@5",
        "passage@1",
        "passage@5",
        "passage_mrr",
        "answer_accepted",
        "citation_relevant",
    )
    assert [found[name] for name in (*names, "citation_precision", "citation_recall")] == [1.0] * 11
    assert (found["total_ms"], found["answered_of_answerable"], found["declined"]) == (12.0, 1.0, 0.0)
    assert "declined_of_unanswerable" not in found


def test_what_cannot_be_had_is_absent():
    """Hits without text have no passage, an abstention no citation, an unanswerable case no document, a hit no time."""
    assert not {"passage@5", "citation_precision"} & set(scores(case(), seen(hits=(hit(text=None),))))
    declined = scores(case(), seen("", abstained=True))
    assert not {"citation_precision", "citation_recall", "citation_relevant"} & set(declined)
    assert declined["answer_accepted"] == 0.0
    assert "recall@5" not in scores(UNANSWERABLE, seen())
    cached = seen(controls=(ControlDecision("exact-cache", "hit", "", 0.1),))
    assert "total_ms" not in scores(case(), cached)
    assert not {"model_tokens", "cost"} & set(scores(case(), seen()))


def test_an_order_that_gets_worse_is_seen_in_the_reciprocal_rank() -> None:
    """Second instead of first is half of it, and a hit without text has no passage at all."""
    found = scores(case(), seen(hits=(hit(source="public/other.md", text="Nothing."), hit())))
    assert (found["document_mrr"], found["passage_mrr"], found["passage@5"]) == (0.5, 0.5, 1.0)
    assert scores(case(), seen(hits=(hit(source="public/other.md", text="Nothing."),)))["passage_mrr"] == 0.0


def test_an_answer_is_scored_beside_its_reference() -> None:
    """Exact match, F1 and numbers of an answer; one that declines is not right in any of them."""
    found = scores(case(), seen("24 months."))
    assert (found["exact_match"], found["token_f1"], found["numbers_right"]) == (1.0, 1.0, 1.0)
    declined = scores(case(), seen("No document says how many of the 24 months.", abstained=True))
    assert [declined[name] for name in ("exact_match", "token_f1", "numbers_right")] == [0.0, 0.0, 0.0]
    assert "numbers_right" not in scores(case(parts=(("harmless",),)), seen())
    assert not {"exact_match", "token_f1"} & set(scores(UNANSWERABLE, seen()))


def test_phrases_are_demanded_and_forbidden_whoever_answers() -> None:
    """All that must be said, and nothing that must not, also where the answer declines; no phrase, no figure."""
    asked = case(must_contain=("24 months", "lasts"), must_not_contain=("forever", "36 months"))
    good, bad = scores(asked, seen()), scores(asked, seen("It lasts 36 months."))
    assert [(each["must_contain"], each["must_not_contain"]) for each in (good, bad)] == [(1.0, 1.0), (0.0, 0.0)]
    silent = case(answerable=False, parts=(), relevant=(), must_not_contain=("secret",))
    assert scores(silent, seen("The secret is not told.", abstained=True))["must_not_contain"] == 0.0
    assert not {"must_contain", "must_not_contain"} & set(scores(case(), seen()))


def test_a_case_passes_with_all_that_it_is_held_to() -> None:
    """Accepted or declined as it should, and each phrase as demanded; nothing to hold it to is no pass."""
    asked = case(must_not_contain=("36 months",))
    assert passes(scores(asked, seen()))
    assert not passes(scores(asked, seen("It lasts 24 months, not 36 months.")))
    assert passes(scores(UNANSWERABLE, seen("", abstained=True)))
    assert not passes(scores(UNANSWERABLE, seen()))
    assert not passes({})


def test_tokens_and_cost_are_scored_where_a_model_was_asked():
    """Tokens are those read and written; without prices there is no cost, and not a cost of zero."""
    priced = scores(case(), seen(usage=Usage(300, 40, True, 0.25)))
    assert (priced["model_tokens"], priced["cost"]) == (340.0, 0.25)
    unpriced = scores(case(), seen(usage=Usage(300, 40, True, None)))
    assert (unpriced["model_tokens"], "cost" in unpriced) == (340.0, False)
    assert estimates([priced, unpriced])["cost"].n == 1
    assert "cost" not in estimates([unpriced])


def test_every_document_that_is_needed_counts():
    """Where an answer needs two documents, one is half; where either answers alone, one is enough."""
    both = (("public/a.md", "24 months"), ("public/b.md", "x"))
    assert scores(case(relevant=both), seen())["recall@5"] == 1.0
    assert scores(case(relevant=both, tags=(SEVERAL_DOCUMENTS,)), seen())["recall@5"] == 0.5


def test_an_answer_that_cites_nothing_has_no_recall():
    """Sentences without a source count against the recall of citations; there is no precision of nothing."""
    found = scores(case(), seen(citations=()))
    assert found["citation_recall"] == 0.0
    assert "citation_precision" not in found
    half = seen("It lasts 24 months. The frame lasts longer.", citations=(citation(),))
    assert scores(case(), half)["citation_recall"] == 0.5


@pytest.mark.parametrize(
    ("fields", "right"),
    [
        ({}, True),
        ({"chunk": "c2"}, False),
        ({"chunk": ""}, False),
        ({"quote": "It lasts 36 months."}, False),
        ({"quote": "It"}, False),
        ({"sentence": "It lasts 36 months."}, False),
        ({"sentence": "Penguins cannot fly over mountains."}, False),
        ({"sentence": "It lasts <DATE>.", "redacted": True}, True),
    ],
    ids=["as it is", "another chunk", "no chunk", "no such quote", "too little", "number", "other words", "redacted"],
)
def test_a_citation_holds_or_not(fields: dict[str, object], right: bool):
    """The quote stands in the chunk that is named and holds the sentence's words, the chunk its numbers."""
    assert holds(citation(**{"sentence": "It lasts 24 months.", **fields}), [hit()]) is right


def test_a_table_row_is_held_by_its_values():
    """The columns' names of a row may stand in an earlier chunk; its values may not."""
    masked = "Name: Ann Lee; Mail: [EMAIL_ADDRESS]; Account for credit notes: [IBAN_CODE]"
    chunk = hit(text="| Ann Lee | ann@example.org | GB33BUKB20201555555555 |")
    assert holds(citation(masked, quote=masked, redacted=True), [chunk])
    assert not holds(citation(masked.replace("Ann", "Bo"), redacted=True), [hit(text="| Cy Moe | x | y |")])
    row = citation("Model: Harbour; Price in 2026: 2890", quote="| Harbour | 2890 |")
    assert holds(row, [hit(text="| Harbour | 2890 |\n| Ridge | 4150 |")])
    assert not holds(citation("Model: Harbour; Price: 4150", quote="| Harbour | 2890 |"), [hit(text=row.quote)])
