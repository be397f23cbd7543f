"""`ragready generations`: build the next index while the one before serves, swap, roll back.

With Chroma in process a data folder has one writer, so there a running service has to be stopped for these; with a
Chroma server it goes on answering.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Annotated

import typer
from rich.table import Table

from service.core.app import App
from service.terminal import AsJson, Data, command, out, print_json, progress_bar, settings_for

generations_app = typer.Typer(no_args_is_help=True, help="Build the next index beside the one that serves, swap.")


@contextmanager
def _opened(data: Data) -> Iterator[App]:
    from service.bootstrap import open_app

    with open_app(settings_for(data), holder="ragready generations", writes=True, check_index=False) as app:
        yield app


@command(generations_app, "list")
def generations_list(as_json: AsJson = False, data: Data = None) -> None:
    """List every space's generations, what made them, and which one serves."""
    from service.bootstrap import open_records

    settings = settings_for(data)
    with closing(open_records(settings)) as records:
        found = records.generations.of(settings.tenant)
    if as_json:
        rows = [
            {"space": each.index.space, "generation": each.index.generation, "state": each.state, "chunks": each.chunks}
            | vars(each.recipe)
            for each in found
        ]
        print_json({"generations": rows})
        return
    table = Table("space", "generation", "state", "encoder", "splitter", "tokens", "chunks")
    for each in found:
        made = each.recipe
        numbers = map(str, (made.max_chunk_tokens, each.chunks))
        table.add_row(each.index.space, str(each.index.generation), each.state, made.encoder, made.splitter, *numbers)
    out.print(table)


@command(generations_app, "build")
def generations_build(
    encoder: Annotated[str | None, typer.Option(help="The encoder, as RAGREADY_ENCODER names one.")] = None,
    splitter: Annotated[str | None, typer.Option(help="The splitter; default RAGREADY_SPLITTER.")] = None,
    max_chunk_tokens: Annotated[int | None, typer.Option(help="Default RAGREADY_MAX_CHUNK_TOKENS.")] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Build the next generation of every space; nothing changes for those who ask until `swap`."""
    from ingestion.generations import build
    from ingestion.splitting.split import checked_splitter

    with _opened(data) as app, progress_bar("build") as progress:
        recipe = app.recipe
        if encoder and app.encoders:
            recipe = replace(recipe, encoder=encoder, fingerprint=str(app.encoders.named(encoder).fingerprint))
        if splitter:
            recipe = replace(recipe, splitter=checked_splitter(splitter))
        if max_chunk_tokens:
            recipe = replace(recipe, max_chunk_tokens=max_chunk_tokens)
        number = build(app, recipe, progress)
    body = {"generation": number, "state": "ready", **vars(recipe)}
    print_json(body) if as_json else out.print(
        f"generation {number} is ready; `ragready eval run SUITE --generation next` asks it, "
        "`ragready generations swap` lets it serve"
    )


@command(generations_app, "swap")
def generations_swap(as_json: AsJson = False, data: Data = None) -> None:
    """Answer from the generation that was built, in every space at once; the one before is kept."""
    from ingestion.generations import swap

    with _opened(data) as app:
        number = swap(app)
    _said(number, as_json)


@command(generations_app, "rollback")
def generations_rollback(as_json: AsJson = False, data: Data = None) -> None:
    """Answer from the generation before again, brought up to date with the documents."""
    from ingestion.generations import roll_back

    with _opened(data) as app:
        number = roll_back(app)
    _said(number, as_json)


@command(generations_app, "drop")
def generations_drop(as_json: AsJson = False, data: Data = None) -> None:
    """Forget every generation that does not serve: there is no way back from this."""
    from ingestion.generations import drop

    with _opened(data) as app, app.records.alone(app.settings.tenant):
        gone = drop(app, "building", "ready", "retired")
    body = {"dropped": gone}
    print_json(body) if as_json else out.print(f"dropped {', '.join(map(str, gone)) or 'nothing'}")


def reindex(as_json: AsJson = False, data: Data = None) -> None:
    """Split and embed every document anew, for example after a change of encoder; the old index serves until then."""
    from ingestion.generations import rebuild
    from service.bootstrap import open_app

    settings = settings_for(data)
    with (
        open_app(settings, holder="ragready reindex", writes=True, check_index=False) as parts,
        progress_bar("reindex") as progress,
    ):
        done = rebuild(parts, progress)
    body = {"spaces": done}
    print_json(body) if as_json else out.print(", ".join(f"{name}: {chunks} chunks" for name, chunks in done.items()))


def _said(number: int, as_json: bool) -> None:
    print_json({"generation": number, "state": "serving"}) if as_json else out.print(f"generation {number} serves")
