"""Which sentences their source supports."""

import pytest

from service.core.answers import Claim, Hit
from service.core.types import QueryVectors
from service.rag import read, support
from tests.fakes import FakeEncoder

ENCODER = FakeEncoder()
QUESTION = "How heavy is the brass bell?"
TEXT = (
    "The brass bell of the Harbour weighs 90 grams. It costs 1,250 kroner since 3 May 2026.\n\n"
    "The frame is covered for ten years. Scratches are not covered."
)


@pytest.fixture
def hit(hits_of) -> Hit:
    """One hit that says a few things."""
    [made] = hits_of(QUESTION, TEXT)
    return made


def claim(text: str, hit: Hit) -> Claim:
    """A claim that cites the span of the hit that supports it best."""
    span = support.best_span(text, hit)
    return Claim(text, hit, span.start, span.end)


def test_what_the_reader_picks_is_supported(hits_of) -> None:
    """Every sentence of the extractive reader is its span, in prose, lists and table rows."""
    text = f"{TEXT}\n\n- Lamps **shine**.\n\n| Model | Price |\n|---|---|\n| Ridge | 4150 |"
    hits = hits_of(QUESTION, text, "| Harbour | 2890 |", context="Prices\n| Model | Price |")
    ranked = read.evidence(QUESTION, FakeEncoder().embed_query(QUESTION), hits)
    claims = tuple(Claim(each.text, each.hit, each.sentence.start, each.sentence.end) for each in ranked)
    assert len(claims) == 7
    checked = support.supported(claims, ENCODER)
    assert (checked.value, checked.decision, checked.reason) == (claims, "allow", "7 supported")


def test_a_sentence_at_another_place_is_not_what_it_cites(hit: Hit) -> None:
    """The reader's sentence with the span of another one fails."""
    [first, second, *_] = read.shown_sentences(hit)
    assert support.holds(Claim(first[1], hit, first[0].start, first[0].end), ENCODER)
    assert not support.holds(Claim(first[1], hit, second[0].start, second[0].end), ENCODER)
    assert not support.holds(Claim(first[1], hit, first[0].start, first[0].end - 5), ENCODER)


@pytest.mark.parametrize(
    "text",
    [
        "The brass bell of the Harbour weighs 90 grams.",
        "The bell of the Harbour weighs 90 grams.",
        "It costs 1250 kroner.",
        "The frame is covered for 10 years.",
        "The bell costs 1,250 kroner since 3 May 2026.",
    ],
)
def test_a_sentence_close_to_its_span_is_supported(hit: Hit, text: str) -> None:
    """Words left out, separators of thousands and numbers in digits do not matter."""
    assert support.holds(claim(text, hit), ENCODER)


@pytest.mark.parametrize(
    "text",
    [
        "The brass bell of the Harbour weighs 95 grams.",
        "The brass bell of the Ridge weighs 90 grams.",
        "It costs 1,250 kroner since 4 May 2026.",
        "It costs 12,50 kroner since 3 May 2026.",
        "The frame is covered for 12 years.",
        "The lamp shines in the dark for as long as it is charged.",
        "Grams 90 weighs Harbour the of bell brass the.",
        "The frame is not covered for ten years.",
        "Scratches are covered.",
        "The frame is covered for twenty years.",
        "Niels Bohr weighs 90 grams.",
        "",
        "!",
    ],
)
def test_a_sentence_with_another_fact_is_not(hit: Hit, text: str) -> None:
    """One wrong number, date or name is enough, and so are other words or another order."""
    assert not support.holds(claim(text, hit), ENCODER)


@pytest.mark.parametrize("span", [(0, 0), (3, 9), (0, 10_000), (500, 600)])
def test_a_span_that_is_no_sentence_supports_nothing(hit: Hit, span: tuple[int, int]) -> None:
    """An empty, cut, or outlying span does not vouch for a sentence, and raises nothing."""
    assert not support.holds(Claim("The brass bell of the Harbour weighs 90 grams.", hit, *span), ENCODER)


def test_a_sentence_without_a_source_never_passes(hit: Hit) -> None:
    """However true it may be, a sentence that cites nothing is dropped, and counted apart."""
    true, made_up = "The brass bell of the Harbour weighs 90 grams.", "The brass bell weighs 12 grams."
    checked = support.supported((Claim(true, None), claim(true, hit), claim(made_up, hit)), ENCODER)
    assert [each.text for each in checked.value] == [true]
    assert checked.value[0].hit is hit
    assert checked.decision == "redact"
    assert checked.reason == "1 supported, 1 not supported, 1 without a source dropped"


def test_reasons_quote_no_content(hit: Hit) -> None:
    """The reason holds counts only."""
    reason = support.supported((Claim("The secret is Rosebud.", None), claim("Rosebud rings.", hit)), ENCODER).reason
    assert "osebud" not in reason


def test_what_stands_beside_a_span_vouches_for_facts(hits_of) -> None:
    """A name from the title, the headings or the next sentence counts, one from a sentence further away does not."""
    text = "The bell weighs 90 grams. It was made in Aarhus. It rings. It shines. It was sold in Odense."
    [hit] = hits_of(QUESTION, text, context="Ridge")
    assert support.holds(claim("The Ridge bell weighs 90 grams.", hit), ENCODER)
    assert support.holds(claim("The Aarhus bell weighs 90 grams.", hit), ENCODER)
    assert not support.holds(claim("The Odense bell weighs 90 grams.", hit), ENCODER)


def test_the_share_in_order_is_a_share() -> None:
    """All words in order are 1, none 0; words that change places count once."""
    assert support.in_order("the bell rings", "Today the brass bell is ringing.") == 1.0
    assert support.in_order("the bell rings", "A lamp shines.") == 0.0
    assert support.in_order("rings bell", "bell rings") == 0.5
    assert support.in_order("", "bell") == support.in_order("bell", "") == 0.0


def test_the_reader_s_own_sentence_is_not_encoded(hits_of) -> None:
    """What stands there word for word passes without a call of the encoder."""

    class Silent(FakeEncoder):
        def embed_query(self, question: str) -> QueryVectors:
            raise AssertionError(question)

    [hit] = hits_of(QUESTION, TEXT)
    [(first, text), *_] = read.shown_sentences(hit)
    assert support.probability(Claim(text, hit, first.start, first.end), Silent()) == 1.0


def test_what_a_rule_refuses_keeps_the_order_of_the_head(hit: Hit) -> None:
    """Each lies below the threshold, and the one that fits better above the other; none is taken for supported."""
    close, far = (
        claim(text, hit)
        for text in ("The brass bell of the Harbour weighs 95 grams.", "Lamps of the Harbour cost 95 grams.")
    )
    first, second = support.probability(close, ENCODER), support.probability(far, ENCODER)
    assert 0.0 < second < first < support.THRESHOLD
    assert support.refused(close)
    assert support.refused(far)


def test_what_a_rule_refuses_is_not_encoded(hit: Hit) -> None:
    """A claim with a wrong number is dropped without a call of the encoder."""

    class Silent(FakeEncoder):
        def embed_query(self, question: str) -> QueryVectors:
            raise AssertionError(question)

    assert not support.holds(claim("The brass bell of the Harbour weighs 95 grams.", hit), Silent())


def test_a_name_counts_in_another_inflection(hit: Hit) -> None:
    """The possessive of a name, and its plural, are the name."""
    assert support.holds(claim("The Harbour's brass bell weighs 90 grams.", hit), ENCODER)
