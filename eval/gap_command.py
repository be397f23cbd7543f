"""`ragready gap`: asks the demo and production the same question and prints both side by side."""

from pathlib import Path
from typing import Annotated

import typer

from service.core.controls import checked_controls
from service.terminal import AsJson, Data, err, out, print_json, settings_for


def gap(  # noqa: PLR0913, PLR0917  # one parameter an option
    question: Annotated[str, typer.Argument(help="The question, in words.")],
    off: Annotated[list[str] | None, typer.Option(help="Switch this control off; may be given again.")] = None,
    model: Annotated[str | None, typer.Option(help="What answers on both sides; default RAGREADY_MODEL.")] = None,
    space: Annotated[list[str] | None, typer.Option("--space", "-s", help="Production: only this space.")] = None,
    groups: Annotated[
        list[str] | None,
        typer.Option("--as", help="Ask as a reader of this group; may be given again; * reads everything."),
    ] = None,
    corpus: Annotated[Path, typer.Option(help="Folder that the data folder was ingested from.")] = Path(
        "samples/corpus"
    ),
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Ask the demo and production the same question, by default as a reader of what is open to everyone."""
    from eval import demo, gap_show
    from eval import gap as gaps
    from service.bootstrap import open_app
    from service.core.answers import Caller, Question

    settings = settings_for(data)
    switched = {"controls_off": settings.controls_off | checked_controls(off or ())}
    settings = settings.model_copy(update={**switched, **({"model": model} if model else {})})
    asked = Question(
        question, Caller(settings.tenant, "gap", groups=frozenset(groups or ())), tuple(space) if space else None
    )
    with open_app(settings, holder="ragready gap") as app:
        if not app.records.spaces(settings.tenant):
            err.print("[yellow]The data folder holds no documents; `ragready demo --no-serve` ingests the samples.[/]")
        with demo.opened(corpus, settings.data_folder / "demo", app) as opened:
            gaps.warm(app, opened)
            found = gaps.gap(app, opened, asked)
    print_json(gaps.body(found)) if as_json else gap_show.show(out, found)
