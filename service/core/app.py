"""The frozen bundle that bootstrap makes and every part is handed: settings, stores, models, telemetry."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from service.core.cache import Cache
from service.core.chat import ChatModel
from service.core.embedder import Encoder
from service.core.encoders import Encoders
from service.core.entailment import Entailment
from service.core.errors import EncoderMismatch
from service.core.injection import Detect, commands
from service.core.limits import Limiter
from service.core.personal import PersonalData
from service.core.records import Records
from service.core.reranker import Reranker
from service.core.settings import Settings
from service.core.telemetry import Telemetry
from service.core.types import IndexRecipe, Space
from service.core.uploads import UploadStore
from service.core.vectors import VectorIndex

# Raises when a dependency does not answer.
Ping: TypeAlias = Callable[[], object]


@dataclass(frozen=True)
class App:
    """What a question and an ingestion run need. Tests put fakes in it. `model` None means the extractive reader.

    `encoder` is the configured one; `encoders` opens those of generations that another one made. `asked` holds what is
    being answered at this moment, by event loop and cache key; each event ends with its answer. `explaining`
    holds one object for each answer that is being explained. `detect` finds what
    commands a model, in questions and in documents.
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
    explaining: set[object] = field(default_factory=set)
    encoders: Encoders | None = None
    detect: Detect = commands
    reranker: Reranker | None = None
    entailment: Entailment | None = None
    uploads: UploadStore = field(default_factory=lambda: UploadStore("memory://uploads"))

    @property
    def recipe(self) -> IndexRecipe:
        """What a new index is made with, by the settings."""
        settings = self.settings
        return IndexRecipe(
            settings.encoder, str(self.encoder.fingerprint), settings.splitter, settings.max_chunk_tokens
        )

    def made_with(self, recipe: IndexRecipe) -> "App":
        """This App with the encoder and the splitter of an index. Raises as `encoder_for`."""
        made = {"splitter": recipe.splitter, "max_chunk_tokens": recipe.max_chunk_tokens}
        return replace(self, encoder=self.encoder_for(recipe), settings=self.settings.model_copy(update=made))

    def encoder_for(self, recipe: IndexRecipe, whose: str = "An index") -> Encoder:
        """The encoder that an index was made with. Raises EncoderMismatch, EncoderMissing.

        `whose` begins the sentence that says what was embedded otherwise.
        """
        encoder = self.encoder
        if recipe.fingerprint != str(encoder.fingerprint) and self.encoders is not None and recipe.encoder:
            encoder = self.encoders.named(recipe.encoder)
        if recipe.fingerprint != str(encoder.fingerprint):
            raise EncoderMismatch(
                f"{whose} was embedded with {recipe.fingerprint}, and the encoder at hand is {encoder.fingerprint}.",
                "Run `ragready reindex` to embed it anew, or set RAGREADY_ENCODER back.",
            )
        return encoder

    def encoder_of(self, spaces: Sequence[Space]) -> Encoder:
        """The encoder that reads the questions to these spaces. Raises EncoderMismatch when they need several."""
        made = {space.recipe.fingerprint: space for space in spaces}
        if len(made) > 1:
            first, second = list(made.values())[:2]
            raise EncoderMismatch(
                f"Spaces {first.name!r} and {second.name!r} were embedded with different encoders.",
                "Run `ragready reindex`: it embeds every space with one.",
            )
        return self.encoder_for(spaces[0].recipe, f"Space {spaces[0].name!r}") if spaces else self.encoder
