"""The exact cache and the limit of questions in a real Redis, and what becomes of a question when that fails."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import redis

from eval.servers import Server, free_port
from ingestion import pipeline as ingestion
from service.bootstrap import open_app
from service.core.answers import Answer, Question, local_caller
from service.core.app import App
from service.core.cache import PREFIX, RedisCache
from service.core.errors import CacheUnavailable
from service.core.limits import RedisLimiter
from service.core.redis_server import PAUSE_SECONDS, RedisServer
from service.core.settings import Settings
from service.core.telemetry import Telemetry
from service.rag import pipeline
from service.rag.why import explained
from tests.corpus import QUESTION, WORDS, write_corpus
from tests.processes import Ragready, wait_until

TIMEOUT_SECONDS = 0.2
PASSWORD = "hidden-in-the-address"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, encoder_folder: Path) -> Iterator[App]:
    """The small corpus under the real encoder."""
    folder = tmp_path_factory.mktemp("redis")
    settings = Settings(data_folder=folder / "data", encoder_folder=encoder_folder.parent, _env_file=None)
    with open_app(settings, holder="a test", writes=True) as app:
        ingestion.run(app, [write_corpus(folder / "help")], "public")
        yield app


@pytest.fixture
def replica(filled: App) -> Iterator[Callable[..., App]]:
    """An App with cache, metrics and switches of its own on the same records and vectors."""
    servers = []

    def make(url: str, *controls_off: str) -> App:
        servers.append(RedisServer(url, TIMEOUT_SECONDS))
        settings = filled.settings.model_copy(update={"controls_off": frozenset(controls_off)})
        cache = RedisCache(servers[-1])
        return replace(filled, settings=settings, cache=cache, telemetry=Telemetry(), asked={})

    yield make
    for each in servers:
        each.close()


@pytest.fixture
def address(redis_server: Server) -> str:
    return f"redis://127.0.0.1:{redis_server.port}/0"


@pytest.fixture
def client(redis_server: Server) -> Iterator[redis.Redis]:
    with redis.Redis(port=redis_server.port) as opened:
        yield opened


def ask(app: App, text: str = QUESTION) -> Answer:
    return asyncio.run(pipeline.answer(app, Question(text, local_caller("default"))))


def decisions(answer: Answer) -> list[str]:
    return [each.decision for each in answer.controls if each.name == "exact-cache"]


def counted(app: App, outcome: str) -> float:
    return app.telemetry.registry.get_sample_value("ragready_cache_total", {"outcome": outcome}) or 0.0


def kept(client: redis.Redis) -> list[bytes]:
    """The keys of answers; what explains them lies beside them."""
    return [each for each in client.keys(f"{PREFIX}*") if b":why:" not in each]


# While Redis answers


def test_replicas_share_answers(replica: Callable[..., App], address: str, client: redis.Redis) -> None:
    """What one replica answered, another serves; it stays as long as the settings say, under a key without words."""
    first, second = replica(address), replica(address)
    made, served = ask(first), ask(second)
    assert (decisions(made), decisions(served)) == (["miss"], ["hit"])
    assert (made.text, made.citations) == (served.text, served.citations)
    assert made.degraded == served.degraded == ()
    [key] = kept(client)
    assert client.ttl(key) == pytest.approx(first.settings.cache_ttl_seconds, abs=5)
    assert b"battery" not in key.lower()


def test_what_one_replica_answered_another_explains(
    replica: Callable[..., App], address: str, client: redis.Redis
) -> None:
    """What explains an answer is in Redis too, for the time of its own setting."""
    first, second = replica(address), replica(address)
    made = ask(first)
    why = asyncio.run(explained(second, local_caller("default"), made.id))
    assert why.repeats
    assert [each.necessary for each in why.sources if each.cited] == [True]
    seconds = client.ttl(f"{PREFIX}why:{made.id}")
    assert seconds == pytest.approx(first.settings.why_kept_seconds, abs=60)


def test_services_share_answers_and_limits(ragready: Ragready, address: str, tmp_path: Path) -> None:
    """Two processes on one Redis: the second serves what the first answered, and both count the same requests."""
    assert ragready("ingest", write_corpus(tmp_path / "help"), "--space", "public").code == 0
    with (
        ragready.up(read_only=True, redis_url=address, requests_per_minute=2) as first,
        ragready.up(read_only=True, redis_url=address, requests_per_minute=2) as second,
    ):
        answers = [service.ask(QUESTION) for service in (first, second, first)]
        assert [each.status_code for each in answers] == [200, 200, 429]
        assert answers[0].json()["answer"] == answers[1].json()["answer"]
        assert 'ragready_cache_total{outcome="hit"} 1.0' in second.stranger.get("/metrics").text


def test_a_server_killed_between_two_questions(replica: Callable[..., App], redis_server: Server, address: str) -> None:
    """The next question is answered without the cache and says so, and once Redis is back answers are kept again."""
    app = replica(address)
    assert WORDS in ask(app).text
    redis_server.kill()
    gone = ask(app)
    assert WORDS in gone.text
    assert (gone.degraded, decisions(gone)) == (("cache",), ["could-not-check"])
    assert "redis does not answer: ConnectionError" in {each.reason for each in gone.controls}
    redis_server.start()
    wait_until(lambda: ask(app).degraded == (), 10 * PAUSE_SECONDS)
    assert decisions(ask(app)) == ["hit"]


def test_a_server_killed_while_an_answer_is_made(
    replica: Callable[..., App], redis_server: Server, address: str
) -> None:
    """An answer that cannot be kept any more is given all the same, marked."""
    app = replica(address)

    class Killing:
        def embed_query(self, question: str):
            redis_server.kill()
            return app.encoder.embed_query(question)

        def __getattr__(self, name: str):
            return getattr(app.encoder, name)

    answer = ask(replace(app, encoder=Killing()))
    assert WORDS in answer.text
    assert (answer.degraded, decisions(answer)) == (("cache",), ["miss", "could-not-check"])


def test_a_value_that_is_no_answer(replica: Callable[..., App], address: str, client: redis.Redis) -> None:
    """Garbage under the key, and a value of another type, are failures of the cache and never an answer."""
    app = replica(address)
    ask(app)
    [key] = kept(client)
    for spoil in (lambda: client.set(key, b"\x80garbage"), lambda: (client.delete(key), client.lpush(key, b"x"))):
        spoil()
        answer = ask(app)
        assert WORDS in answer.text
        assert (answer.degraded, decisions(answer)) == (("cache",), ["could-not-check"])
    assert counted(app, "failed") == 2


# Servers that fail, each in its own way: the address of one


@contextmanager
def full(server: Server) -> Iterator[str]:
    with redis.Redis(port=server.port) as client:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", 1)
    yield f"redis://127.0.0.1:{server.port}/0"


@contextmanager
def read_only(server: Server) -> Iterator[str]:
    with redis.Redis(port=server.port) as client:
        client.replicaof("127.0.0.1", free_port())
    yield f"redis://127.0.0.1:{server.port}/0"


@contextmanager
def not_allowed(server: Server) -> Iterator[str]:
    with redis.Redis(port=server.port) as client:
        client.execute_command("ACL", "SETUSER", "looker", "on", f">{PASSWORD}", "~*", "+get", "+ping")
    yield f"redis://looker:{PASSWORD}@127.0.0.1:{server.port}/0"


@contextmanager
def wrong_password(server: Server) -> Iterator[str]:
    with redis.Redis(port=server.port) as client:
        client.config_set("requirepass", "another-one")
    yield f"redis://:{PASSWORD}@127.0.0.1:{server.port}/0"


@contextmanager
def gone(server: Server) -> Iterator[str]:
    server.kill()
    yield f"redis://127.0.0.1:{server.port}/0"


@contextmanager
def no_such_host(_: Server) -> Iterator[str]:
    yield "redis://no-such-host.invalid:6379/0"


def answering(reply: Callable[[socket.socket], object]) -> Callable[[Server], AbstractContextManager[str]]:
    """A server that is no Redis: does `reply` with each connection."""

    @contextmanager
    def listen(_: Server) -> Iterator[str]:
        stopped = threading.Event()

        def serve(connection: socket.socket) -> None:
            with connection:
                try:
                    while connection.recv(65_536) and not stopped.is_set():
                        reply(connection)
                except OSError:
                    return  # the client hung up, as it should

        def accept() -> None:
            while not stopped.is_set():
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return  # the test is over
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = threading.Thread(target=accept, daemon=True)
            thread.start()
            yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
            stopped.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)

    return listen


def silent(_: socket.socket) -> None:
    """Reads, and never answers."""


def dripping(connection: socket.socket) -> None:
    """One byte at a time, each within the socket's timeout, for far longer than a question may wait."""
    connection.sendall(b"$1000000\r\n")
    for _ in range(200):
        connection.sendall(b"x")
        time.sleep(TIMEOUT_SECONDS / 4)


def sending(reply: bytes) -> Callable[[socket.socket], object]:
    return lambda connection: connection.sendall(reply)


FAILURES = {
    "full": full,
    "read-only": read_only,
    "not allowed to write": not_allowed,
    "wrong password": wrong_password,
    "gone": gone,
    "no such host": no_such_host,
    "never answers": answering(silent),
    "one byte at a time": answering(dripping),
    "another protocol": answering(sending(b"HTTP/1.1 400 Bad Request\r\n\r\n")),
    "random bytes": answering(sending(b"\x00\xff\xfe\r\n\x80")),
    "a length that is no number": answering(sending(b"$many\r\n")),
    "lists in lists": answering(sending(b"*1\r\n" * 5_000)),
    "a number": answering(sending(b":7\r\n")),
    "another word": answering(sending(b"+HELLO\r\n")),
    "nothing kept, nothing stored": answering(sending(b"$-1\r\n")),
    "half an answer": answering(lambda each: (each.sendall(b"$500\r\n{"), each.shutdown(socket.SHUT_RDWR))),
}


@pytest.mark.parametrize("failing", FAILURES.values(), ids=FAILURES)
def test_a_redis_that_fails_costs_no_question(
    failing, replica: Callable[..., App], redis_server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    """However Redis fails: every question is answered in time, marked, counted and not served from the cache later.

    No password and no address stands in the answer, and no password in the log.
    """
    with failing(redis_server) as url:
        app = replica(url)
        for number in range(1, 3):
            started = time.perf_counter()
            answer = ask(app)
            assert time.perf_counter() - started < 10
            assert WORDS in answer.text
            assert answer.degraded == ("cache",)
            assert decisions(answer)[-1] == "could-not-check"
            assert "127.0.0.1" not in str(answer.controls)
            assert PASSWORD not in f"{answer} {capsys.readouterr()}"
            assert (counted(app, "failed"), counted(app, "stored"), counted(app, "hit")) == (number, 0, 0)


@pytest.mark.parametrize("failing", FAILURES.values(), ids=FAILURES)
def test_without_fault_isolation_it_fails_the_question(
    failing, replica: Callable[..., App], redis_server: Server
) -> None:
    """With the control off the question fails in time, naming the server without its password."""
    with failing(redis_server) as url:
        started = time.perf_counter()
        with pytest.raises(CacheUnavailable) as caught:
            ask(replica(url, "fault-isolation"))
        assert time.perf_counter() - started < 10
        assert PASSWORD not in str(caught.value)


def test_a_dead_redis_does_not_cost_each_question_the_timeout(
    replica: Callable[..., App], redis_server: Server
) -> None:
    """After a failure the cache is left alone: of ten questions in a row one waits, and each says it is degraded."""
    with answering(silent)(redis_server) as url:
        app = replica(url)
        waited = [ask(app).timings_ms["cache"] > TIMEOUT_SECONDS * 900 for _ in range(10)]
        assert sum(waited) <= 2
        assert waited[0]
        assert "left alone" in str(ask(app).controls)
        assert counted(app, "failed") == 11


# Limits


def test_replicas_count_the_same_requests(address: str) -> None:
    """The limit holds over all processes that share a Redis."""
    servers = [RedisServer(address, TIMEOUT_SECONDS) for _ in range(2)]
    limiters = [RedisLimiter(each, 3) for each in servers]
    taken = [limiters[number % 2].take("a/b") for number in range(4)]
    assert [each.allowed for each in taken] == [True, True, True, False]
    assert 58 <= taken[-1].retry_after_seconds <= 60
    assert all(each.shared for each in taken)
    for each in servers:
        each.close()


@pytest.mark.parametrize("name", ["full", "read-only", "gone", "never answers", "another protocol", "wrong password"])
def test_a_redis_that_fails_does_not_lift_the_limit(name: str, redis_server: Server) -> None:
    """Without Redis each process counts alone and says so: the limit still holds, and nobody waits for long."""
    with FAILURES[name](redis_server) as url:
        server = RedisServer(url, TIMEOUT_SECONDS)
        limiter = RedisLimiter(server, 3)
        started = time.perf_counter()
        taken = [limiter.take("a/b") for _ in range(4)]
        assert time.perf_counter() - started < 10
        assert [each.allowed for each in taken] == [True, True, True, False]
        assert not any(each.shared for each in taken)
        server.close()
