"""`ragready eval calibrate-judge`: says whether a model that judges answers is worth listening to."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from service.core.errors import InvalidSettings
from service.terminal import AsJson, out, print_json, progress_bar

if TYPE_CHECKING:
    from eval.calibration import Calibration

_COLOURS = {"calibrated": "green", "uncalibrated": "yellow", "refused": "red"}


def calibrate_judge(
    suite: Annotated[
        Path, typer.Argument(metavar="SUITE|FILE", help="Folder of a suite, or a file of answers that people labelled.")
    ],
    judge: Annotated[str | None, typer.Option(help="The chat model that judges, PROVIDER:MODEL.")] = None,
    labels: Annotated[Path | None, typer.Option(help="The labelled answers; default SUITE/judge/labels.jsonl.")] = None,
    repeats: Annotated[int, typer.Option(min=1, max=25, help="How often each answer is judged.")] = 3,
    at_once: Annotated[int, typer.Option("--concurrency", min=1, max=64, help="Answers judged at a time.")] = 4,
    run: Annotated[
        Path | None, typer.Option("--from", help="Judge nothing: draw answers of this run for people to label.")
    ] = None,
    number: Annotated[int, typer.Option(min=1, help="With --from: answers to draw.")] = 100,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Folder for the calibrations; default that of the labels.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare a judge with people's labels of answers, and keep what it is worth; 1 unless it is calibrated."""
    from eval.answer_labels import FILE, FOLDER, write_unlabelled
    from eval.calibrating import calibrations, to_label
    from eval.calibration import keep
    from eval.judge import open_judge
    from eval.suite import read_suite
    from service.core.settings import load_settings

    file = labels or (suite if suite.is_file() else suite / FOLDER / FILE)
    if run is not None:
        drawn = write_unlabelled(file, to_label(run, read_suite(suite)), number)
        body = {"labels": str(file), "n": drawn}
        print_json(body) if as_json else out.print(f"{file}: {drawn} answers to label", soft_wrap=True)
        return
    if judge is None:
        raise InvalidSettings("There is no judge to calibrate.", "Name one with --judge PROVIDER:MODEL.")
    with progress_bar("judge") as progress:
        found = calibrations(open_judge(judge, load_settings(), repeats), file, at_once, progress)
    kept = [keep(out_folder or file.parent, each) for each in found]
    bodies = [{**asdict(each), "file": str(path)} for each, path in zip(found, kept, strict=True)]
    print_json({"judge": judge, "labels": str(file), "calibrations": bodies}) if as_json else _print(found, kept)
    if any(each.standing != "calibrated" for each in found):
        raise typer.Exit(1)


def _print(found: Sequence["Calibration"], kept: Sequence[Path]) -> None:
    for each, path in zip(found, kept, strict=True):
        word = f"[{_COLOURS[each.standing]}]{each.standing}[/]"
        out.print(f"[bold]{each.rubric}[/] {word}, {escape(each.model)}, prompt {each.prompt}", soft_wrap=True)
        for reason in each.why:
            out.print(f"  [yellow]{escape(reason)}[/]", soft_wrap=True)
        figures = {"kappa": each.kappa, "same": each.same, "wavering": each.wavering, "unrated": each.unrated}
        for name, figure in figures.items():
            out.print(f"  {name:12} {_figure(asdict(figure))}", soft_wrap=True)
        for name, bias in vars(each.biases).items():
            out.print(f"  {name:12} {bias.verdict}: {escape(bias.says)}", soft_wrap=True)
        out.print(f"  [dim]{escape(str(path))}[/]", soft_wrap=True)


def _figure(each: Mapping[str, Any]) -> str:
    if each["value"] is None:
        return f"undefined, n {each['n']}"
    interval = "" if each["low"] is None else f" ({each['low']:.3f} to {each['high']:.3f})"
    return f"{each['value']:.3f}{interval}, n {each['n']}"
