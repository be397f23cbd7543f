"""What sways a judge: order, its own model's answers, length."""

from tests.judged import MODEL, OTHER, rated, swayed


def test_an_even_hand_has_no_bias() -> None:
    """A judge that says what people say is swayed by nothing, and that is told as none."""
    found = swayed(
        rated(n % 2, [n % 2] * 2, answer="x" * (9 if n // 2 % 2 else 99), model=MODEL if n // 4 % 2 else OTHER)
        for n in range(80)
    )
    assert [each.verdict for each in vars(found).values()] == ["none"] * 3


def test_a_rating_that_turns_with_the_order_is_found() -> None:
    """Where answers first are all called right, the share that changes is the bias of position."""
    found = swayed(rated(n % 2, [n % 2] * 2, turned=1) for n in range(60)).position
    assert (found.verdict, found.difference.value, found.difference.n) == ("found", 0.5, 60)


def test_wavering_is_no_bias_of_position() -> None:
    """A judge that changes its mind as often when it is asked the same again is not called biased for it."""
    found = swayed(rated(n % 2, [n % 2, (n // 2) % 2], turned=(n // 4) % 2) for n in range(64)).position
    assert found.verdict != "found"
    assert found.difference.value == 0.0


def test_its_own_model_is_preferred() -> None:
    """Wrong answers of its own model that are called right, and those of others that are not: found."""
    found = swayed(
        rated(n % 2, [1 if n // 2 % 2 else n % 2] * 2, model="azure:judge" if n // 2 % 2 else OTHER) for n in range(80)
    ).own
    assert (found.verdict, found.difference.value) == ("found", 0.5)


def test_better_answers_are_no_preference() -> None:
    """Where people call its own model's answers better too, a judge that agrees, with some noise, is not biased."""
    ratings = [rated(int(n % 5 > 0), [int(n % 5 > 0) ^ int(n % 7 == 0)] * 2, model=MODEL) for n in range(70)]
    ratings += [rated(int(n % 5 == 0), [int(n % 5 == 0) ^ int(n % 7 == 0)] * 2, model=OTHER) for n in range(70)]
    assert swayed(ratings).own.verdict != "found"


def test_one_model_alone_tells_nothing() -> None:
    """Without answers of another model nobody can tell, and that is said with the numbers."""
    found = swayed(rated(n % 2, [n % 2] * 2, model=MODEL) for n in range(60)).own
    assert (found.verdict, found.difference.value) == ("cannot tell", None)
    assert "60 beside 0 others" in found.says
    unknown = swayed(rated(n % 2, [n % 2] * 2, model="") for n in range(60)).own
    assert unknown.verdict == "cannot tell"


def test_length_counts_both_ways() -> None:
    """Wrong answers called right for being long, and right ones called wrong for it, are both found."""
    for swing in (1, 0):
        found = swayed(
            rated(n % 2, [swing if n // 2 % 2 else n % 2] * 2, answer="x" * (99 if n // 2 % 2 else 9))
            for n in range(80)
        ).length
        assert (found.verdict, found.difference.value) == ("found", 0.5 if swing else -0.5)


def test_what_failed_tells_nothing() -> None:
    """A judge that never gave a score has no bias that anybody could tell."""
    found = swayed(rated(n % 2, [None, None]) for n in range(60))
    assert {each.verdict for each in vars(found).values()} == {"cannot tell"}
