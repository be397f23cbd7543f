"""How long a model's sentence waits from its last token to its release, checked: `python -m eval.stream_delay DATA`.

Asks the questions of the sample suite of a simulated model at the pace of a small one, in this process, one after the
other. The answers themselves are not scored.
"""

import argparse
import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from eval.bench import sample_questions
from eval.percentiles import figure
from eval.provenance import commit, machine
from service.bootstrap import open_app
from service.core.answers import Answer, Question, local_caller
from service.core.app import App
from service.core.settings import load_settings
from service.rag import pipeline

MODEL = "sim:ttft50-itl10-len120"
QUESTIONS = 200


async def delays(app: App, questions: list[str]) -> dict[str, Any]:
    """Milliseconds by what was waited for: a sentence's release, its check, the first token."""
    waits: dict[str, list[float]] = {"sentence_delay": [], "check": [], "first_token": []}
    for text in questions:
        asker = local_caller(app.settings.tenant)
        answer: Answer = await pipeline.answer(app, Question(text, asker))
        if "first_token" in answer.timings_ms:
            waits["first_token"].append(answer.timings_ms["first_token"])
        for span in app.telemetry.traces.seen_by(asker, answer.trace_id).spans:
            if span.name == "ragready.check":
                waits["check"].append(span.ms)
            for event in span.events:
                if event.attributes.get("ragready.wait") == "sentence_delay":
                    waits["sentence_delay"].append(float(str(event.attributes["ragready.wait.ms"])))
    return {name: asdict(figure(values)) for name, values in waits.items() if values}


def main() -> None:
    """Measure on a data folder that holds the sample corpus, and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default=MODEL)
    given = parser.parse_args()
    off = frozenset({"exact-cache"})
    settings = load_settings(data_folder=given.data, model=given.model, controls_off=off, traces_kept=1)
    with open_app(settings, holder="eval.stream_delay") as app:
        found = asyncio.run(delays(app, sample_questions(QUESTIONS)))
    report = {"model": given.model, "commit": commit(), "machine": machine(), "ms": found}
    sys.stdout.write(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
