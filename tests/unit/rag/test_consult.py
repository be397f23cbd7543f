"""How often and how long a chat model is asked, and what it is said to have cost."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

import pytest

from service.core.app import App
from service.core.chat import Ended
from service.core.errors import ModelBrokeOff, ModelTimeout, ModelUnavailable
from service.core.telemetry import ModelOutcome
from service.rag import consult
from service.rag.meter import Meter

BUSY = ModelUnavailable("busy", "wait", 0.0)
REFUSES = ModelUnavailable("refused", "mend it")


class Scripted:
    """A model that does one script an attempt: pieces, pauses in seconds, errors; the last one again and again."""

    name, simulated = "test:scripted", False

    def __init__(self, *scripts: Sequence[str | float | Ended | Exception]) -> None:
        self.scripts = scripts
        self.attempts = 0
        self.closed = 0

    async def stream(self, system: str, user: str) -> AsyncGenerator[str | Ended, None]:
        assert system != user
        script = self.scripts[min(self.attempts, len(self.scripts) - 1)]
        self.attempts += 1
        try:
            for each in script:
                if isinstance(each, Exception):
                    raise each
                if isinstance(each, float):
                    await asyncio.sleep(each)
                else:
                    yield each
        finally:
            self.closed += 1


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses between tries are short here."""
    monkeypatch.setattr(consult, "_FIRST_PAUSE_SECONDS", 0.01)


def asked(app: App, model: Scripted, **settings: object) -> tuple[str, Meter]:
    """All that a model writes, and what was counted."""
    app = replace(app, settings=app.settings.model_copy(update=settings))
    meter = Meter(app.settings)

    async def collected() -> str:
        return "".join([piece async for piece in consult.written(app, meter, model, "Rules.", "Is it brass?")])

    return asyncio.run(collected()), meter


def requests(app: App, outcome: ModelOutcome) -> float:
    """How many requests ended so."""
    return app.telemetry.registry.get_sample_value("ragready_model_requests_total", {"outcome": outcome}) or 0.0


def test_a_busy_provider_is_asked_again(fake_app: App) -> None:
    """Before the first token a try that a later one may mend is repeated, and counted."""
    model = Scripted([BUSY], [BUSY], ["It is", " brass."])
    assert asked(fake_app, model)[0] == "It is brass."
    assert (model.attempts, requests(fake_app, "retried"), requests(fake_app, "answered")) == (3, 2, 1)


@pytest.mark.parametrize(
    ("script", "settings", "attempts"),
    [([BUSY], {}, 3), ([BUSY], {"model_retries": 0}, 1), ([REFUSES], {}, 1), (["", BUSY], {"model_retries": 1}, 2)],
)
def test_tries_are_bounded(fake_app: App, script, settings: dict[str, object], attempts: int) -> None:
    """Not more often than the setting says, and not at all where another try is of no use."""
    model = Scripted(script)
    with pytest.raises(ModelUnavailable):
        asked(fake_app, model, **settings)
    assert model.attempts == attempts
    assert (requests(fake_app, "failed"), requests(fake_app, "retried")) == (1, attempts - 1)


def test_a_pause_that_the_provider_wants_is_kept_or_is_too_long(fake_app: App) -> None:
    """Its Retry-After is waited for; where that leaves no time for a token, the failure is told at once."""
    asked(fake_app, Scripted([ModelUnavailable("busy", "wait", 0.05)], ["Yes."]))
    model = Scripted([ModelUnavailable("busy", "wait", 3600.0)], ["Yes."])
    with pytest.raises(ModelUnavailable):
        asked(fake_app, model)
    assert model.attempts == 1


def test_after_the_first_token_nothing_is_tried_again(fake_app: App) -> None:
    """What broke off stays broken: another try could say something else behind what was said."""
    model = Scripted(["It is", ModelBrokeOff("gone", "ask again")], ["Yes."])
    with pytest.raises(ModelBrokeOff):
        asked(fake_app, model)
    assert (model.attempts, requests(fake_app, "failed")) == (1, 1)


@pytest.mark.parametrize(
    ("script", "setting"),
    [
        ([5.0, "Yes."], "model_first_token_seconds"),
        ([5.0, "Yes."], "model_timeout_seconds"),
        (["It", 5.0, "is."], "model_timeout_seconds"),
    ],
)
def test_both_limits_hold(fake_app: App, script, setting: str) -> None:
    """The first token and the whole have a limit each; a stream that is late is closed."""
    model = Scripted(script)
    with pytest.raises(ModelTimeout):
        asked(fake_app, model, **{setting: 0.05})
    assert model.closed == 1


def test_a_slow_answer_is_not_held_to_the_limit_of_its_first_token(fake_app: App) -> None:
    """Once it has begun, only the limit for the whole counts."""
    text, _ = asked(fake_app, Scripted(["It", 0.1, " is."]), model_first_token_seconds=0.05)
    assert text == "It is."


def test_nothing_at_all_is_an_error(fake_app: App) -> None:
    """A stream that ends without text is no answer, whatever it counted, and was not cut off."""
    with pytest.raises(ModelBrokeOff):
        asked(fake_app, Scripted(["", Ended(5, 0)]))


def test_a_model_that_does_not_stop_is_stopped(fake_app: App) -> None:
    """Of 100,000 tokens no more is read than the limit says; the stream is closed and the cut is known."""
    model = Scripted(["word "] * 100_000)
    text, meter = asked(fake_app, model, model_max_tokens=100)
    assert 400 < len(text) <= 405
    assert (meter.cut, model.closed) == (True, 1)


def test_a_provider_that_stopped_at_its_own_limit_has_cut_the_answer(fake_app: App) -> None:
    """What the provider tells about its end is kept with its count."""
    _, meter = asked(fake_app, Scripted(["It is", Ended(7, 3, cut=True)]))
    assert (meter.cut, meter.usage().input_tokens) == (True, 7)


def test_who_stops_reading_closes_the_stream(fake_app: App) -> None:
    """An answer that nobody waits for any more is abandoned, and what came of it is counted all the same."""
    model, meter = Scripted(["It is", " brass."]), Meter(fake_app.settings)

    async def left() -> None:
        async with aclosing(consult.written(fake_app, meter, model, "Rules.", "Is it brass?")) as pieces:
            async for _ in pieces:
                return

    asyncio.run(left())
    assert (model.closed, requests(fake_app, "abandoned"), meter.usage().output_tokens) == (1, 1, 2)


def test_being_cancelled_closes_the_stream(fake_app: App) -> None:
    """The model's stream does not outlive the question."""
    model = Scripted(["It is", 10.0, " brass."])

    async def cancelled() -> None:
        pieces = consult.written(fake_app, Meter(fake_app.settings), model, "Rules.", "Is it brass?")
        await anext(pieces)
        waiting = asyncio.create_task(anext(pieces))
        await asyncio.sleep(0.02)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(cancelled())
    assert (model.closed, requests(fake_app, "abandoned")) == (1, 1)


# Tokens and cost


def test_the_providers_count_is_taken(fake_app: App) -> None:
    """Where the provider counts, its numbers stand, not estimated, and prices make a cost of them."""
    prices = {"model_input_price": 2.0, "model_output_price": 8.0}
    _, meter = asked(fake_app, Scripted(["It is brass.", Ended(1_000, 500)]), **prices)
    usage = meter.usage()
    assert (usage.input_tokens, usage.output_tokens, usage.estimated) == (1_000, 500, False)
    assert usage.cost == pytest.approx(0.006)


def test_without_the_providers_count_it_is_an_estimate(fake_app: App) -> None:
    """About four characters a token, and said to be so."""
    text, meter = asked(fake_app, Scripted(["It is brass."]))
    usage = meter.usage()
    assert (usage.input_tokens, usage.output_tokens) == (-(-len("Rules.Is it brass?") // 4), len(text) // 4)
    assert usage.estimated


@pytest.mark.parametrize("prices", [{}, {"model_input_price": 1.0}, {"model_output_price": 1.0}])
def test_without_both_prices_there_is_no_cost(fake_app: App, prices: dict[str, float]) -> None:
    """No price is no cost of zero; a price of zero is."""
    assert asked(fake_app, Scripted(["Yes."]), **prices)[1].usage().cost is None
    assert asked(fake_app, Scripted(["Yes."]), model_input_price=0.0, model_output_price=0.0)[1].usage().cost == 0


def test_several_calls_of_one_question_add_up(fake_app: App) -> None:
    """Rewriting and answering are one usage, an estimate as soon as one of them is; without a call there is none."""
    meter = Meter(fake_app.settings)
    assert meter.usage() is None
    meter.add(Ended(10, 5), "", "")
    assert not meter.usage().estimated
    meter.add(Ended(), "x" * 8, "x" * 4)
    assert meter.usage() == replace(meter.usage(), input_tokens=12, output_tokens=6, estimated=True)


def test_a_failure_before_the_first_token_costs_nothing(fake_app: App) -> None:
    """What the provider refused was neither read nor written."""
    meter = Meter(fake_app.settings)

    async def refused() -> None:
        async for _ in consult.written(fake_app, meter, Scripted([REFUSES]), "Rules.", "Is it brass?"):
            raise AssertionError("nothing can have come")

    with pytest.raises(ModelUnavailable):
        asyncio.run(refused())
    assert meter.usage() is None
