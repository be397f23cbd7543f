"""`ragready erase` and `ragready receipts`: erase a document, a source or a person, and check the proof of it.

Erasing opens every store for writing. Receipts are read from the records alone, and a file is checked without any.
"""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from service.core.errors import PathMissing, UnknownReceipt
from service.terminal import AsJson, Data, command, out, print_json, settings_for

if TYPE_CHECKING:
    from ingestion.erasure.erase import Erasure
    from ingestion.erasure.plan import Request
    from service.core.app import App

erase_app = typer.Typer(no_args_is_help=True, help="Erase documents, sources and people, with a signed receipt.")
receipts_app = typer.Typer(no_args_is_help=True, help="List, show and verify receipts of erasures.")

DryRun = Annotated[bool, typer.Option("--dry-run", help="List what would go, and remove nothing.")]
Block = Annotated[bool, typer.Option("--block", help="Keep these contents from being ingested again.")]
Only = Annotated[bool, typer.Option("--only", help="Leave copies and earlier versions in place.")]
Redact = Annotated[bool, typer.Option("--redact", help="Black the mentions out instead of removing documents.")]
Suites = Annotated[list[Path] | None, typer.Option("--suite", help="Folder with golden cases; may be given again.")]
RemoveCases = Annotated[bool, typer.Option("--remove-cases", help="Take cases that quote it out of the suites.")]
Rewrite = Annotated[
    bool, typer.Option("--rewrite-tables", help="Let PostgreSQL write its tables anew: nobody can read meanwhile.")
]
AskedBy = Annotated[str, typer.Option(help="Who asked, as the receipt says it: a role or a ticket.")]
Out = Annotated[Path | None, typer.Option("--out", help="File for the receipt, beside the one that is kept.")]


@command(erase_app, "document")
def erase_document(
    documents: Annotated[list[str], typer.Argument(help="Ids of documents, or of what is held back.")],
    dry_run: DryRun = False,
    block: Block = False,
    only: Only = False,
    suite: Suites = None,
    remove_cases: RemoveCases = False,
    rewrite_tables: Rewrite = False,
    asked_by: AskedBy = "local",
    receipt: Out = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Erase documents with their copies and earlier versions."""
    from ingestion.erasure.plan import Request

    request = Request("document", tuple(documents), asked_by, only, False, block, tuple(suite or ()), remove_cases)
    _erase(_rewriting(request, rewrite_tables), dry_run, receipt, as_json, data)


@command(erase_app, "source")
def erase_source(
    sources: Annotated[list[str], typer.Argument(help="Sources as `documents list` shows them, files or folders.")],
    dry_run: DryRun = False,
    block: Block = False,
    only: Only = False,
    suite: Suites = None,
    remove_cases: RemoveCases = False,
    rewrite_tables: Rewrite = False,
    asked_by: AskedBy = "local",
    receipt: Out = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Erase all that came from files, uploads or pages, the members of archives included."""
    from ingestion.erasure.plan import Request

    request = Request("source", tuple(sources), asked_by, only, False, block, tuple(suite or ()), remove_cases)
    _erase(_rewriting(request, rewrite_tables), dry_run, receipt, as_json, data)


@command(erase_app, "person")
def erase_person(
    terms: Annotated[list[str], typer.Argument(help="Names, addresses, identifiers of one person, each spelling.")],
    dry_run: DryRun = False,
    redact: Redact = False,
    block: Block = False,
    suite: Suites = None,
    remove_cases: RemoveCases = False,
    rewrite_tables: Rewrite = False,
    asked_by: AskedBy = "local",
    receipt: Out = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Erase every text that mentions a person; case, accents and separators do not matter."""
    from ingestion.erasure.plan import Request

    request = Request("person", tuple(terms), asked_by, False, redact, block, tuple(suite or ()), remove_cases)
    _erase(_rewriting(request, rewrite_tables), dry_run, receipt, as_json, data)


@command(erase_app, "resume")
def erase_resume(as_json: AsJson = False, data: Data = None) -> None:
    """Finish the erasures that were broken off."""
    from ingestion.erasure.erase import resume

    with _opened(data) as app:
        done = resume(app)
    if as_json:
        print_json({"erasures": [_body(each) for each in done]})
    for each in () if as_json else done:
        _print(each)
    if not all(each.receipt and each.receipt.complete for each in done):
        raise typer.Exit(1)


@command(receipts_app, "list")
def receipts_list(
    of: Annotated[str | None, typer.Option("--of", help="Only those that tell of this id, source or term.")] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """List receipts, the oldest first."""
    from ingestion.erasure.mentions import normalised
    from ingestion.erasure.receipt import open_key, parsed, tells_of
    from service.bootstrap import open_records

    settings = settings_for(data)
    with closing(open_records(settings)) as records:
        every = records.receipts.all(settings.tenant)
    if of is not None:
        key = open_key(settings.data_folder)
        every = [each for each in every if tells_of(each, key, [of, normalised(of)])]
    bodies = [parsed(each)["body"] for each in every]
    if as_json:
        print_json({"receipts": bodies})
        return
    table = Table("id", "at", "what", "documents", "complete", "asked by")
    for body in bodies:
        what, complete = f"{body['kind']} {body['mode']}", "yes" if body["complete"] else "no"
        cells = (body["receipt"], body["at"], what, str(len(body["documents"])), complete, body["asked_by"])
        table.add_row(*map(escape, cells))
    out.print(table)


@command(receipts_app, "show")
def receipts_show(
    receipt: Annotated[str, typer.Argument(help="The receipt's id.")], as_json: AsJson = False, data: Data = None
) -> None:
    """Print a receipt as it was signed."""
    text = _kept(receipt, data)
    print_json(json.loads(text)) if as_json else typer.echo(text, nl=False)


@command(receipts_app, "verify")
def receipts_verify(
    receipt: Annotated[str, typer.Argument(help="A receipt's file, or its id.")],
    public_key: Annotated[
        Path | None, typer.Option(help="File of the public key; default that of the data folder.")
    ] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Say whether a receipt is valid, tampered with, or signed with another key; exit with 1 unless it is valid."""
    from ingestion.erasure.receipt import open_key, parsed, verified

    text = Path(receipt).read_text(encoding="utf-8") if Path(receipt).is_file() else _kept(receipt, data)
    if public_key is not None and not public_key.is_file():
        raise PathMissing(f"There is no file {public_key}.", "`ragready receipts key` prints the public key.")
    folder = settings_for(data).data_folder
    expected = public_key.read_text(encoding="utf-8") if public_key else open_key(folder).public_pem
    verdict = verified(text, expected)
    body = {"receipt": str(parsed(text)["body"].get("receipt", "")), "verdict": verdict}
    print_json(body) if as_json else out.print(f"{escape(body['receipt'])}: {verdict}")
    if verdict != "valid":
        raise typer.Exit(1)


@command(receipts_app, "key")
def receipts_key(as_json: AsJson = False, data: Data = None) -> None:
    """Print the public key with which anybody can check this installation's receipts."""
    from ingestion.erasure.receipt import open_key

    pem = open_key(settings_for(data).data_folder).public_pem
    print_json({"public_key": pem}) if as_json else typer.echo(pem, nl=False)


def _rewriting(request: "Request", rewrite_tables: bool) -> "Request":
    from dataclasses import replace

    return replace(request, rewrite_tables=rewrite_tables)


def _erase(request: "Request", dry_run: bool, receipt: Path | None, as_json: bool, data: Path | None) -> None:
    from ingestion.erasure.erase import dry, erase

    with _opened(data) as app:
        if dry_run:
            found = dry(app, request)
            print_json({"would_go": [vars(each) for each in found]}) if as_json else _print_targets(found)
            return
        done = erase(app, request)
    if receipt is not None and done.receipt is not None:
        receipt.write_text(done.signed, encoding="utf-8")
    print_json(_body(done)) if as_json else _print(done)
    if done.receipt is not None and not done.receipt.complete:
        raise typer.Exit(1)


@contextmanager
def _opened(data: Path | None) -> "Iterator[App]":
    from service.bootstrap import open_app

    # A kill in the middle may leave an index that lacks a collection: the erasure puts it back itself.
    with open_app(settings_for(data), holder="ragready erase", writes=True, check_index=False) as app:
        yield app


def _kept(receipt: str, data: Path | None) -> str:
    from service.bootstrap import open_records

    settings = settings_for(data)
    with closing(open_records(settings)) as records:
        text = records.receipts.get(settings.tenant, receipt)
    if text is None:
        raise UnknownReceipt(f"There is no receipt {receipt!r}.", "`ragready receipts list` lists them.")
    return text


def _body(done: "Erasure") -> dict[str, Any]:
    return {
        "erased": [vars(each) for each in done.targets],
        "still_there": [str(each) for each in done.still_there],
        "receipt": json.loads(done.signed)["body"] if done.receipt else None,
    }


def _print(done: "Erasure") -> None:
    _print_targets(done.targets)
    if done.receipt is None:
        out.print("[yellow]The control erasure is off: nothing was read back, and there is no receipt.[/]")
        return
    table = Table("store", "state", "looked at", "found", "removed", "left", "")
    for line in done.receipt.stores:
        counts = [str(each) for each in (line.looked_at, line.found, line.removed, line.left)]
        table.add_row(
            line.store, line.state, *(counts if line.state in {"searched", "reported"} else [""] * 4), line.says
        )
    out.print(table)
    for path in done.still_there:
        out.print(f"[yellow]still there:[/] {escape(str(path))}", soft_wrap=True)
    left = sum(line.left for line in done.receipt.stores if line.state == "searched")
    verdict = "nothing is left in the stores that were searched" if done.receipt.complete else f"[red]{left} left[/]"
    out.print(f"receipt {done.receipt.receipt}: {verdict}")


def _print_targets(targets: Any) -> None:
    table = Table("id", "space", "source", "standing", "")
    for each in targets:
        fate = "redacted" if each.redacted else "removed"
        table.add_row(*map(escape, (each.id, each.space, each.source, each.standing)), fate)
    out.print(table)
