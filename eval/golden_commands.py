"""`ragready eval new, label, agreement, accept, version, leaks, representative`: the life of a golden set."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.core.errors import InvalidSettings
from service.terminal import AsJson, Data, command, err, out, print_json, progress_bar, settings_for

if TYPE_CHECKING:
    from eval.labelling import Session
    from eval.suite import Suite

Folder = Annotated[Path, typer.Argument(metavar="SUITE", help="Folder with suite.toml and cases.jsonl.")]
Sealed = Annotated[bool, typer.Option("--sealed", help="Take the sealed cases too; the opening is counted.")]


def register(eval_app: typer.Typer) -> None:
    """Add these commands to `ragready eval`."""
    command(eval_app, "new")(eval_new)
    command(eval_app, "label")(eval_label)
    command(eval_app, "agreement")(eval_agreement)
    command(eval_app, "accept")(eval_accept)
    command(eval_app, "version")(eval_version)
    command(eval_app, "leaks")(eval_leaks)
    command(eval_app, "representative")(eval_representative)


def eval_new(
    suite: Annotated[Path, typer.Argument(metavar="SUITE", help="Folder of the suite; made when it is not there.")],
    documents: Annotated[
        Path | None, typer.Option("--from", help="Folder of documents, copied into the suite: one subfolder a space.")
    ] = None,
    space: Annotated[
        list[str] | None,
        typer.Option("--space", "-s", help="Ingested space, or the one space of --from or --feedback."),
    ] = None,
    feedback: Annotated[
        Path | None,
        typer.Option(help="JSON lines of {question, answer, rating, comment, trace_id}; bad ones are taken."),
    ] = None,
    each: Annotated[
        int, typer.Option(min=1, help="Questions a document at most, by rules and from the model each.")
    ] = 6,
    near_misses: Annotated[int, typer.Option(min=0, help="Questions a document that nothing may answer.")] = 1,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Propose cases from documents or bad feedback; nothing is asked of them until people have accepted them."""
    from eval.golden_show import print_made
    from eval.proposing import Wanted, propose

    settings = settings_for(data)
    with progress_bar("propose") as progress:
        made = propose(settings, Wanted(suite, documents, tuple(space or ()), feedback, each, near_misses), progress)
    print_json(asdict(made)) if as_json else print_made(made)


def eval_label(
    suite: Folder,
    annotator: Annotated[str, typer.Option("--as", help="Your name; your labels go to labels/NAME.jsonl.")],
    adjudicate: Annotated[bool, typer.Option("--adjudicate", help="Decide the cases that others differ on.")] = False,
    page: Annotated[bool, typer.Option("--page", help="Label on a page in the browser, on loopback.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the page; 0 takes a free one.")] = 0,
    sealed: Sealed = False,
    as_json: AsJson = False,
) -> None:
    """Label cases one after the other, with the guideline beside them; stops at any time and goes on where it was."""
    from eval.labelling import label_in_terminal, session_of, terminal_keys

    read = _chosen(suite, sealed=sealed)
    session = session_of(suite, read.cases, annotator, adjudicate=adjudicate)
    before = len(session.pending())
    if page:
        _serve(session, read.corpus, port)
    elif as_json:
        raise InvalidSettings("--json labels nothing by itself.", "Use it with --page, or leave it out.")
    else:
        label_in_terminal(session, read.corpus, terminal_keys)
    left = len(session.pending())
    body = {"suite": str(suite), "annotator": session.annotator, "labelled": before - left, "left": left}
    print_json(body) if as_json else out.print(f"{before - left} labelled, {left} left")


def eval_agreement(suite: Folder, sealed: Sealed = False, as_json: AsJson = False) -> None:
    """Say how far the people who labelled a suite agree: Krippendorff's alpha, its interval, and where they differ."""
    from eval.agreement import agreement
    from eval.golden_show import print_agreement

    found = agreement(suite, _chosen(suite, sealed=sealed).cases)
    print_json(asdict(found)) if as_json else print_agreement(found)
    if found.verdict != "agree":
        raise typer.Exit(1)


def eval_accept(
    suite: Folder,
    people: Annotated[int, typer.Option(min=1, help="People who must have labelled a case; 1 needs no agreement.")] = 2,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Take the labels over: what people call right is asked from then on, the rest is skipped; makes a version."""
    from eval.acceptance import accept
    from eval.agreement import enforced
    from eval.golden_show import print_accepted

    made = accept(suite, people, enforce=enforced(settings_for(data)))
    print_json(asdict(made)) if as_json else print_accepted(made)


def eval_version(
    suite: Folder,
    note: Annotated[str, typer.Option(help="What was changed and why, for CHANGES.md.")] = "",
    as_json: AsJson = False,
) -> None:
    """Keep the cases as the suite's next version, with what changed since the last one; nothing when nothing did."""
    from eval.versions import changed_since, keep_version, kept_version

    before = kept_version(suite)
    change = changed_since(suite, before)
    made = keep_version(suite, note)
    body = {"version": made.number, "fingerprint": made.fingerprint, "cases": len(made.cases), **asdict(change)}
    told = f"version {made.number}, {len(made.cases)} cases, fingerprint {made.fingerprint}"
    print_json(body) if as_json else out.print(f"{told}{'' if change else ', as before'}")


def eval_leaks(
    suite: Folder,
    training: Annotated[
        list[Path] | None, typer.Option(help="Training data: JSON lines, plain lines, or a folder; may be given again.")
    ] = None,
    sealed: Sealed = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Find golden questions that also stand in another split, a prompt, training data or the corpus.

    Ends with 1 when a leak across splits, from prompts or from training data is confirmed.
    """
    from eval.golden_show import print_leaks
    from eval.leak_check import check

    settings = settings_for(data)
    with progress_bar("compare") as progress:
        body = check(settings, suite, tuple(training or ()), sealed, progress)
    print_json(body) if as_json else print_leaks(body)
    if body["stopped"]:
        raise typer.Exit(1)


def eval_representative(
    suite: Folder,
    live: Annotated[Path, typer.Option(help="Live questions: JSON lines with `question`, or one a line.")],
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Say whether the golden questions can be told from live ones, and which topics of live ones no case is near.

    Ends with 1 when they can be told apart. Sealed cases are left out.
    """
    from eval.golden_show import print_representation
    from eval.leak_sources import of_training
    from eval.representative import enforced, representation
    from eval.sealed import cases_of
    from service.bootstrap import open_encoder

    settings = settings_for(data)
    golden = [case.question for case in cases_of(suite, None).cases]
    asked = [each.text for each in of_training([live]).texts]
    found = representation(golden, asked, open_encoder(settings))
    stopped = found.verdict == "differ" and enforced(settings)
    print_json({**asdict(found), "stopped": stopped}) if as_json else print_representation(found, stopped)
    if stopped:
        raise typer.Exit(1)


def _chosen(suite: Path, *, sealed: bool) -> "Suite":
    """The suite's cases, the sealed ones too if they are wanted."""
    from eval.sealed import cases_of, with_sealed

    return with_sealed(suite, "label") if sealed else cases_of(suite, None)


def _serve(session: "Session", corpus: Path, port: int) -> None:
    """The page until it is stopped with Ctrl-C."""
    import secrets
    import socket

    import uvicorn

    from eval.label_page import label_app

    secret = secrets.token_urlsafe(24)
    with socket.create_server(("127.0.0.1", port)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/{secret}/"
        err.print(f"Label at {address}\nCtrl-C stops; labels are on disk.", soft_wrap=True)
        server = uvicorn.Server(uvicorn.Config(label_app(session, corpus, secret), log_level="warning"))
        try:
            server.run(sockets=[listening])
        except KeyboardInterrupt:  # uvicorn raises it again once it has ended
            err.print()
