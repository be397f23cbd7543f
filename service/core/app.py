"""The frozen bundle that bootstrap makes and every part is handed: settings, stores, encoder, telemetry."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from service.core.embedder import Encoder
from service.core.records import Records
from service.core.settings import Settings
from service.core.telemetry import Telemetry
from service.core.vectors import VectorIndex

# Raises when a dependency does not answer.
Ping: TypeAlias = Callable[[], object]


@dataclass(frozen=True)
class App:
    """What a question and an ingestion run need. Tests put fakes in it."""

    settings: Settings
    records: Records
    vectors: VectorIndex
    encoder: Encoder
    telemetry: Telemetry
    dependencies: Mapping[str, Ping]
