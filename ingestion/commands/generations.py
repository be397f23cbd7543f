"""`ragready generations`: build the next index while the one before serves, swap, roll back.

A service on the same data folder goes on answering. With Chroma in process it does the work itself, as a job.
"""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from service.core.answers import local_caller
from service.core.job import IndexJobKind, Job
from service.core.types import Generation, GenerationState
from service.terminal import AsJson, Data, command, out, print_json, progress_bar, settings_for

generations_app = typer.Typer(no_args_is_help=True, help="Build the next index beside the one that serves, swap.")


@command(generations_app, "list")
def generations_list(as_json: AsJson = False, data: Data = None) -> None:
    """List every space's generations, what made them, and which one serves."""
    found = _generations(data)
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
    from ingestion.upgrade import build_order

    after = _carried_out("build", build_order(encoder, splitter, max_chunk_tokens), data)
    made = max((each for each in after if each.state == "ready"), key=lambda each: each.index.generation)
    number = made.index.generation
    body = {"generation": number, "state": "ready", **vars(made.recipe)}
    print_json(body) if as_json else out.print(
        f"generation {number} is ready; `ragready eval run SUITE --generation next` asks it, "
        "`ragready generations swap` lets it serve"
    )


@command(generations_app, "swap")
def generations_swap(as_json: AsJson = False, data: Data = None) -> None:
    """Answer from the generation that was built, in every space at once; the one before is kept."""
    _serving(_carried_out("swap", _newest("ready", data), data), as_json)


@command(generations_app, "rollback")
def generations_rollback(as_json: AsJson = False, data: Data = None) -> None:
    """Answer from the generation before again, brought up to date with the documents."""
    _serving(_carried_out("rollback", _newest("retired", data), data), as_json)


@command(generations_app, "drop")
def generations_drop(as_json: AsJson = False, data: Data = None) -> None:
    """Forget every generation that does not serve: there is no way back from this."""
    before = {each.index.generation for each in _generations(data)}
    gone = sorted(before - {each.index.generation for each in _carried_out("drop", "", data)})
    print_json({"dropped": gone}) if as_json else out.print(f"dropped {', '.join(map(str, gone)) or 'nothing'}")


def reindex(as_json: AsJson = False, data: Data = None) -> None:
    """Split and embed every document anew, for example after a change of encoder; the old index serves until then."""
    done = {each.index.space: each.chunks for each in _carried_out("reindex", "", data) if each.state == "serving"}
    body = {"spaces": done}
    print_json(body) if as_json else out.print(", ".join(f"{name}: {chunks} chunks" for name, chunks in done.items()))


def _carried_out(kind: IndexJobKind, what: str, data: Path | None) -> list[Generation]:
    """Do it here, or have it done by the service that has the data folder; returns every generation as it is then."""
    from ingestion.commands.by_service import follow, writer
    from ingestion.upgrade import carry_out
    from service.bootstrap import open_app, open_records

    settings = settings_for(data)
    with progress_bar(kind) as progress:
        if writer(settings):
            with closing(open_records(settings)) as records:
                ordered = Job(settings.tenant, None, kind, what, local_caller(settings.tenant).id)
                follow(settings, records, ordered, progress)
        else:
            with open_app(settings, holder=f"ragready {kind}", writes=True, check_index=False) as app:
                carry_out(app, kind, what, progress)
    return _generations(data)


def _newest(state: GenerationState, data: Path | None) -> str:
    """The number of the newest generation in a state, as an order names it. Raises NoGeneration."""
    from ingestion.generations import newest

    return str(newest(_generations(data), state))


def _generations(data: Path | None) -> list[Generation]:
    from service.bootstrap import open_records

    settings = settings_for(data)
    with closing(open_records(settings)) as records:
        return records.generations.of(settings.tenant)


def _serving(after: list[Generation], as_json: bool) -> None:
    number = max(each.index.generation for each in after if each.state == "serving")
    print_json({"generation": number, "state": "serving"}) if as_json else out.print(f"generation {number} serves")
