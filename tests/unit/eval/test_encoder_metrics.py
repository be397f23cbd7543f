"""Figures of an answer that take the encoder."""

import asyncio

import pytest

from eval.encoder_metrics import encoder_scorer, grounded_share, semantic_similarity
from eval.metrics import scores
from eval.outcome import Failed, Scored
from tests.fakes import FakeEncoder
from tests.runs import case, citation, hit, seen

ENCODER = FakeEncoder()


def test_the_nearest_reference_counts() -> None:
    """An answer in the words of a variant is as near as can be, one in other words is not; silence has no figure."""
    asked = case(parts=(("two years", "24 months"),), relevant=(("public/a.md", "The frame is warranted"),))
    assert semantic_similarity(asked, "24 months", ENCODER) == pytest.approx(1.0, abs=1e-5)
    assert semantic_similarity(asked, "the frame is warranted", ENCODER) == pytest.approx(1.0, abs=1e-5)
    far = semantic_similarity(asked, "Penguins cannot fly", ENCODER)
    assert far is not None
    assert far < 0.5
    assert semantic_similarity(asked, " ", ENCODER) is None
    assert semantic_similarity(case(parts=(), relevant=()), "24 months", ENCODER) is None


def test_a_sentence_is_grounded_by_its_citation_or_word_for_word() -> None:
    """One sentence is cited, one stands in another hit without a citation, one stands nowhere: two of three."""
    text = "It lasts 24 months. The bell rings twice. Penguins sail over mountains of glass."
    hits = (hit(), hit("public/b.md", "At noon. The bell rings twice.", "c2"))
    assert grounded_share(seen(text, citations=(citation(),), hits=hits), ENCODER) == pytest.approx(2 / 3)


def test_what_cannot_be_had_is_absent() -> None:
    """Hits without text ground nothing and say nothing; neither does an answer without a word."""
    assert grounded_share(seen(hits=(hit(text=None),)), ENCODER) is None
    assert grounded_share(seen("", citations=()), ENCODER) is None


def test_the_figures_stand_beside_a_cases_own() -> None:
    """An answer gets both, one that declines and a failure stay as they are, and no similarity without an answer."""
    scorer = encoder_scorer(ENCODER)

    def scored(asked: object, said: object) -> dict[str, float]:
        return dict(asyncio.run(scorer(Scored(asked, said, scores(asked, said)))).scores)

    assert scored(case(), seen())["grounded"] == 1.0
    assert "semantic_similarity" in scored(case(), seen())
    unanswerable = scored(case(answerable=False, parts=(), relevant=()), seen())
    assert ("grounded" in unanswerable, "semantic_similarity" in unanswerable) == (True, False)
    assert not {"grounded", "semantic_similarity"} & set(scored(case(), seen("", abstained=True)))
    failed = Failed(case(), "internal", "it broke")
    assert asyncio.run(scorer(failed)) == failed
