"""`ragready documents delete`: remove one document from every store."""

from typing import Annotated

import typer
from rich.markup import escape

from service.terminal import AsJson, Data, out, print_json, settings_for


def delete(
    document: Annotated[str, typer.Argument(help="The document's id.")], as_json: AsJson = False, data: Data = None
) -> None:
    """Delete a document from every store. A file that is still in its folder comes back with the next ingestion."""
    from ingestion.remove import remove
    from service.bootstrap import open_app

    with open_app(settings_for(data), holder="ragready documents delete", writes=True) as parts:
        removed = remove(parts, document)
    body = {"deleted": document, "source": removed.source, "space": removed.space, "chunks": removed.chunks}
    print_json(body) if as_json else out.print(
        f"deleted {document} ({escape(removed.source)}), {removed.chunks} chunks"
    )
