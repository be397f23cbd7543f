"""`ragready eval detector`: scores one of the product's detectors on a file of cases."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import typer

from service.core.settings import load_settings
from service.terminal import AsJson, print_json, progress_bar


def detector(
    kind: Annotated[Literal["injection", "pii", "grounding", "abstention"], typer.Argument(help="What is detected.")],
    file: Annotated[Path, typer.Argument(help="JSON lines; docs/evaluation.md has the layout of each kind.")],
    half: Annotated[
        Literal["tune", "report"] | None, typer.Option(help="Only this half, by the SHA-256 of a case's text.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many cases, the same ones each time.")] = None,
    as_json: AsJson = False,
) -> None:
    """Score how well attacks, personal data, unsupported answers or unanswerable questions are told, on a file."""
    from eval import detector as detectors
    from eval import detector_spans
    from eval.detector_cases import read_cases
    from eval.detector_show import print_report
    from service.bootstrap import open_preparing
    from service.core.entailment import open_entailment
    from service.core.personal import Patterns

    settings = load_settings(otlp_endpoint=None)
    cases = read_cases(kind, file, half, limit)
    with open_preparing(settings) as prepared, progress_bar("detector") as progress:
        named = settings.grounding_model if kind == "grounding" else None
        app = replace(prepared, entailment=open_entailment(named))
        if kind == "pii":
            body = detector_spans.report(cases, Patterns(settings.personal_recognisers), progress)
        else:
            body = detectors.report(kind, cases, app, progress)
        body["rests_on"] = detectors.rests_on(cases, app, half, limit)
    print_json(body) if as_json else print_report(body)
    if not body["n"]:
        raise typer.Exit(1)
