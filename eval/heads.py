"""Fits the heads that the product carries and writes their files.

    python -m eval.heads sufficiency --suite samples --pairs FILE... --retrieval DIR...
    python -m eval.heads grounding --suite samples FILE...

sufficiency learns from the tune split of a suite, asked of the product itself, from abstention files, and from
retrieval sets, where a question with its passage among the hits can be answered and without it cannot. Of every file
only the texts whose SHA-256 begins with an even byte are learnt from. A head's file keeps no text: weights and a card.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from eval import heads_grounding, heads_sufficiency
from eval.leakage import Detector
from eval.suite import read_suite
from ingestion.worker import ingest_spaces
from service.bootstrap import open_app, open_encoder
from service.core.app import App
from service.core.settings import load_settings
from service.rag.heads import FOLDER
from service.terminal import print_json


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit one head, write its file, and print it."""
    chosen = _parser().parse_args(arguments)
    detector = Detector(open_encoder(load_settings()))
    with _scratch() as app:
        if chosen.head == "sufficiency":
            for _ in ingest_spaces(app, read_suite(chosen.suite).corpus):
                pass
            made = heads_sufficiency.fit(app, detector, chosen.suite, chosen.pairs, chosen.retrieval)
        else:
            golden = [each.question for each in read_suite(chosen.suite).cases]
            made = heads_grounding.fit(app.encoder, detector, chosen.files, golden)
    write(made, chosen.out / f"{chosen.head}.json")
    print_json(made)


def write(made: dict[str, Any], path: Path) -> None:
    """Write a head's file, one key a line, so that a change can be read."""
    path.write_text(f"{json.dumps(made, indent=1)}\n", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Fits a head and writes its file.")
    heads = parser.add_subparsers(dest="head", required=True)
    sufficiency = heads.add_parser("sufficiency")
    sufficiency.add_argument("--pairs", type=Path, nargs="*", default=[], help="abstention files")
    sufficiency.add_argument("--retrieval", type=Path, nargs="*", default=[], help="folders in BEIR's layout")
    grounding = heads.add_parser("grounding")
    grounding.add_argument("files", type=Path, nargs="+", help="grounding files")
    for each in (sufficiency, grounding):
        each.add_argument("--suite", type=Path, default=Path("samples"), help="the golden cases")
        each.add_argument("--out", type=Path, default=FOLDER, help="folder of the head's file")
    return parser


@contextmanager
def _scratch() -> Iterator[App]:
    """The product on stores of its own, where nothing is declined and nothing comes from a cache."""
    settings = load_settings()
    with tempfile.TemporaryDirectory() as folder:
        own = load_settings(
            data_folder=Path(folder),
            encoder_folder=settings.encoder_path,
            database_url=None,
            chroma_url=None,
            redis_url=None,
            otlp_endpoint=None,
            controls_off=frozenset({"abstention", "exact-cache"}),
        )
        with open_app(own, holder="eval.heads", writes=True) as app:
            yield app


if __name__ == "__main__":
    main()
