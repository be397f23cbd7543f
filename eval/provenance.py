"""What a figure depends on: code, corpus, index, settings, model, prompts, machine, packages. Secrets are left out."""

import hashlib
import json
import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

from service.core.app import App
from service.core.settings import Settings

ROOT = Path(__file__).parent.parent
_PACKAGES = ("chromadb", "langchain", "langchain-chroma", "numpy", "onnxruntime", "ragas", "scipy", "tokenizers")
_ASIDE = frozenset({"__pycache__", "baselines"})
# Where things are kept and how the service listens; everything else may change an answer.
_NOT_ANSWER_CHANGING = frozenset(
    (
        *("environment", "data_folder", "encoder_folder", "chroma_url", "tenant", "host", "port", "max_body_bytes"),
        *("requests_per_minute", "otlp_endpoint", "otlp_timeout_seconds", "trace_content", "traces_kept"),
        *("cache_ttl_seconds", "cache_entries", "cache_timeout_seconds"),
        *("encoder_threads", "lock_wait_seconds", "store_timeout_seconds"),
        *("parser_process", "parser_seconds", "parser_memory_mebibytes"),
        *("uploads_url", "max_upload_mebibytes", "max_upload_files", "jobs_at_once", "job_attempts"),
        *("fetch_private_addresses", "fetch_timeout_seconds", "fetch_interval_seconds", "fetch_fresh_seconds"),
        *("fetch_max_urls", "fetch_redirects"),
        "judge_url",
    )
)


ANSWER_SETTINGS = tuple(
    name
    for name, each in sorted(Settings.model_fields.items())
    if name not in _NOT_ANSWER_CHANGING and "SecretStr" not in str(each.annotation)
)
"""Names of the settings that may change an answer; no secret is among them."""


def fingerprint(value: object) -> str:
    """Twelve hexadecimal digits of anything that JSON can write."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:12]


def commit() -> str | None:
    """The commit of the code that runs, None where it is in no repository."""
    return _git("rev-parse", "--short=12", "HEAD")


def dirty() -> bool | None:
    """Whether files differ from the commit, untracked ones included; None where there is no repository."""
    changed = _git("status", "--porcelain")
    return None if changed is None else bool(changed)


def code_fingerprint() -> str:
    """Identity of the files that answer, ingest and score, whether they are in a commit or not."""
    files = [path for room in ("service", "ingestion", "eval") for path in (ROOT / room).rglob("*") if path.is_file()]
    kept = [path for path in sorted(files) if not _ASIDE & set(path.relative_to(ROOT).parts)]
    return fingerprint([[str(path.relative_to(ROOT)), hashlib.sha256(path.read_bytes()).hexdigest()] for path in kept])


def machine() -> dict[str, Any]:
    """Processor, cores, system and Python; no name of a host or person."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def packages() -> dict[str, str]:
    """Versions of the packages that scores depend on, as far as they are installed."""
    installed = {each.name.lower(): each.version for each in metadata.distributions() if each.name}
    return {name: installed[name] for name in _PACKAGES if name in installed}


def answer_settings(settings: Settings) -> dict[str, Any]:
    """The settings that may change an answer, controls that are off among them, as plain values."""
    return {name: _plain(getattr(settings, name)) for name in ANSWER_SETTINGS}


def corpus_fingerprint(folder: Path) -> str:
    """Identity of every file in the spaces of a corpus folder, by path and content; not of who may read them."""
    files = sorted(path for path in folder.glob("[!.]*/**/*") if path.is_file())
    return fingerprint(
        [[str(path.relative_to(folder)), hashlib.sha256(path.read_bytes()).hexdigest()] for path in files]
    )


def index_fingerprint(app: App) -> str:
    """Identity of every chunk that questions are answered from, and of the encoder that embedded it."""
    tenant = app.settings.tenant
    spaces = app.records.spaces(tenant)
    return fingerprint(
        [[each.name, each.recipe.fingerprint, sorted(app.records.chunk_ids(each.index))] for each in spaces]
    )


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else value


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603  # fixed arguments
            ["git", "-C", str(ROOT), *arguments],  # noqa: S607  # git is where PATH says
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
