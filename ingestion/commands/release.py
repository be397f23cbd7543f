"""`ragready quarantine release`: bring a document that was held back into the index now."""

from typing import Annotated

import typer
from rich.markup import escape

from service.core.answers import local_caller
from service.terminal import AsJson, Data, out, print_json, settings_for


def release(
    held: Annotated[str, typer.Argument(help="Its id, as `ragready quarantine list` shows it.")],
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Let a document pass: it is searched from now on, and this content is not held back again."""
    from ingestion import quarantine
    from service.bootstrap import open_app

    settings = settings_for(data)
    with open_app(settings, holder="ragready quarantine release", writes=True) as app:
        written = quarantine.release(app, held, local_caller(settings.tenant).id)
    document = written.document
    body = {
        "released": held,
        "document": document.id,
        "source": document.source,
        "space": document.space,
        "standing": document.standing,
        "chunks": written.chunks,
    }
    print_json(body) if as_json else out.print(
        f"released {escape(document.source)}: {document.standing}, {written.chunks} chunks"
    )
