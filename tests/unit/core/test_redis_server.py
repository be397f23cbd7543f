"""Calls to a Redis server that fails: bounded in time, and left alone for a while. No server runs here."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
import redis

from service.core.errors import CacheUnavailable, InvalidSettings
from service.core.redis_server import PAUSE_SECONDS, RedisServer
from tests.fakes import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[RedisServer]:
    made = RedisServer("redis://someone:hidden@127.0.0.1:1/3", 0.05, clock)
    yield made
    made.close()


def gone() -> None:
    raise redis.ConnectionError("gone")


def failure(server: RedisServer, function: Callable[[], object]) -> CacheUnavailable:
    with pytest.raises(CacheUnavailable) as caught:
        server.call(function)
    return caught.value


@pytest.mark.parametrize(
    "error", [redis.ConnectionError("x"), redis.TimeoutError("x"), ValueError("x"), RecursionError("x")]
)
def test_every_failure_is_the_same_error(server: RedisServer, error: Exception) -> None:
    """Whatever the client raises becomes CacheUnavailable, which names the kind of failure and the server."""

    def fails() -> None:
        raise error

    raised = failure(server, fails)
    assert type(error).__name__ in raised.detail
    assert "redis://127.0.0.1:1/3" in raised.detail


def test_no_password_and_no_address_is_told(server: RedisServer) -> None:
    """The password stands nowhere in the error, and the server's address not in what an asker sees."""
    raised = failure(server, gone)
    assert "hidden" not in f"{raised} {raised.reason}"
    assert "someone" not in f"{raised} {raised.reason}"
    assert raised.reason == "redis does not answer: ConnectionError"


def test_a_call_that_hangs_ends_in_time(server: RedisServer) -> None:
    """The caller gets on after the timeout, whatever the call still does."""
    release = threading.Event()
    started = time.perf_counter()
    assert "TimeoutError" in failure(server, lambda: release.wait(60)).detail
    assert time.perf_counter() - started < 30
    release.set()


def test_calls_that_hang_do_not_use_up_the_callers(server: RedisServer, clock: Clock) -> None:
    """With every thread of its own hanging, a call still ends in time."""
    release = threading.Event()
    for _ in range(20):
        clock.now += 2 * PAUSE_SECONDS
        failure(server, lambda: release.wait(60))
    started = time.perf_counter()
    clock.now += 2 * PAUSE_SECONDS
    failure(server, lambda: release.wait(60))
    assert time.perf_counter() - started < 30
    release.set()


def test_after_a_failure_the_server_is_left_alone(server: RedisServer, clock: Clock) -> None:
    """For a second no call is made; the error says why."""
    failure(server, gone)
    clock.now += PAUSE_SECONDS - 0.01
    raised = failure(server, lambda: pytest.fail("must not be called"))
    assert raised.reason == "redis is left alone for a moment after: ConnectionError"
    clock.now += 0.02
    assert server.call(lambda: 7) == 7
    assert server.call(lambda: 8) == 8


def test_after_the_pause_one_call_tries(server: RedisServer, clock: Clock) -> None:
    """While one call finds out whether the server is back, the others do not wait for it."""
    failure(server, gone)
    clock.now += 2 * PAUSE_SECONDS

    def tries() -> str:
        assert "left alone" in failure(server, lambda: pytest.fail("must not be called")).reason
        return "back"

    assert server.call(tries) == "back"


def test_a_try_that_fails_starts_another_pause(server: RedisServer, clock: Clock) -> None:
    """A server that stays dead costs one call a second, not each."""
    failure(server, gone)
    tried = 0

    def counts() -> None:
        nonlocal tried
        tried += 1
        gone()

    for _ in range(100):
        clock.now += 0.1
        failure(server, counts)
    assert 8 <= tried <= 10


def test_a_server_that_says_no_is_asked_again(server: RedisServer) -> None:
    """A full or read-only server answers at once, and may still be read: it is not left alone."""

    def full() -> None:
        raise redis.OutOfMemoryError("command not allowed when used memory > 'maxmemory'")

    assert failure(server, full).reason == "redis refuses: OutOfMemoryError"
    assert server.call(lambda: 7) == 7


@pytest.mark.parametrize("url", ["http://host/0", "redis://host:port/0", "redis", "redis://:pass@[::1/0"])
def test_a_url_of_something_else_is_refused(url: str) -> None:
    """What is no Redis URL stops the start, without repeating what may be a password."""
    with pytest.raises(InvalidSettings) as caught:
        RedisServer(url, 1.0)
    assert "RAGREADY_REDIS_URL" in caught.value.detail
    assert "pass@" not in str(caught.value)
