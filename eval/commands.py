"""`ragready eval`: scores a suite or a retrieval set."""

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from service.core.settings import load_settings
from service.terminal import AsJson, Data, command, print_json, print_metrics, progress_bar, settings_for

eval_app = typer.Typer(no_args_is_help=True, help="Score a suite or a retrieval set.")


@command(eval_app, "run")
def eval_run(
    suite: Annotated[Path, typer.Argument(help="Folder with suite.toml and cases.jsonl.")],
    split: Annotated[str | None, typer.Option(help="Only cases of this split: tune, test or sealed.")] = None,
    strategy: Annotated[str, typer.Option(help="hybrid or naive.")] = "hybrid",
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Ingest a suite's corpus, ask its questions, and print each metric with its 95% interval and n."""
    from eval.run import run, summary
    from eval.suite import read_suite
    from ingestion.worker import ingest_spaces
    from service.bootstrap import open_app

    cases, started = read_suite(suite, split), time.perf_counter()
    with (
        open_app(settings_for(data), holder="ragready eval", writes=True) as parts,
        progress_bar("eval") as progress,
    ):
        for _ in ingest_spaces(parts, cases.corpus, progress):
            pass
        outcomes = asyncio.run(run(parts, cases, strategy, progress))
    body = {**summary(cases, outcomes, started), "split": split, "strategy": strategy}
    print_json(body) if as_json else print_metrics(body)


@command(eval_app, "retrieval")
def eval_retrieval(
    folder: Annotated[Path, typer.Argument(help="Folder in BEIR's layout.")],
    strategy: Annotated[str, typer.Option(help="hybrid or naive.")] = "hybrid",
    as_json: AsJson = False,
) -> None:
    """Index a BEIR corpus in a folder of its own, ask its queries, and print each metric with its interval and n."""
    from eval.retrieval import CUTS, evaluate
    from service.bootstrap import open_app

    settings = load_settings()
    with tempfile.TemporaryDirectory() as scratch:
        own = load_settings(
            data_folder=Path(scratch),
            encoder_folder=settings.encoder_path,
            candidates=2 * max(CUTS),
            database_url=None,
            chroma_url=None,
        )
        with open_app(own, holder="ragready eval", writes=True) as parts, progress_bar("index") as progress:
            body = asyncio.run(evaluate(parts, folder, strategy, progress))
    print_json(body) if as_json else print_metrics(body)
