"""What the controls cost: the same questions with every control on and with every one off, in turns, in one process.

The cache is emptied before each question, so that what it costs is a look-up that misses and a write. A hit is measured
beside it, right after. Absolute times are this machine's; nothing here is a test.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from eval.percentiles import figure
from service.bootstrap import open_app
from service.core.answers import Answer, Question, local_caller
from service.core.app import App
from service.core.cache import InProcessCache
from service.core.controls import CONTROL_NAMES
from service.core.settings import Settings
from service.rag import pipeline

# What rests on HTTP or on ingestion costs nothing here; `hybrid` off searches less, which is no saving of a control.
COMPARED_OFF = frozenset(CONTROL_NAMES) - {"hybrid", "rate-limit", "gate"}


def control_costs(settings: Settings, questions: Sequence[str]) -> dict[str, Any]:
    """Figures in milliseconds over the questions: on, off, their paired difference, each control, a hit beside cold."""
    with open_app(settings, holder="the benchmark") as app:
        rounds = asyncio.run(_rounds(app, questions))
    on, off, hit = (np.asarray(column) for column in zip(*(each[:3] for each in rounds), strict=True))
    decided = [each for *_, answer in rounds for each in answer.controls]
    return {
        "on_ms": asdict(figure(on.tolist())),
        "off_ms": asdict(figure(off.tolist())),
        "difference_ms": asdict(figure((on - off).tolist())),
        "hit_ms": asdict(figure(hit.tolist())),
        "hit_share_of_cold": asdict(figure((hit / on).tolist())),
        "by_control_ms": {
            name: asdict(figure([each.ms for each in decided if each.name == name]))
            for name in dict.fromkeys(each.name for each in decided)
        },
    }


async def _rounds(app: App, questions: Sequence[str]) -> list[tuple[float, float, float, Answer]]:
    """For each question: with the controls, without them, a hit, and the answer that says what each control took."""
    without = replace(app, settings=app.settings.model_copy(update={"controls_off": COMPARED_OFF}))
    for question in questions[:20]:  # to warm up
        await asked(emptied(app), question)
    rounds = []
    for question in questions:
        fresh = emptied(app)
        turns = [fresh, without]
        random.shuffle(turns)
        taken = {id(each): await asked(each, question) for each in turns}
        hit, _ = await asked(fresh, question)
        on, answer = taken[id(fresh)]
        rounds.append((on, taken[id(without)][0], hit, answer))
    return rounds


def emptied(app: App) -> App:
    """The App with an empty cache."""
    return replace(app, cache=InProcessCache(app.settings.cache_entries))


async def asked(app: App, question: str) -> tuple[float, Answer]:
    """Milliseconds that an answer took, and the answer."""
    started = time.perf_counter()
    answer = await pipeline.answer(app, Question(question, local_caller(app.settings.tenant)))
    return (time.perf_counter() - started) * 1e3, answer
