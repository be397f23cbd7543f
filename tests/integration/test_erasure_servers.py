"""Erasure on PostgreSQL, a Chroma server and Redis, checked by asking each server and by the files behind them."""

from collections.abc import Iterator
from pathlib import Path

import chromadb
import pytest
import redis
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from eval.servers import Server
from tests.processes import Ragready

PERSON = "Mila Jørgensen"
PLANTED = ("Quarzlingen", "marzipan gloves", "zyxquarvel")
PAGES = {
    "mila.md": (
        "# Staff of the Quarzlingen plant\n\nThe bicycle mechanic Mila Jørgensen works in hall four and answers on "
        "Thursdays only. She likes marzipan gloves.\n"
    ),
    "hall.md": "# Hall four\n\nHall four is heated from October to March. MILA JOERGENSEN keeps the key zyxquarvel.\n",
    "boats.md": "# Boats\n\nThe ferry to the island leaves at nine and at noon from the eastern pier.\n",
}
QUESTION = "Who keeps the key of hall four?"


@pytest.fixture
def settings(database_url: str, chroma: Server, redis_server: Server) -> dict[str, object]:
    """Every store in a server."""
    return {
        "database_url": database_url,
        "chroma_url": f"http://127.0.0.1:{chroma.port}",
        "redis_url": f"redis://127.0.0.1:{redis_server.port}/0",
    }


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Three pages, of which two mention the person."""
    folder = tmp_path / "team"
    folder.mkdir()
    for name, page in PAGES.items():
        (folder / name).write_text(page, encoding="utf-8")
    return folder


def in_tables(database_url: str) -> set[str]:
    """Planted words in any row of any table, as PostgreSQL writes rows."""
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"), poolclass=NullPool)
    with engine.connect() as connection:
        tables = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars().all()
        rows = [
            row
            for table in tables
            for row in connection.execute(text(f'SELECT CAST(t AS TEXT) FROM "{table}" AS t')).scalars()
        ]
    return {word for word in PLANTED if any(word in row for row in rows)}


def in_redis(server: Server) -> set[str]:
    """Planted words in any value."""
    with redis.Redis(port=server.port) as client:
        values = [client.get(key) or b"" for key in client.scan_iter() if client.type(key) == b"string"]
    return {word for word in PLANTED if any(word.encode() in value for value in values)}


def in_data_files(database_url: str, postgres: object) -> set[str]:
    """Planted words in the files of the database's tables; the write-ahead log is elsewhere."""
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"), poolclass=NullPool)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CHECKPOINT"))
        oid = connection.execute(text("SELECT oid FROM pg_database WHERE datname = current_database()")).scalar()
    folder = Path(str(postgres.pgdata)) / "base" / str(oid)
    data = [file.read_bytes() for file in folder.iterdir() if file.is_file()]
    return {word for word in PLANTED if any(word.encode() in each for each in data)}


def ids_in_chroma(server: Server) -> set[str]:
    """Every id in every collection."""
    client = chromadb.HttpClient(host="127.0.0.1", port=server.port)
    return {
        each for one in client.list_collections() for each in client.get_collection(one.name).get(include=[])["ids"]
    }


def state(body: dict[str, object], store: str) -> dict[str, object]:
    """What a receipt says of a store."""
    return next(each for each in body["receipt"]["stores"] if each["store"] == store)


@pytest.fixture
def service_cache(ragready: Ragready, settings: dict[str, object], corpus: Path) -> Iterator[None]:
    """The pages ingested, and an answer that quotes one of them kept in Redis by a service."""
    assert ragready("ingest", corpus, "--space", "team", **settings).code == 0
    with ragready.up(**settings) as service:
        assert "zyxquarvel" in service.ask(QUESTION).json()["answer"]
        yield


@pytest.mark.usefixtures("service_cache")
def test_nothing_is_left_in_the_servers(
    ragready: Ragready, settings: dict[str, object], chroma: Server, redis_server: Server, postgres: object
) -> None:
    """Tables, postings, vectors and kept answers lose the person beside a running service, which answers on."""
    url = str(settings["database_url"])
    assert in_tables(url) == set(PLANTED)
    assert "zyxquarvel" in in_redis(redis_server)
    assert in_data_files(url, postgres) == set(PLANTED)
    before = ids_in_chroma(chroma)
    done = ragready("erase", "person", PERSON, "--rewrite-tables", **settings)
    assert done.code == 0, done.stdout
    assert in_tables(url) == set()
    assert in_redis(redis_server) == set()
    assert in_data_files(url, postgres) == set()
    assert len(before) - len(ids_in_chroma(chroma)) == done.body["receipt"]["chunks"] == 2
    for store in ("records", "lexical", "vectors", "cache"):
        found = state(done.body, store)
        assert found["state"] == "searched"
        assert found["found"] == found["removed"] > 0
    for store in ("other processes", "files of servers"):
        assert state(done.body, store)["state"] == "could not check"
        assert state(done.body, store)["says"]
    answer = ragready("ask", QUESTION, **settings).body
    assert "zyxquarvel" not in str(answer)
    assert "eastern pier" in ragready("ask", "When does the ferry leave?", **settings).body["answer"]


def test_redis_that_is_gone_could_not_be_checked(
    ragready: Ragready, settings: dict[str, object], corpus: Path, redis_server: Server
) -> None:
    """A cache that does not answer stops no erasure, and is not called clean."""
    assert ragready.within("ingest", corpus, "--space", "team", **settings).code == 0
    redis_server.kill()
    done = ragready.within("erase", "person", PERSON, **settings)
    assert done.code == 0
    assert state(done.body, "cache")["state"] == "could not check"
    assert in_tables(str(settings["database_url"])) == set()


def test_chroma_that_is_gone_stops_the_erasure(
    ragready: Ragready, settings: dict[str, object], corpus: Path, chroma: Server
) -> None:
    """Without the index nothing is proved: no receipt is made, and the same command finishes once it is back."""
    assert ragready.within("ingest", corpus, "--space", "team", **settings).code == 0
    chroma.kill()
    assert ragready.within("erase", "person", PERSON, **settings).error["code"] == "index-unavailable"
    assert ragready.within("receipts", "list", **settings).body["receipts"] == []
    chroma.start()
    done = ragready.within("erase", "person", PERSON, **settings)
    assert done.body["receipt"]["complete"] is True
    assert len(ids_in_chroma(chroma)) == 1
