"""Which spaces a question may be answered from: those whose readers include one of the caller's groups.

There is no filter in a query: a search opens the indexes of these spaces and no other. What a caller may not read is
answered like what is not there, after the same work. API and page read documents and spaces here and nowhere else.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from service.core.answers import Caller, Question
from service.core.app import App
from service.core.errors import UnknownDocument, UnknownHeld, UnknownSpace
from service.core.names import checked_name
from service.core.types import Document, DocumentSummary, Quarantined, Space, SpaceSize
from service.rag.controls import Controls
from service.rag.threads import in_thread


@dataclass(frozen=True)
class Originals:
    """Some documents of a space, by id: those that are searched in place of their copies in other spaces."""

    space: Space
    documents: frozenset[str]


@dataclass(frozen=True)
class Reach:
    """What a question is answered from: whole spaces, and the originals in others of copies in these.

    `without` are documents, by id, that are passed over as if they were not there.
    """

    spaces: tuple[Space, ...]
    originals: tuple[Originals, ...] = ()
    without: frozenset[str] = frozenset()

    @property
    def every_space(self) -> tuple[Space, ...]:
        """Spaces of which anything is read."""
        return (*self.spaces, *(each.space for each in self.originals))


async def reach(app: App, question: Question, controls: Controls) -> Reach:
    """The spaces asked for, or all that the caller may read. Raises UnknownSpace and InvalidName naming the space.

    With the control off every space of every tenant is read, as in one shared collection.
    """
    if not controls.on("access"):
        return Reach(tuple(await in_thread(app.records.every_space)))
    readable = await spaces_for(app, question.caller)
    chosen = chosen_spaces(question.spaces, readable)
    controls.note("access", "allow", f"{len(chosen)} spaces")
    if len(chosen) == len(readable):
        return Reach(tuple(chosen))
    names = [each.name for each in chosen]
    found = await in_thread(app.records.signatures.originals_elsewhere, question.caller.tenant, names)
    originals = (Originals(each, frozenset(found[each.name])) for each in readable if each.name in found)
    return Reach(tuple(chosen), tuple(originals))


async def spaces_for(app: App, caller: Caller) -> list[Space]:
    """The spaces that a caller may read, by name."""
    return readable(caller, await in_thread(app.records.spaces, caller.tenant))


async def sizes_for(app: App, caller: Caller) -> list[SpaceSize]:
    """The spaces that a caller may read, with what they hold; others are not counted."""
    names = [each.name for each in await spaces_for(app, caller)]
    return await in_thread(app.records.space_sizes, caller.tenant, names)


async def documents_for(app: App, caller: Caller, spaces: Sequence[str] | None = None) -> list[DocumentSummary]:
    """The documents of the spaces named, or of all that the caller may read. Raises UnknownSpace and InvalidName."""
    names = [each.name for each in chosen_spaces(spaces, await spaces_for(app, caller))]
    return await in_thread(app.records.documents, caller.tenant, names)


async def document_for(app: App, caller: Caller, document: str) -> Document:
    """A document with its text. Raises UnknownDocument for one that is not there or that the caller may not read."""
    names = [each.name for each in await spaces_for(app, caller)]
    found = await in_thread(app.records.document, caller.tenant, document, names)
    if found is None:
        raise UnknownDocument(f"There is no document {document!r}.", "GET /v1/documents lists those that you may read.")
    return found


async def held_for(app: App, caller: Caller, spaces: Sequence[str] | None = None) -> list[Quarantined]:
    """What is held back in the spaces named, or all that the caller may read. Raises UnknownSpace and InvalidName."""
    names = [each.name for each in chosen_spaces(spaces, await spaces_for(app, caller))]
    return await in_thread(app.records.quarantine.of, caller.tenant, names)


async def held_back(app: App, caller: Caller, identity: str) -> Quarantined:
    """What is held back under this id, with its text. Raises UnknownHeld, also for what the caller may not read."""
    names = [each.name for each in await spaces_for(app, caller)]
    found = await in_thread(app.records.quarantine.get, caller.tenant, identity, names)
    if found is None:
        raise UnknownHeld(f"Nothing is held back under {identity!r}.", "GET /v1/quarantine lists what you may read.")
    return found


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
