"""`ragready quarantine`: look at what was held back, or forget it.

They open the records alone, so they run beside a service. Releasing writes to the index: ingestion.commands.release.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from service.core.errors import UnknownHeld, UnknownSpace
from service.core.types import Quarantined
from service.terminal import AsJson, Data, command, out, print_json, settings_for

if TYPE_CHECKING:
    from service.core.records import Records

quarantine_app = typer.Typer(no_args_is_help=True, help="List, show, release and delete what was held back.")

Held = Annotated[str, typer.Argument(help="Its id, as `ragready quarantine list` shows it.")]


@command(quarantine_app, "list")
def quarantine_list(
    space: Annotated[list[str] | None, typer.Option("--space", "-s", help="Only this; may be given again.")] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """List what is held back or was released, with the reason, by space and source."""
    from service.api.held_bodies import HeldListBody, held_body

    with _records(data) as (records, tenant):
        known = [each.name for each in records.spaces(tenant)]
        if missing := [name for name in space or [] if name not in known]:
            raise UnknownSpace(f"There is no space {missing[0]!r}.", f"Spaces: {', '.join(known) or 'none yet'}.")
        found = records.quarantine.of(tenant, space or known)
    if as_json:
        print_json(HeldListBody(quarantine=[held_body(each) for each in found]).model_dump(mode="json"))
        return
    table = Table("id", "space", "source", "state", "reason")
    for each in found:
        table.add_row(*map(escape, (each.id, each.space, each.source, _state(each), each.reason)))
    out.print(table)


@command(quarantine_app, "show")
def quarantine_show(held: Held, as_json: AsJson = False, data: Data = None) -> None:
    """Show a document with the reason, what was found in it, and the text that would be searched."""
    from service.api.held_bodies import held_text_body

    with _records(data) as (records, tenant):
        found = _found(records, tenant, held)
    if as_json:
        print_json(held_text_body(found).model_dump(mode="json"))
        return
    counts = ", ".join(f"{count} {kind}" for of_kind in found.findings.values() for kind, count in of_kind.items())
    out.print(f"[bold]{escape(found.title or found.source)}[/] [dim]{escape(found.space)}, {escape(found.source)}[/]")
    out.print(f"{_state(found)}, [yellow]{found.code}[/]: {escape(found.reason)}")
    out.print(f"[dim]found: {escape(counts or 'nothing')}[/]\n\n{escape(found.text or '(no text)')}")


@command(quarantine_app, "delete")
def quarantine_delete(held: Held, as_json: AsJson = False, data: Data = None) -> None:
    """Forget a document that is held back. Its file is not looked at again until it changes."""
    with _records(data) as (records, tenant):
        found = _found(records, tenant, held)
        records.quarantine.forget(tenant, found.space, found.source)
    body = {"deleted": held, "source": found.source, "space": found.space}
    print_json(body) if as_json else out.print(f"deleted {held} ({escape(found.source)})")


@contextmanager
def _records(data: Data) -> "Iterator[tuple[Records, str]]":
    from service.bootstrap import open_records

    settings = settings_for(data)
    with closing(open_records(settings)) as records:
        yield records, settings.tenant


def _found(records: "Records", tenant: str, held: str) -> Quarantined:
    found = records.quarantine.get(tenant, held)
    if found is None:
        raise UnknownHeld(f"Nothing is held back under {held!r}.", "`ragready quarantine list` lists what is.")
    return found


def _state(held: Quarantined) -> str:
    waits = held.state == "released" and held.characters > 0
    return "released, comes with the next ingestion" if waits else held.state
