"""`ragready documents`: list and show what is stored. Deleting takes ingestion; cli.py adds it where that is there."""

from contextlib import closing
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from service.core.errors import UnknownDocument, UnknownSpace
from service.terminal import AsJson, Data, command, out, print_json, settings_for

documents_app = typer.Typer(no_args_is_help=True, help="List, show and delete documents.")
Spaces = Annotated[list[str] | None, typer.Option("--space", "-s", help="Only this space; may be given again.")]


@documents_app.callback()
def documents() -> None:
    """List, show and delete documents."""


@command(documents_app, "list")
def documents_list(space: Spaces = None, as_json: AsJson = False, data: Data = None) -> None:
    """List documents by space and source."""
    from service.api.document_bodies import DocumentsBody, summary_body
    from service.bootstrap import open_records

    settings = settings_for(data)
    with closing(open_records(settings)) as records:
        known = [each.name for each in records.spaces(settings.tenant)]
        if missing := [name for name in space or [] if name not in known]:
            raise UnknownSpace(f"There is no space {missing[0]!r}.", f"Spaces: {', '.join(known) or 'none yet'}.")
        found = [summary_body(each) for each in records.documents(settings.tenant, space or known)]
    if as_json:
        print_json(DocumentsBody(documents=found).model_dump(mode="json"))
        return
    table = Table("id", "space", "source", "title", "characters", "chunks", "standing", "in favour of")
    for each in found:
        numbers = (str(each.characters), str(each.chunks))
        named = map(escape, (each.document, each.space, each.source, each.title))
        table.add_row(*named, *numbers, each.standing, each.in_favour_of or "")
    out.print(table)


@command(documents_app, "show")
def documents_show(
    document: Annotated[str, typer.Argument(help="The document's id.")], as_json: AsJson = False, data: Data = None
) -> None:
    """Show a document with its stored text, in which citations' offsets count characters."""
    from service.api.document_bodies import document_body
    from service.bootstrap import open_records

    settings = settings_for(data)
    with closing(open_records(settings)) as records:
        found = records.document(settings.tenant, document)
    if found is None:
        raise UnknownDocument(f"There is no document {document!r}.", "`ragready documents list` lists them.")
    body = document_body(found)
    if as_json:
        print_json(body.model_dump(mode="json"))
    else:
        out.print(
            f"[bold]{escape(body.title)}[/] [dim]{escape(body.space)}, {escape(body.source)}[/]\n\n{escape(body.text)}"
        )
