"""`ragready eval`: scores a suite or a retrieval set, compares runs, and stops a change that makes answers worse."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from eval.detector_command import detector
from eval.gate_commands import BASELINES, Suite, compare, gate
from eval.golden_commands import register
from eval.judge_commands import calibrate_judge
from eval.report_command import report
from service.core.settings import Settings, load_settings
from service.terminal import AsJson, Data, command, err, out, print_json, progress_bar

eval_app = typer.Typer(no_args_is_help=True, help="Score, compare and gate.")
command(eval_app, "report")(report)
command(eval_app, "compare")(compare)
command(eval_app, "gate")(gate)
command(eval_app, "detector")(detector)
command(eval_app, "calibrate-judge")(calibrate_judge)


register(eval_app)
_INTERRUPTED = 130  # what a shell says of a command that was ended by Ctrl-C


@command(eval_app, "run")
def eval_run(
    suite: Suite,
    split: Annotated[str | None, typer.Option(help="Only cases of this split, such as tune or test.")] = None,
    sealed: Annotated[
        bool, typer.Option("--sealed", help="Ask the sealed cases, which is counted, and no other.")
    ] = False,
    strategy: Annotated[str, typer.Option(help="hybrid, naive, agentic or demo.")] = "hybrid",
    model: Annotated[
        str | None, typer.Option(help="What answers: extractive, PROVIDER:MODEL or sim:PROFILE; as --set model=NAME.")
    ] = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="A setting, NAME=VALUE, for this run; may be given again.")
    ] = None,
    off: Annotated[list[str] | None, typer.Option(help="Switch this control off; may be given again.")] = None,
    url: Annotated[str | None, typer.Option(help="Ask the service at this URL, with the key RAGREADY_API_KEY.")] = None,
    out_folder: Annotated[Path | None, typer.Option("--out", help="Folder for runs; default DATA_FOLDER/runs.")] = None,
    ragas: Annotated[
        bool, typer.Option(help="With the metrics of Ragas that need no model, and with --judge two that do.")
    ] = True,
    judge: Annotated[str | None, typer.Option(help="A chat model that judges the answers, PROVIDER:MODEL.")] = None,
    repeats: Annotated[
        int, typer.Option("--judge-repeats", min=1, max=25, help="How often the judge is asked the same.")
    ] = 1,
    generation: Annotated[
        Literal["serving", "next"], typer.Option(help="The index that serves, or the one that was built to follow it.")
    ] = "serving",
    at_once: Annotated[
        int, typer.Option("--concurrency", min=1, max=64, help="Questions asked at a time; above 1 times say less.")
    ] = 1,
    resume: Annotated[
        str | None, typer.Option(help="Go on with this interrupted run of the same command, or with the `last`.")
    ] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Ask a suite's questions, score the answers, and keep the run in a folder of its own."""
    from eval.execute import execute
    from eval.plan import Plan
    from eval.sealed import asked_split
    from eval.show import print_metrics

    plan = Plan(
        suite=suite,
        split=asked_split(split, sealed=sealed),
        strategy=strategy,
        changes=(*(changes or ()), *([f"model={model}"] if model else ())),
        off=tuple(off or ()),
        url=url,
        out=out_folder,
        ragas=ragas,
        data=data,
        generation=generation,
        at_once=at_once,
        resume=resume,
        judge=judge,
        repeats=repeats,
    )
    try:
        with progress_bar("eval") as progress:
            body = execute(plan, progress)
    except KeyboardInterrupt:
        err.print("Interrupted. The same command with --resume last goes on after the last case that was scored.")
        raise typer.Exit(_INTERRUPTED) from None
    print_json(body) if as_json else print_metrics(body)
    if not body["n"] or not body["usable"]:
        raise typer.Exit(1)


@command(eval_app, "duplicates")
def eval_duplicates(
    folders: Annotated[list[Path], typer.Argument(help="Retrieval sets in BEIR's layout.")], as_json: AsJson = False
) -> None:
    """Count planted copies that are found, and distinct passages that are kept."""
    from eval.duplicates import run, table

    rows, whole = run(folders)
    if as_json:
        print_json({"rows": [asdict(each) for each in rows], "whole": [asdict(each) for each in whole]})
    else:
        out.print(table(rows, whole), soft_wrap=True)


@command(eval_app, "formats")
def eval_formats(
    folder: Annotated[Path, typer.Argument(help="Folder with FILE beside FILE.expected.md, at any depth.")],
    as_json: AsJson = False,
) -> None:
    """Convert files to text and say how much of their expected Markdown is kept, beside plain markitdown."""
    from eval.fidelity import as_data, markitdown, measure, ours, table

    rows = measure(folder, {"ours": ours, "markitdown": markitdown()})
    print_json(as_data(rows)) if as_json else out.print(table(rows), soft_wrap=True, markup=False)


@command(eval_app, "table")
def eval_table(
    runs: Annotated[list[Path], typer.Argument(help="Runs' folders or baseline files; the last is the one to beat.")],
    as_json: AsJson = False,
) -> None:
    """Put runs of one suite side by side, and say whether the simpler systems are good enough beside the last."""
    from eval.record import read_record
    from eval.table import good_enough, markdown, row

    records = [read_record(each) for each in runs]
    rows, judged = [row(each) for each in records], [good_enough(each, records[-1]) for each in records[:-1]]
    if as_json:
        print_json({"rows": [asdict(each) for each in rows], "good_enough": [asdict(each) for each in judged]})
    else:
        out.print(markdown(rows, judged), soft_wrap=True, markup=False)


@command(eval_app, "baseline")
def eval_baseline(
    run: Annotated[Path, typer.Argument(help="The run's folder.")],
    file: Annotated[Path | None, typer.Option(help="File to write; default eval/baselines/SUITE.json.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a run the baseline that the gate compares with: a file of figures, to be committed."""
    from eval.record import read_record, write_baseline

    record = read_record(run)
    target = file or BASELINES / f"{record.config['suite']}.json"
    write_baseline(record, target)
    body = {"baseline": str(target), "n": len(record.scores), "commit": record.config["commit"]}
    print_json(body) if as_json else out.print(f"{target}: {body['n']} cases", soft_wrap=True)


@command(eval_app, "retrieval")
def eval_retrieval(
    folder: Annotated[Path, typer.Argument(help="Folder in BEIR's layout.")],
    strategy: Annotated[str, typer.Option(help="hybrid or naive.")] = "hybrid",
    half: Annotated[str | None, typer.Option(help="Only this half of the queries: tune or report.")] = None,
    baselines: Annotated[bool, typer.Option("--baselines", help="Dense, BM25, their RRF and bm25s beside it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Index a BEIR corpus in a folder of its own, ask its queries, and print each metric with its interval and n."""
    from eval.ir_metrics import CUTS, RANKED
    from eval.retrieval import Asked, evaluate
    from eval.show import print_metrics
    from service.bootstrap import open_app

    with (
        _scratch(candidates=2 * max(CUTS), hits=2 * RANKED) as own,
        open_app(own, holder="ragready eval", writes=True) as parts,
        progress_bar("index") as progress,
    ):
        body = asyncio.run(evaluate(parts, folder, Asked(strategy, half, baselines), progress))
    print_json(body) if as_json else print_metrics(body)


@command(eval_app, "chunking")
def eval_chunking(
    folder: Annotated[Path, typer.Argument(help="Folder with corpora/*.md and questions.jsonl.")],
    splitter: Annotated[
        list[str] | None, typer.Option(help="Only this splitter; may be given again. Default all.")
    ] = None,
    half: Annotated[str | None, typer.Option(help="Only this half of the questions: tune or test.")] = None,
    as_json: AsJson = False,
) -> None:
    """Cut long texts by each splitter and score how much of the gold excerpts the best five chunks hold."""
    from eval.chunking import evaluate
    from eval.show import print_splitters
    from service.bootstrap import open_app
    from service.core.settings import SPLITTERS

    with (
        _scratch(candidates=100) as own,
        open_app(own, holder="ragready eval", writes=True) as parts,
        progress_bar("chunking") as progress,
    ):
        body = asyncio.run(evaluate(parts, folder, splitter or SPLITTERS, half, progress))
    print_json(body) if as_json else print_splitters(body)
    if body["failed"]:
        raise typer.Exit(1)


@contextmanager
def _scratch(**changes: object) -> Iterator[Settings]:
    """Settings of a folder of its own, with the embedded stores and the encoder that is there."""
    settings = load_settings()
    with tempfile.TemporaryDirectory() as scratch:
        yield load_settings(
            data_folder=Path(scratch),
            encoder_folder=settings.encoder_path,
            database_url=None,
            chroma_url=None,
            redis_url=None,
            otlp_endpoint=None,
            **changes,
        )
