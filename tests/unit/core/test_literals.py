"""Words without which a pattern cannot match."""

import re

import pytest

from service.core.injection import RULES, normalised
from service.core.literals import needed
from tests.unit.core.test_injection import ORDERS, ORDERS_IN_DOCUMENTS


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("forget", {"forget"}),
        ("forget (?:the )?rules", {"forget "}),
        ("(?:forget|ignore) it now", {" it now"}),
        (r"\b(?:answer|response)s?\b", {"answer", "response"}),
        (r"(?:say )+[a-z]*", {"say "}),
        (r"(?:say )*never", {"never"}),
        (r"(?<!not )(?=forget)rules", {"rules"}),
        (r"(?:(?:very )?long|short) word", {" word"}),
    ],
)
def test_the_rarest_words_that_every_match_has(pattern: str, words: set[str]) -> None:
    """Of the parts that a match cannot lack, the one with the longest words is taken."""
    assert needed(re.compile(pattern)) == words


@pytest.mark.parametrize("pattern", ["[a-z]+", "(?:forget|[0-9])", "(?:forget)?", "(?=forget)", ""])
def test_a_pattern_that_needs_no_word(pattern: str) -> None:
    """Nothing is said of a pattern that matches without any word."""
    with pytest.raises(ValueError, match="needs no word"):
        needed(re.compile(pattern))


def test_a_pattern_that_ignores_case() -> None:
    """Words are looked for as they are written."""
    with pytest.raises(ValueError, match="ignores case"):
        needed(re.compile("forget", re.IGNORECASE))


@pytest.mark.parametrize("order", [*ORDERS.values(), *ORDERS_IN_DOCUMENTS.values()])
def test_what_a_rule_matches_has_its_words(order: str) -> None:
    """Each pattern that matches an order, and the part of it that it matches, holds one of the pattern's words."""
    plain = normalised(order)
    matches = [(each, each.search(plain)) for rule in RULES for each in rule.patterns]
    assert any(match for _, match in matches)
    for pattern, match in matches:
        assert match is None or any(word in match.group() for word in needed(pattern))
