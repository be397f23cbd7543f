"""Which spaces a question may be answered from."""

import pytest

from service.core.errors import InvalidName, UnknownSpace
from service.core.types import Space
from service.rag.access import chosen_spaces

SPACES = [Space("t", "hr", 1, 3), Space("t", "public", 2, 5)]


def names(*asked: str) -> list[str]:
    """Names of the spaces that a question to `asked` is answered from."""
    return [each.name for each in chosen_spaces(asked, SPACES)]


def test_without_a_choice_every_space_is_read() -> None:
    """A question that names no space is answered from all that the caller may read."""
    assert chosen_spaces(None, SPACES) == SPACES


def test_a_choice_opens_only_what_it_names() -> None:
    """Only the named spaces are read, each once, in the order asked."""
    assert names("public") == ["public"]
    assert names("public", "hr", "public") == ["public", "hr"]


def test_a_choice_of_nothing_opens_nothing() -> None:
    """An empty choice is not the same as none."""
    assert names() == []


def test_an_unknown_space_is_named_beside_those_that_exist() -> None:
    """One unknown space refuses the question, even beside known ones."""
    with pytest.raises(UnknownSpace) as refused:
        names("public", "secret")
    assert "'secret'" in refused.value.detail
    assert "hr, public" in refused.value.remedy


def test_without_any_space_the_remedy_says_so() -> None:
    """Where nothing was ingested yet, the error says that."""
    with pytest.raises(UnknownSpace) as refused:
        chosen_spaces(("public",), [])
    assert "ingest documents first" in refused.value.remedy


def test_a_name_outside_the_rule_is_refused_as_such() -> None:
    """A name that no space can have is refused by the rule."""
    with pytest.raises(InvalidName):
        names("Not A Name")
