"""Which spaces a question may be answered from: those whose readers include one of the caller's groups.

There is no filter in a query: a search opens the indexes of these spaces and no other.
"""

from collections.abc import Sequence

from service.core.app import App
from service.core.errors import UnknownSpace
from service.core.names import checked_name
from service.core.types import Caller, Question, Space
from service.rag.controls import Controls
from service.rag.threads import in_thread


async def readable_spaces(app: App, question: Question, controls: Controls) -> list[Space]:
    """The spaces asked for, or all that the caller may read. Raises UnknownSpace and InvalidName naming the space.

    With the control off every space of every tenant is read, as in one shared collection.
    """
    if not controls.on("access"):
        return await in_thread(app.records.every_space)
    spaces = readable(question.caller, await in_thread(app.records.spaces, question.caller.tenant))
    chosen = chosen_spaces(question.spaces, spaces)
    controls.note("access", "allow", f"{len(chosen)} spaces")
    return chosen


def readable(caller: Caller, spaces: Sequence[Space]) -> list[Space]:
    """The spaces that a caller may read."""
    return [space for space in spaces if caller.may_read(space)]


def chosen_spaces(names: Sequence[str] | None, readable: Sequence[Space]) -> list[Space]:
    """The readable spaces of these names, or all. A space that may not be read is as unknown as one that is not."""
    if names is None:
        return list(readable)
    by_name = {space.name: space for space in readable}
    for name in names:
        if checked_name("space", name) not in by_name:
            known = ", ".join(sorted(by_name)) or "none yet: ingest documents first"
            raise UnknownSpace(f"There is no space {name!r}.", f"Spaces: {known}.")
    return [by_name[name] for name in dict.fromkeys(names)]
