"""Which spaces a question may be answered from. Every caller of a tenant reads every space of it."""

from collections.abc import Sequence

from service.core.errors import UnknownSpace
from service.core.names import checked_name
from service.core.types import Question, Space


def readable_spaces(question: Question, spaces: Sequence[Space]) -> list[Space]:
    """The spaces asked for, or all. Raises UnknownSpace and InvalidName naming the space."""
    if question.spaces is None:
        return list(spaces)
    by_name = {space.name: space for space in spaces}
    for name in question.spaces:
        if checked_name("space", name) not in by_name:
            known = ", ".join(sorted(by_name)) or "none yet: ingest documents first"
            raise UnknownSpace(f"There is no space {name!r}.", f"Spaces: {known}.")
    return [by_name[name] for name in dict.fromkeys(question.spaces)]
