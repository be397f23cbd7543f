"""The cache in process."""

from concurrent.futures import ThreadPoolExecutor

from service.core.cache import InProcessCache
from tests.fakes import Clock


def test_a_value_is_kept_until_its_time_is_over() -> None:
    """Each value has a time of its own, after which it is gone."""
    clock = Clock()
    cache = InProcessCache(10, clock)
    cache.set("short", b"1", 5)
    cache.set("long", b"2", 50)
    clock.now += 4.9
    assert (cache.get("short"), cache.get("long")) == (b"1", b"2")
    clock.now += 0.2
    assert (cache.get("short"), cache.get("long")) == (None, b"2")


def test_a_full_cache_drops_what_was_not_asked_for_longest() -> None:
    """The number of values is bounded, and what is asked for stays."""
    cache = InProcessCache(3)
    for key in "abc":
        cache.set(key, key.encode(), 60)
    cache.get("a")
    for key in "de":
        cache.set(key, key.encode(), 60)
    assert [key for key in "abcde" if cache.get(key)] == ["a", "d", "e"]


def test_threads_share_the_cache() -> None:
    """Writing from many threads at once neither fails nor goes beyond the bound."""
    cache = InProcessCache(50)

    def use(number: int) -> None:
        for each in range(200):
            cache.set(f"{number}-{each}", b"value", 60)
            cache.get(f"{number}-{each - 3}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(use, range(8)))
    assert sum(cache.get(f"{number}-{each}") is not None for number in range(8) for each in range(200)) == 50
