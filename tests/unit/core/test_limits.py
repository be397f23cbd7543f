"""How often one key may ask, counted in process."""

from service.core.limits import Allowance, InProcessLimiter
from tests.processes import wait_until


def test_a_caller_is_refused_above_the_limit() -> None:
    """The request after the last allowed one is refused, and told when the next one is taken."""
    limiter = InProcessLimiter(3)
    assert [limiter.take("a") for _ in range(3)] == [Allowance(True, 0)] * 3
    refused = limiter.take("a")
    assert (refused.allowed, refused.shared) == (False, True)
    assert 58 <= refused.retry_after_seconds <= 60


def test_callers_do_not_use_up_each_others_requests() -> None:
    """The limit is each caller's own."""
    limiter = InProcessLimiter(1)
    assert [limiter.take(each).allowed for each in ("a", "b", "a", "b")] == [True, True, False, False]


def test_refused_requests_are_not_counted() -> None:
    """Asking in vain does not put the next allowed request off; it is taken when the window has moved on."""
    limiter = InProcessLimiter(1, window_seconds=1)
    assert limiter.take("a").allowed
    assert limiter.take("a").retry_after_seconds == 1
    wait_until(lambda: limiter.take("a").allowed, 2)
