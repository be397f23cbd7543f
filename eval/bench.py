"""Measures the embedded default on the sample corpus: ingestion, start-up, memory, answers over HTTP.

Each figure stands beside what it is made of in the same run: ingestion beside the encoder alone on the same chunks, an
answer beside its encoding and its searches. Absolute times are this machine's; nothing here is a test.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx

from eval.control_costs import control_costs
from eval.percentiles import figure
from eval.resident import resident_mebibytes
from eval.servers import free_port
from ingestion.worker import ingest_spaces
from service.bootstrap import open_app
from service.core.logs import log_to_stderr
from service.core.settings import Settings, load_settings
from service.remote import settings_key

ROOT = Path(__file__).parent.parent
CORPUS, CASES = ROOT / "samples" / "corpus", ROOT / "samples" / "cases.jsonl"
QUESTIONS = 200
_START_SECONDS = 120


def ingestion(settings: Settings) -> dict[str, float]:
    """Chunks a second of a whole ingestion, and of the encoder alone on the same chunks right after."""
    with open_app(settings, holder="the benchmark", writes=True) as app:
        started = time.perf_counter()
        reports = list(ingest_spaces(app, CORPUS))
        whole = time.perf_counter() - started
        stored = [
            each
            for space in app.records.spaces(settings.tenant)
            for each in app.records.chunks([space.index], sorted(app.records.chunk_ids(space.index))).values()
        ]
        started = time.perf_counter()
        app.encoder.embed_chunks([each.chunk.context for each in stored], [each.text for each in stored])
        alone = time.perf_counter() - started
    chunks = sum(report.chunks for report in reports)
    return {
        "chunks": chunks,
        "chunks_per_second": round(chunks / whole, 2),
        "encoder_alone_chunks_per_second": round(len(stored) / alone, 2),
        "share_of_encoder_alone": round(alone / whole, 3),
    }


def serving(settings: Settings) -> dict[str, Any]:
    """Start the service as a process of its own and ask it; times in milliseconds, memory in MiB."""
    questions = sample_questions(QUESTIONS)
    with _service(settings) as (client, process, started):
        ready = time.perf_counter() - started
        for question in questions[:20]:
            _asked(client, question)
        answers = [_asked(client, question) for question in questions]
        memory = resident_mebibytes(process.pid)
    timings = [each["timings_ms"] for each in answers]
    names = dict.fromkeys(name for each in timings for name in each)  # an answer that declines was not drafted
    steps = {name: figure([each[name] for each in timings if name in each]) for name in names}
    beyond = [each["round_trip"] - each["timings_ms"]["encode"] - each["timings_ms"]["search"] for each in answers]
    return {
        "seconds_to_ready": round(ready, 2),
        "resident_mebibytes": memory and round(memory),
        "round_trip_ms": asdict(figure([each["round_trip"] for each in answers])),
        "beyond_encoder_and_searches_ms": asdict(figure(beyond)),
        "steps_ms": {name: asdict(each) for name, each in steps.items()},
    }


def sample_questions(count: int) -> list[str]:
    """The first questions of the sample suite."""
    return [json.loads(line)["question"] for line in CASES.read_text().splitlines()][:count]


@contextmanager
def _service(settings: Settings) -> Iterator[tuple[httpx.Client, subprocess.Popen[bytes], float]]:
    port = free_port()
    started = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603  # our own command
        [sys.executable, "-m", "cli", "up", "--port", str(port), "--data", str(settings.data_folder)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # a question that was asked to warm up is to be answered, and not looked up
        env={**os.environ, "RAGREADY_CONTROLS_OFF": "exact-cache"},
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            _wait_until_ready(client, process, started + _START_SECONDS)
            client.headers["Authorization"] = "Bearer " + settings_key(settings)
            yield client, process, started
    finally:
        process.terminate()
        process.wait()


def _wait_until_ready(client: httpx.Client, process: subprocess.Popen[bytes], deadline: float) -> None:
    while time.perf_counter() < deadline and process.poll() is None:
        try:
            if client.get("/readyz").status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            time.sleep(0.02)
    raise RuntimeError("the service did not become ready")


def _asked(client: httpx.Client, question: str) -> dict[str, Any]:
    started = time.perf_counter()
    response = client.post("/v1/ask", json={"question": question})
    response.raise_for_status()
    body: dict[str, Any] = response.json()
    return {**body, "round_trip": (time.perf_counter() - started) * 1e3}


def main() -> None:
    """Print every figure as one JSON object."""
    log_to_stderr()
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(data_folder=Path(folder))
        figures = {
            "ingestion": ingestion(settings),
            "controls": control_costs(settings, sample_questions(QUESTIONS)),
            "serving": serving(settings),
        }
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
