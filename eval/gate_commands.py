"""`ragready eval compare` and `ragready eval gate`: what a change did to the answers, and whether it is stopped."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer

from service.core.errors import StorageFull
from service.terminal import AsJson, Data, print_json, settings_for

Suite = Annotated[Path, typer.Argument(help="Folder with suite.toml and cases.jsonl.")]
BASELINES = Path(__file__).parent / "baselines"


def compare(
    runs: Annotated[
        list[Path] | None, typer.Argument(help="BASELINE CANDIDATE: each a run's folder or a baseline file.")
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(help="In place of runs: run the suite on this commit and on the code as it stands."),
    ] = None,
    suite: Annotated[Path, typer.Option(help="With --against: the suite's folder.")] = Path("samples"),
    split: Annotated[str | None, typer.Option(help="With --against: only cases of this split.")] = None,
    strategy: Annotated[str, typer.Option(help="With --against: hybrid, naive or demo.")] = "hybrid",
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Say of each metric whether the second run is better or worse than the first, or that nobody can tell."""
    from eval import against as commits
    from eval.compare import compare as compared
    from eval.plan import Plan
    from eval.record import read_record
    from eval.show import print_comparison

    if len(runs or ()) != (0 if against else 2):
        raise typer.BadParameter("Name a baseline and a candidate, or a commit with --against.")
    if against:
        plan = Plan(suite.resolve(), split, strategy)
        baseline, candidate = commits.against(against, plan, settings_for(data))
    else:
        baseline, candidate = runs or []
    found = compared(read_record(baseline), read_record(candidate))
    body = {**asdict(found), "baseline": str(baseline), "candidate": str(candidate)}
    print_json(body) if as_json else print_comparison(body)


def gate(
    suite: Suite = Path("samples"),
    baseline: Annotated[Path | None, typer.Option(help="Default eval/baselines/SUITE.json.")] = None,
    candidate: Annotated[Path | None, typer.Option(help="The run to judge; default the suite's newest.")] = None,
    xml: Annotated[Path | None, typer.Option("--junit", help="Also write JUnit XML to this file.")] = None,
    comment: Annotated[Path | None, typer.Option("--markdown", help="Also write a Markdown comment to it.")] = None,
    summary: Annotated[
        Path | None, typer.Option("--step-summary", help="Also append the Markdown to this file, as GitHub has it.")
    ] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Compare a run with the baseline; exit with 1 when the change makes answers worse."""
    from eval.calibration import enforced as calibrations_asked_for
    from eval.gate import blocks, enforced
    from eval.gate_comment import markdown
    from eval.junit import junit
    from eval.record import latest_run, read_record
    from eval.show import print_gate
    from eval.suite import read_suite
    from eval.worth import weighed

    settings, described = settings_for(data), read_suite(suite)
    run = candidate or latest_run(settings.data_folder / "runs", described.name)
    kept = baseline or BASELINES / f"{described.name}.json"
    before, after = read_record(kept), read_record(run)
    must_pass = described.must_pass(after.config["split"])
    after = replace(after, config=weighed(after.config, suite, enforce=calibrations_asked_for(settings)))
    found, on = blocks(before, after, described.thresholds, must_pass), enforced(settings)
    said = markdown(found, described.name, on, (before, after))
    _write(xml, junit(found, described.name, on))
    _write(comment, said)
    _write(summary, said, mode="a")
    body = {**asdict(found.comparison), "reasons": found.reasons, "advice": found.advice, "on": on}
    body |= {"blocked": found.blocked and on, "baseline": str(kept), "candidate": str(run)}
    print_json(body) if as_json else print_gate(body)
    if body["blocked"]:
        raise typer.Exit(1)


def _write(path: Path | None, text: str, mode: str = "w") -> None:
    if path is None:
        return
    try:
        with path.open(mode, encoding="utf-8", errors="replace") as file:
            file.write(text)
    except OSError as error:
        raise StorageFull(f"{path} cannot be written: {error.strerror}.", "Name another file.") from error
