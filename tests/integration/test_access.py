"""Planted facts asked by every kind of caller, on real stores and the real encoder."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import redis

from eval.servers import Server
from service.bootstrap import open_app
from service.core.app import App
from service.core.settings import Settings, load_settings
from tests.planted import FACTS, plant, walk


class WatchedCache:
    """The application's own cache, and a copy of everything that was ever put into it."""

    blocks = False

    def __init__(self, app: App) -> None:
        self._cache = app.cache
        self.stored: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        return self._cache.get(key)

    def set(self, key: str, value: bytes, ttl_seconds: int) -> None:
        self.stored[key] = value
        self._cache.set(key, value, ttl_seconds)

    def ping(self) -> None:
        self._cache.ping()

    def close(self) -> None:
        self._cache.close()


@contextmanager
def planted(settings: Settings, folder: Path, **changes: object) -> Iterator[App]:
    """An App whose stores hold the facts; it answers however weak the evidence, and to any number of requests."""
    settings = settings.model_copy(update={"evidence_threshold": 0.0, "requests_per_minute": 10**6, **changes})
    with open_app(settings, holder="a test", writes=True) as app:
        plant(app, folder)
        yield app


def test_no_fact_reaches_who_may_not_read_it(settings: Settings, tmp_path: Path) -> None:
    """Through answers, citations, hits, errors, lists, documents, traces, metrics, cached answers and keys: no leak."""
    with planted(settings, tmp_path) as app:
        cache = WatchedCache(app)
        walked = walk(replace(app, cache=cache), lambda: cache.stored)
    assert walked.leaks == ()
    assert walked.found == set(FACTS)
    assert cache.stored


def test_one_shared_collection_leaks(settings: Settings, tmp_path: Path) -> None:
    """The same walk with the control `access` off finds facts of other groups and of the other tenant: it can fail."""
    with planted(settings, tmp_path, controls_off=frozenset({"access"})) as app:
        leaks = walk(app).leaks
    words = {leak.word for leak in leaks if leak.asker == "north: reader"}
    staff, other = (
        next(each for each in FACTS if each.space == "staff" and each.tenant == at) for at in ("north", "south")
    )
    assert {*staff.words, *other.words} <= words
    assert {leak.where for leak in leaks} == {
        f"{tenant} ask {spaces} {strategy}"
        for tenant in ("north", "south")
        for spaces, strategy in (
            (None, "hybrid"),
            (None, "naive"),
            *((([each, "lobby"]), "hybrid") for each in ("lobby", "staff", "vault")),
        )
    }


def test_no_fact_leaks_through_servers(
    tmp_path: Path, encoder_folder: Path, database_url: str, chroma: Server, redis_server: Server
) -> None:
    """The same walk on PostgreSQL, a Chroma server and Redis, whose every key and value is looked through."""
    settings = load_settings(
        data_folder=tmp_path / "data",
        encoder_folder=encoder_folder.parent,
        database_url=database_url,
        chroma_url=f"http://127.0.0.1:{chroma.port}",
        redis_url=f"redis://127.0.0.1:{redis_server.port}",
    )

    def stored() -> Mapping[str, bytes]:
        with redis.Redis(port=redis_server.port) as client:
            return {key.decode(): client.get(key) if client.type(key) == b"string" else b"" for key in client.keys("*")}

    with planted(settings, tmp_path) as app:
        walked = walk(app, stored)
        assert any(value for value in stored().values())
    assert walked.leaks == ()
    assert walked.found == set(FACTS)
