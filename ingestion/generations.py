"""Builds the next index of every space while the one before serves, swaps them, and rolls back.

Embedding needs no lock. What is ingested meanwhile reaches the serving index at once and the next one at the swap,
which catches up under the tenant's lock and then changes every space in one transaction. The index before is kept until
it is dropped; a roll-back brings it up to date in the same way.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeAlias

import numpy as np

from ingestion.prepare import Prepared, chunks_of
from ingestion.write import embedded
from service.core.app import App
from service.core.errors import NoGeneration
from service.core.types import Generation, GenerationState, Index, IndexedChunk, IndexRecipe

# Called before each batch and at the end, with documents done, documents in all, and the space.
Progress: TypeAlias = Callable[[int, int, str], None]
# Documents embedded in one go.
DOCUMENTS_A_BATCH = 16
CONTROL = "generations"
_REMEDIES: Mapping[GenerationState, str] = {
    "ready": "Build one with `ragready generations build`; one that served comes back with `rollback`.",
    "retired": "Only an index that served before, and was not dropped, can serve again.",
}


def quiet(done: int, total: int, space: str) -> None:
    """Show no progress."""


def build(app: App, recipe: IndexRecipe, progress: Progress = quiet) -> int:
    """Build the next generation of every space; returns its number. A build that broke off is taken up again.

    Raises EncoderMismatch and EncoderMissing when the recipe's encoder cannot be had.
    """
    made = app.made_with(recipe)
    tenant = app.settings.tenant
    with app.records.alone(tenant):
        waiting = _in_state(app, "building")
        if waiting and waiting[0].recipe == recipe:
            number = waiting[0].index.generation
        else:
            drop(app, "building", "ready")
            number = app.records.generations.start(tenant, recipe)
            for each in _numbered(app, number):
                app.vectors.drop(each.index)
    _fill(made, number, progress)
    with app.records.alone(tenant):
        _catch_up(app, number)
        app.records.generations.mark(tenant, number, "ready")
    return number


def swap(app: App) -> int:
    """Answer from the generation that was built; returns its number. Raises NoGeneration."""
    return serve(app, newest(app.records.generations.of(app.settings.tenant), "ready"))


def roll_back(app: App) -> int:
    """Answer from the generation before again; returns its number. Raises NoGeneration."""
    return serve(app, newest(app.records.generations.of(app.settings.tenant), "retired"))


def newest(generations: Sequence[Generation], state: GenerationState) -> int:
    """The number of the newest one in a state. Raises NoGeneration."""
    numbers = [each.index.generation for each in generations if each.state == state]
    if not numbers:
        raise NoGeneration(f"No generation is {state}.", _REMEDIES[state])
    return max(numbers)


def serve(app: App, number: int) -> int:
    """Answer from this generation, brought up to date; nothing happens if it serves. Raises NoGeneration."""
    found = _numbered(app, number)
    if not found:
        raise NoGeneration(f"There is no generation {number}.", "`ragready generations list` lists them.")
    if all(each.state == "serving" for each in found):
        return number
    tenant = app.settings.tenant
    _fill(app.made_with(found[0].recipe), number, quiet)
    with app.records.alone(tenant):
        _catch_up(app, number)
        app.records.generations.switch(tenant, number)
    return number


def drop(app: App, *states: GenerationState) -> list[int]:
    """Forget the generations in these states; returns their numbers."""
    gone = [each for state in states for each in _in_state(app, state)]
    for each in gone:
        app.records.generations.drop(each.index)
        app.vectors.drop(each.index)
    return sorted({each.index.generation for each in gone})


def rebuild(app: App, progress: Progress = quiet) -> dict[str, int]:
    """Build every space's index anew by the settings, swap, and drop the one before; returns chunks by space.

    With the control `generations` off the index is emptied first and filled while questions are asked.
    """
    if CONTROL in app.settings.controls_off:
        return _rebuild_in_place(app, progress)
    number = build(app, app.recipe, progress)
    swap(app)
    with app.records.alone(app.settings.tenant):
        drop(app, "retired")
    return {each.index.space: each.chunks for each in _numbered(app, number)}


def _catch_up(app: App, number: int) -> None:
    """Bring a generation up to date with the documents as they are. Called under the tenant's lock."""
    recipe = _numbered(app, number)[0].recipe
    app.records.generations.join(app.settings.tenant, number, recipe)
    made = app.made_with(recipe)
    for each in _numbered(app, number):
        for batch in _batches(app.records.generations.lacking(each.index)):
            _put(made, each.index, *_embedded(made, each.index, batch))
        if stray := app.vectors.ids(each.index) - app.records.chunk_ids(each.index):
            app.vectors.remove(each.index, sorted(stray))


def _fill(app: App, number: int, progress: Progress) -> None:
    """Write what a generation lacks, without holding the lock while embedding."""
    lacking = {each.index: app.records.generations.lacking(each.index) for each in _numbered(app, number)}
    total, done = sum(map(len, lacking.values())), 0
    for index, documents in lacking.items():
        for batch in _batches(documents):
            progress(done, total, index.space)
            prepared, made = _embedded(app, index, batch)
            with app.records.alone(app.settings.tenant):
                _put(app, index, prepared, made)
            done += len(batch)
    progress(done, total, "")


def _embedded(app: App, index: Index, documents: list[str]) -> tuple[list[Prepared], dict[str, IndexedChunk]]:
    """Documents that are still current, split, and their chunks by id with vectors."""
    found = (app.records.document(index.tenant, each) for each in documents)
    prepared = [Prepared(each, chunks_of(app, each)) for each in found if each and each.standing == "current"]
    return prepared, embedded(app, prepared)


def _put(app: App, index: Index, prepared: list[Prepared], made: dict[str, IndexedChunk]) -> None:
    """Vectors first: a kill before the records commit leaves strays that the next catching up removes."""
    if made:
        app.vectors.upsert(index, list(made), np.stack([each.vectors.dense for each in made.values()]))
    for each in prepared:
        app.records.generations.put(index, each.document, each.chunks, made)


def _batches(documents: list[str]) -> Iterator[list[str]]:
    waiting = iter(documents)
    while batch := list(islice(waiting, DOCUMENTS_A_BATCH)):
        yield batch


def _in_state(app: App, state: GenerationState) -> list[Generation]:
    return [each for each in app.records.generations.of(app.settings.tenant) if each.state == state]


def _numbered(app: App, number: int) -> list[Generation]:
    return [each for each in app.records.generations.of(app.settings.tenant) if each.index.generation == number]


def _rebuild_in_place(app: App, progress: Progress) -> dict[str, int]:
    """What is done without generations: the index is dropped, and built while questions find less than there is."""
    tenant = app.settings.tenant
    for space in app.records.spaces(tenant):
        app.vectors.drop(space.index)
        app.records.generations.empty(space.index, app.recipe)
        _fill(app, space.generation, progress)
    serving = [each for each in app.records.generations.of(tenant) if each.state == "serving"]
    return {each.index.space: each.chunks for each in serving}
