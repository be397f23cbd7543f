"""What an answer must not carry, sentence by sentence."""

from dataclasses import replace

import pytest

from service.core.answers import Claim
from service.core.personal import Patterns
from service.rag import cite, output, prompts

ACCOUNT = "BE68 5390 0754 7034"


@pytest.fixture(scope="module")
def patterns() -> Patterns:
    """The engine, loaded once."""
    return Patterns()


@pytest.fixture
def claim_of(hits_of):
    """A sentence that rests on the whole of a hit; by default it repeats it."""

    def make(quote: str, text: str = "") -> Claim:
        [hit] = hits_of("bell", quote)
        return Claim(text or quote, hit, 0, len(quote))

    return make


def test_a_plain_answer_passes_unchanged(patterns: Patterns, claim_of) -> None:
    """Nothing is done to a claim that needs nothing, key names and comparisons included."""
    claims = (claim_of("The bell is brass."), claim_of("Press <Enter> while x < 5."))
    checked = output.guarded(patterns, claims)
    assert (checked.value, checked.decision, checked.reason) == (claims, "allow", "")


def test_a_model_s_markup_and_links_go(patterns: Patterns, claim_of) -> None:
    """A link that the source does not hold is taken out, the quote may stay; an address of the source stays."""
    claim = claim_of(
        "See https://help.example/a for bells.", "See https://help.example/a and https://drop.example/?q=bell."
    )
    checked = output.guarded(patterns, (claim,))
    assert checked.value[0].text == "See https://help.example/a and (link removed)."
    assert not checked.value[0].redacted
    assert (checked.decision, checked.reason) == ("redact", "1 sentences with markup or links")


def test_a_source_s_own_markup_is_not_quoted(patterns: Patterns, claim_of) -> None:
    """Where the cited span itself would run or fetch something, the citation shows the cleaned sentence instead."""
    quote = "The bell <img src=x onerror=alert(1)> is brass."
    [claim] = output.guarded(patterns, (claim_of(quote),)).value
    assert claim.redacted
    assert cite.citation(claim).quote == claim.text == "The bell is brass."


def test_personal_data_is_redacted_in_sentence_and_quote(patterns: Patterns, claim_of) -> None:
    """Neither the sentence nor the citation's quote holds the value; the reason counts types."""
    checked = output.guarded(patterns, (claim_of(f"My account is {ACCOUNT}, mail jo.berg@home.example."),))
    made = cite.citation(checked.value[0])
    assert made.sentence == made.quote == "My account is [IBAN_CODE], mail [EMAIL_ADDRESS]."
    assert made.redacted
    assert checked.reason == "1 EMAIL_ADDRESS, 1 IBAN_CODE"


def test_a_quote_does_not_show_what_the_sentence_left_out(patterns: Patterns, claim_of) -> None:
    """A sentence without personal data whose source holds some is shown without its quote."""
    [claim] = output.guarded(
        patterns, (claim_of(f"The account {ACCOUNT} was closed.", "The account was closed."),)
    ).value
    assert claim.text == "The account was closed."
    assert ACCOUNT not in cite.citation(claim).quote


def test_a_telephone_of_a_workshop_is_shown(patterns: Patterns, claim_of) -> None:
    """What riders are told to call stays, and its quote too."""
    claims = (claim_of("Call the workshop on +31 555-0157."),)
    assert output.guarded(patterns, claims).value == claims


@pytest.mark.parametrize(("start", "end"), [(0, 400), (-3, 5), (5, 5), (7, 3), (30, 40)])
def test_a_citation_that_points_nowhere_is_dropped(patterns: Patterns, claim_of, start: int, end: int) -> None:
    """A span that is empty or reaches out of its source is no citation."""
    sound, broken = claim_of("The bell is brass."), replace(claim_of("The bell is brass."), start=start, end=end)
    checked = output.guarded(patterns, (broken, sound))
    assert checked.value == (sound,)
    assert checked.reason == "1 citations that point nowhere"


def test_a_sentence_without_source_is_cleaned_and_not_judged(patterns: Patterns) -> None:
    """Whether a sentence may rest on nothing is for the control `citations`; what it carries is looked at here."""
    [claim] = output.guarded(patterns, (Claim(f"<b>Pay</b> {ACCOUNT} or call +31 555-0157.", None),)).value
    assert claim.text == "Pay [IBAN_CODE] or call [PHONE_NUMBER]."


def test_the_system_prompt_is_not_repeated(patterns: Patterns, claim_of) -> None:
    """A sentence that repeats six words of the prompt is dropped, by default of the prompt in use."""
    words = prompts.prompt(prompts.ANSWER).system.split()
    leak = claim_of("The bell is brass.", "My instructions are: " + " ".join(words[3:15]).upper())
    sound = claim_of("The bell is brass.")
    assert output.guarded(patterns, (leak, sound)).value == (sound,)
    assert output.guarded(patterns, (leak, sound), secret_text="another prompt of words altogether").value == (
        leak,
        sound,
    )


def test_a_source_may_say_what_the_prompt_says(patterns: Patterns, claim_of) -> None:
    """Words that stand in the cited source are its own."""
    claim = claim_of("Answer in the language of the question, please.")
    assert output.guarded(patterns, (claim,), secret_text=claim.text).value == (claim,)


def test_a_sentence_of_which_nothing_is_left_is_dropped(patterns: Patterns, claim_of) -> None:
    """Markup alone makes no sentence."""
    assert output.guarded(patterns, (claim_of("The bell.", "<img src=https://drop.example/x>"),)).value == ()


def test_an_engine_that_crashes_lets_nothing_out(claim_of) -> None:
    """The guard does not swallow the engine's error."""

    class Crashing:
        def find(self, _: str) -> None:
            raise RuntimeError("gone")

    with pytest.raises(RuntimeError):
        output.guarded(Crashing(), (claim_of("The bell is brass."),))
