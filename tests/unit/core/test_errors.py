"""The tree of errors."""

from collections.abc import Iterator

import pytest

from service.core import errors
from service.core.errors import DocumentProblem, InvalidInput, RagreadyError


def below(error: type[RagreadyError]) -> Iterator[type[RagreadyError]]:
    for each in error.__subclasses__():
        yield each
        yield from below(each)


TREE = sorted(below(RagreadyError), key=lambda each: each.__name__)
LEAVES = [each for each in TREE if not each.__subclasses__()]


def test_no_two_errors_share_a_code() -> None:
    """A code names one kind of failure."""
    codes = [each.code for each in [RagreadyError, *TREE]]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("error", LEAVES, ids=lambda each: each.__name__)
def test_every_leaf_can_be_told_and_served(error: type[RagreadyError]) -> None:
    """Each leaf says in its docstring what it means, and has a code, a title and an HTTP status of its own kind."""
    assert error.__doc__
    assert error.__doc__ != error.__mro__[1].__doc__
    assert error.code.replace("-", "").isalpha()
    assert error.code == error.code.lower()
    assert error.title != RagreadyError.title
    assert 400 <= error.status <= 599
    if issubclass(error, InvalidInput | DocumentProblem):
        assert error.status < 500


def test_the_tree_is_drawn_as_it_is() -> None:
    """The drawing at the top of the module names every error, and no other."""
    drawn = errors.__doc__.split("\n\n")[1]
    words = {word for word in drawn.replace("·", " ").split() if word[0].isupper()}
    assert words == {each.__name__ for each in [RagreadyError, *TREE]}


def test_an_error_names_the_thing_and_the_remedy() -> None:
    """Detail and remedy can be read apart, and both stand in the message."""
    error = errors.UnknownSpace("There is no space 'x'.", "Spaces: public.")
    assert (error.detail, error.remedy) == ("There is no space 'x'.", "Spaces: public.")
    assert str(error) == "There is no space 'x'. Spaces: public."
