"""`ragready eval report`: the page of a run."""

from pathlib import Path
from typing import Annotated

import typer

from service.terminal import AsJson, out, print_json


def report(
    run: Annotated[Path, typer.Argument(help="The run's folder.")],
    beside: Annotated[Path | None, typer.Option(help="A run or baseline file to compare with.")] = None,
    file: Annotated[Path | None, typer.Option("--out", help="Where to write; default report.html in the run.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write a run as one page of HTML that needs nothing else, beside a baseline where one is named."""
    from eval.report import write_report

    written = write_report(run, beside, file)
    print_json({"report": str(written)}) if as_json else out.print(str(written), soft_wrap=True, markup=False)
