"""The frozen bundle that bootstrap makes and every part is handed: settings, stores, models, telemetry."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from service.core.cache import Cache
from service.core.chat import ChatModel
from service.core.embedder import Encoder
from service.core.limits import Limiter
from service.core.personal import PersonalData
from service.core.records import Records
from service.core.settings import Settings
from service.core.telemetry import Telemetry
from service.core.vectors import VectorIndex

# Raises when a dependency does not answer.
Ping: TypeAlias = Callable[[], object]


@dataclass(frozen=True)
class App:
    """What a question and an ingestion run need. Tests put fakes in it. `model` None means the extractive reader.

    `asked` holds what is being answered at this moment, by event loop and cache key; each event ends with its answer.
    """

    settings: Settings
    records: Records
    vectors: VectorIndex
    encoder: Encoder
    telemetry: Telemetry
    cache: Cache
    limiter: Limiter
    personal: PersonalData
    model: ChatModel | None
    dependencies: Mapping[str, Ping]
    asked: dict[tuple[int, str], asyncio.Event] = field(default_factory=dict)
