"""A provider's own client, of an installed provider package, behind our adapter, on real and on scripted servers."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from eval.checklist.scripted import Exchange, Script, Scripted, endless, refusing, saying, scripted
from ingestion import pipeline as ingestion
from service.bootstrap import open_records
from service.core.answers import Answer, Citation, Question, local_caller
from service.core.app import App
from service.core.errors import InvalidSettings, ModelBrokeOff, ModelTimeout, ModelUnavailable, RagreadyError
from service.core.settings import Settings
from service.rag import judge, models, pipeline
from tests import tiny_model
from tests.corpus import QUESTION, write_corpus
from tests.fakes import FakeCache, fake_parts

COVERED = "The battery is covered for 24 months from delivery [1]."
CAPACITY = "It must keep 70 % of its capacity [1]."
ASKER = local_caller("default")


@pytest.fixture(scope="module")
def provider() -> Iterator[Scripted]:
    with scripted() as server:
        yield server


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[App]:
    """The small corpus on fakes, with a cache that shows what it holds."""
    settings = Settings(data_folder=tmp_path / "data", evidence_threshold=0, parser_process=False, _env_file=None)
    records = open_records(settings)
    app = replace(fake_parts(settings, records), cache=FakeCache())
    ingestion.run(app, [write_corpus(tmp_path / "public")], "public")
    yield app
    records.close()


def asked(app: App, url: str, handed: list[Citation] | None = None, name: str = "openai:scripted", **more) -> Answer:
    """The answer of the whole path, by a model of the provider `openai` at this address."""
    given = {"model": name, "model_url": url, "model_api_key": "k" * 30, **more}
    settings = Settings(**{**app.settings.model_dump(), **given}, _env_file=None)
    app = replace(app, settings=settings, model=models.open_model(name, settings))
    return asyncio.run(pipeline.answer(app, Question(QUESTION, ASKER), (handed if handed is not None else []).append))


def of(provider: Scripted, *scripts: Script) -> str:
    """The address of the scripted server, for which these scripts come next."""
    provider.scripts[:], provider.asked[:] = scripts, []
    provider.hung_up.clear()
    provider.wrote = 0
    return provider.url


def test_a_missing_key_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a key the provider's client refuses, which is a matter of settings; with one it is made."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(InvalidSettings) as refused:
        models.open_model("openai:gpt-4.1-mini", Settings())
    assert "RAGREADY_MODEL_API_KEY" in refused.value.remedy
    settings = Settings(model_api_key="k" * 30, model_url="http://127.0.0.1:9/v1")
    made = models.open_model("openai:gpt-4.1-mini", settings)
    assert made is not None
    assert (made.name, made.simulated) == ("openai:gpt-4.1-mini", False)
    assert str(made.model.openai_api_base) == settings.model_url


def test_a_real_model_answers_with_citations(filled: App) -> None:
    """A language model behind a real server is asked, cites, is checked, and its tokens are counted."""
    handed: list[Citation] = []
    with tiny_model.served(COVERED) as url:
        answer = asked(filled, url, handed, "openai:tiny", model_input_price=1.0, model_output_price=1.0)
        assert answer.text == "The battery is covered for 24 months from delivery."
        assert tuple(handed) == answer.citations
        assert answer.citations[0].source == "public/warranty.md"
        usage = answer.usage
        assert (usage.estimated, usage.output_tokens) == (False, 10)
        assert usage.cost == pytest.approx((usage.input_tokens + usage.output_tokens) / 1e6)
        assert (answer.model, answer.simulated) == ("openai:tiny", False)
        with pytest.raises(ModelUnavailable) as refused:
            asked(filled, url, name="openai:another")
        assert "HTTP status 404" in refused.value.detail


# Bad days of a provider


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_provider_is_asked_again(filled: App, provider: Scripted, status: int) -> None:
    """What the provider says that it is too busy for is asked again by us, and by nobody below us."""
    answer = asked(filled, of(provider, refusing(status), refusing(status), saying(COVERED)))
    assert answer.text == "The battery is covered for 24 months from delivery."
    assert len(provider.asked) == 3


@pytest.mark.parametrize(("status", "attempts"), [(429, 3), (500, 3), (400, 1), (401, 1), (403, 1), (404, 1), (422, 1)])
def test_what_another_try_will_not_mend_is_told_at_once(
    filled: App, provider: Scripted, status: int, attempts: int
) -> None:
    """Tries are bounded; a wrong key, model or request is not tried again. The error names the status."""
    with pytest.raises(ModelUnavailable) as failed:
        asked(filled, of(provider, refusing(status)))
    assert f"HTTP status {status}" in failed.value.detail
    assert "scripted refusal" not in failed.value.detail
    assert len(provider.asked) == attempts
    assert filled.cache.held == {}


def test_the_pause_that_a_provider_asks_for_is_made(filled: App, provider: Scripted) -> None:
    """Retry-After is waited for where there is time, and else the failure is told at once."""
    began = time.monotonic()
    asked(filled, of(provider, refusing(429, Retry_After="1"), saying(COVERED)))
    assert time.monotonic() - began >= 1
    with pytest.raises(ModelUnavailable):
        asked(replace(filled, cache=FakeCache()), of(provider, refusing(429, Retry_After="60"), saying(COVERED)))
    assert len(provider.asked) == 1


def silent(exchange: Exchange) -> None:
    """Begins a stream and says nothing."""
    exchange.begin()
    time.sleep(1)
    exchange.say(COVERED)
    exchange.end()


def breaking(exchange: Exchange) -> None:
    """Says a sentence and a half and hangs up without an end."""
    exchange.begin()
    exchange.say(COVERED)
    exchange.say(" It must keep")
    exchange.handler.connection.close()


def malformed(exchange: Exchange) -> None:
    """Says something that is no JSON."""
    exchange.begin()
    exchange.data('{"choices": [{"delta": {"content": ')


def malformed_later(exchange: Exchange) -> None:
    """Says a sentence, then something that is no JSON."""
    exchange.begin()
    exchange.say(COVERED)
    exchange.data("not json at all")


@pytest.mark.parametrize(
    ("script", "settings", "error", "sentences"),
    [
        (silent, {"model_first_token_seconds": 0.3}, ModelTimeout, 0),
        (saying(*[COVERED, " word"] * 20, pause=0.1), {"model_timeout_seconds": 0.5}, ModelTimeout, 1),
        (malformed, {}, ModelUnavailable, 0),
        (malformed_later, {}, ModelBrokeOff, 1),
        (saying(), {}, ModelBrokeOff, 0),
        (saying("", " ", "\n"), {}, ModelBrokeOff, 0),
    ],
    ids=["slow first token", "slow whole", "malformed", "malformed later", "empty", "blank"],
)
def test_a_failing_stream_is_an_error_and_never_an_answer(
    filled: App, provider: Scripted, script: Script, settings, error: type[RagreadyError], sentences: int
) -> None:
    """Sentences that were checked before it may be out; there is no answer, and nothing is kept."""
    handed: list[Citation] = []
    with pytest.raises(error):
        asked(filled, of(provider, script), handed, **settings)
    assert (len(handed) > 0) == (sentences > 0)
    assert len(provider.asked) == 1
    assert filled.cache.held == {}


def test_a_stream_that_ends_without_its_end_is_no_whole_answer(filled: App, provider: Scripted) -> None:
    """A connection that closes before the provider said that it was done broke off, whatever came before."""
    handed: list[Citation] = []
    with pytest.raises(ModelBrokeOff):
        asked(filled, of(provider, breaking), handed)
    assert [each.sentence for each in handed] == ["The battery is covered for 24 months from delivery."]
    assert filled.cache.held == {}


@pytest.mark.parametrize(
    "text",
    ["[1]. [2].", "The battery is covered for 24 months [99].", "Der Akku ist 24 Monate gedeckt [1].", "NO ANSWER"],
    ids=["only citations", "no such source", "another language", "declines"],
)
def test_an_answer_without_support_declines(filled: App, provider: Scripted, text: str) -> None:
    """What a model says that rests on nothing is not shown, and the answer says that nothing is left."""
    answer = asked(filled, of(provider, saying(text)))
    assert (answer.text, answer.abstention.code, answer.citations) == (judge.DECLINES, "unsupported", ())


def kept(app: App) -> list[str]:
    """The keys of the answers in the cache."""
    return [key for key in app.cache.held if not key.startswith("why:")]


def test_a_hundred_thousand_tokens_are_not_read(filled: App, provider: Scripted) -> None:
    """A model that does not stop is hung up on at the limit, which it was told too."""
    answer = asked(filled, of(provider, endless), model_max_tokens=100)
    assert answer.degraded == ("length",)
    assert provider.hung_up.wait(5)
    assert provider.wrote < 5_000
    assert provider.asked[0]["max_completion_tokens"] == 100
    assert kept(filled) == []


def test_a_providers_own_limit_is_told(filled: App, provider: Scripted) -> None:
    """An answer that the provider cut keeps its whole sentences, loses the half one, and is not kept."""
    answer = asked(filled, of(provider, saying(f"{COVERED} It must keep 70", finish="length")))
    assert (answer.text, answer.degraded) == ("The battery is covered for 24 months from delivery.", ("length",))
    assert kept(filled) == []


def test_the_providers_count_is_asked_for_and_taken(filled: App, provider: Scripted) -> None:
    """Usage is asked for in the request and stands in the answer as the provider's; without it it is an estimate."""
    counted = {"prompt_tokens": 700, "completion_tokens": 30, "total_tokens": 730}
    usage = asked(filled, of(provider, saying(f"{COVERED} {CAPACITY}", usage=counted))).usage
    assert (usage.input_tokens, usage.output_tokens, usage.estimated) == (700, 30, False)
    assert provider.asked[0]["stream_options"] == {"include_usage": True}
    fresh = replace(filled, cache=FakeCache())
    assert asked(fresh, of(provider, saying(COVERED))).usage.estimated


def test_being_cancelled_hangs_up_on_the_provider(filled: App, provider: Scripted) -> None:
    """When the question is given up, the provider's connection is closed: nobody pays for the rest."""
    url = of(provider, endless)
    settings = Settings(
        **{**filled.settings.model_dump(), "model_url": url, "model_api_key": "k" * 30, "model_max_tokens": 100_000},
        _env_file=None,
    )
    app = replace(filled, settings=settings, model=models.open_model("openai:scripted", settings))

    async def left() -> None:
        task = asyncio.create_task(pipeline.answer(app, Question(QUESTION, ASKER)))
        while not provider.wrote:  # noqa: ASYNC110  # the server is a thread
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(provider.hung_up.wait, 5)

    asyncio.run(left())
    assert filled.cache.held == {}


def test_an_address_where_nobody_listens_is_unavailable() -> None:
    """The real client of a real provider package, on a port without a server, ends in ModelUnavailable."""
    settings = Settings(model_api_key="k" * 30, model_url="http://127.0.0.1:9/v1")
    made = models.open_model("openai:gpt-4.1-mini", settings)

    async def asked() -> None:
        async for _ in made.stream("Rules.", "Is it brass?"):
            raise AssertionError("nobody can have answered")

    with pytest.raises(ModelUnavailable) as failed:
        asyncio.run(asked())
    assert "ConnectionError" in failed.value.detail
