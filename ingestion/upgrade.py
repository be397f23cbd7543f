"""Orders to change the index of every space, as a job carries them: what is wanted, and carrying it out.

The command line does it by itself, or leaves it as a job to the process that has the data folder.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ingestion import generations
from ingestion.generations import Progress
from ingestion.splitting.split import checked_splitter
from service.core.app import App
from service.core.job import IndexJobKind
from service.core.types import IndexRecipe


def build_order(encoder: str | None, splitter: str | None, max_chunk_tokens: int | None) -> str:
    """What the next index is to be made with where that is not by the settings. Raises UnknownSplitter."""
    given = {
        "encoder": encoder,
        "splitter": splitter and checked_splitter(splitter),
        "max_chunk_tokens": max_chunk_tokens,
    }
    return json.dumps({name: value for name, value in given.items() if value})


def carry_out(app: App, kind: IndexJobKind, what: str, progress: Progress) -> None:
    """Do what is ordered: `what` is a build's order, or the number of the generation that shall serve.

    Done again after a kill, it ends where it would have ended. Raises NoGeneration, EncoderMismatch, EncoderMissing.
    """
    acts: Mapping[IndexJobKind, Callable[[], object]] = {
        "build": lambda: generations.build(app, _recipe(app, json.loads(what)), progress),
        "swap": lambda: generations.serve(app, int(what)),
        "rollback": lambda: generations.serve(app, int(what)),
        "drop": lambda: _drop(app),
        "reindex": lambda: generations.rebuild(app, progress),
    }
    acts[kind]()


def _recipe(app: App, wanted: Mapping[str, Any]) -> IndexRecipe:
    recipe = replace(app.recipe, **wanted)
    if recipe.encoder != app.recipe.encoder and app.encoders is not None:
        recipe = replace(recipe, fingerprint=str(app.encoders.named(recipe.encoder).fingerprint))
    return recipe


def _drop(app: App) -> None:
    with app.records.alone(app.settings.tenant):
        generations.drop(app, "building", "ready", "retired")
