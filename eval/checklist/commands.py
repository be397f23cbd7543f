"""`ragready check`: runs the probes of the checklist's lines, and says of the others what they lack.

Exit code 0 when every probe that was to run ran, whatever it found, 1 when one could not: a check reports, and
`ragready eval gate` blocks.
"""

import os
import sys
from typing import Annotated

import typer

from service.core.controls import checked_controls
from service.remote import settings_key
from service.terminal import AsJson, Data, out, print_json, progress_bar, settings_for


def check(  # noqa: PLR0913, PLR0917  # one parameter an option
    ids: Annotated[list[str] | None, typer.Argument(help="Lines of the checklist; all when none is named.")] = None,
    section: Annotated[str | None, typer.Option(help="Only the lines of this section.")] = None,
    last: Annotated[bool, typer.Option("--last", help="Show the evidence that is kept, and run nothing.")] = False,
    url: Annotated[str | None, typer.Option(help="Ask the service at this URL instead of one in this process.")] = None,
    off: Annotated[list[str] | None, typer.Option(help="Switch this control off; may be given again.")] = None,
    limit: Annotated[float, typer.Option(help="Seconds that a probe may take on one path.")] = 180.0,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Prove the checklist: run each line's probe on the demo path and on the production path."""
    from eval.checklist import check as checks
    from eval.checklist.lines import chosen, lines
    from eval.checklist.show import body, show

    settings, asked = settings_for(data), chosen(lines(), ids or (), section)
    wanted = checks.Wanted(asked, checked_controls(off or ()), url, settings_key(settings), limit)
    if last:
        done = checks.kept(settings, asked)
    else:
        with progress_bar("check") as progress:
            done = checks.check(settings, wanted, progress)
    if as_json:
        print_json(body(done.results, done.score, done.subject))
    else:
        show(out, done.results, done.score, done.subject)
    _leave(0 if last or done.all_ran else 1)


def _leave(code: int) -> None:
    """End the command. A probe that blocks holds a worker thread, for which the interpreter would wait for ever."""
    from eval.checklist.runner import left_behind

    if left_behind():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    if code:
        raise typer.Exit(code)
