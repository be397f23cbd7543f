"""The exact cache on the path of a question, on fakes and real SQLite records."""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ingestion import pipeline as ingestion
from service.core.answers import Answer, Caller, ControlDecision, Question, local_caller
from service.core.app import App
from service.core.errors import CacheUnavailable, StoreProblem
from service.core.settings import Settings
from service.core.types import Space
from service.rag import cache, pipeline, prompts
from service.rag.access import Originals, Reach
from service.rag.controls import Controls
from tests.corpus import write_corpus
from tests.fakes import FakeCache, FakeEncoder

ASKER = local_caller("default")
ASKED = "How long is the battery covered by the warranty?"


class CountingEncoder(FakeEncoder):
    """Counts the questions that cost an answer."""

    questions = 0

    def embed_query(self, question: str):
        self.questions += 1
        return super().embed_query(question)


@pytest.fixture
def filled(fake_app: App, tmp_path: Path) -> Iterator[App]:
    """The small corpus in two spaces, a cache that can be broken, an encoder that counts."""
    app = replace(fake_app, cache=FakeCache(), encoder=CountingEncoder())
    for space in ("public", "partners"):
        ingestion.run(app, [write_corpus(tmp_path / space)], space)
    return app


def changed(app: App, **settings: object) -> App:
    return replace(app, settings=app.settings.model_copy(update=settings))


def off(app: App, *controls: str) -> App:
    return changed(app, controls_off=frozenset(controls))


def ask(app: App, text: str = ASKED, caller: Caller = ASKER, **question: object) -> Answer:
    return asyncio.run(pipeline.answer(app, Question(text, caller, **question)))


def decision(answer: Answer, name: str) -> ControlDecision:
    [found] = [each for each in answer.controls if each.name == name]
    return found


def counted(app: App) -> dict[str, float]:
    return {
        sample.labels["outcome"]: sample.value
        for metric in app.telemetry.registry.collect()
        for sample in metric.samples
        if sample.name == "ragready_cache_total"
    }


def without_vectors(answer: Answer) -> tuple[object, ...]:
    hits = [(each.stored.chunk, each.stored.text, each.score, each.max_sim) for each in answer.hits]
    return answer.text, answer.citations, answer.abstention, answer.confidence, answer.model, answer.strategy, hits


# What is found again


def test_the_same_question_is_answered_once(filled: App) -> None:
    """The second answer is the first one, costs no encoding, and says that it was kept."""
    first, second = ask(filled), ask(filled)
    assert filled.encoder.questions == 1
    assert without_vectors(first) == without_vectors(second)
    assert [decision(each, "exact-cache").decision for each in (first, second)] == ["miss", "hit"]
    assert counted(filled) == {"miss": 1, "stored": 1, "hit": 1}


def test_a_kept_answer_has_trace_and_times_of_its_own(filled: App) -> None:
    """Trace, steps and decisions are this question's; those of the kept answer are marked and took no time now."""
    first, second = ask(filled), ask(filled)
    assert first.trace_id != second.trace_id != ""
    assert set(second.timings_ms) == {"guard", "access", "cache", "total"}
    assert {each.name for each in first.controls} == {each.name for each in second.controls}
    assert "originals" not in decision(second, "access").reason
    assert decision(second, "citations").reason.startswith("kept answer")
    assert decision(second, "citations").ms == 0


def test_space_and_question_mark_make_no_other_question(filled: App) -> None:
    """White space around words, and question marks at the end, are not part of a question; case and words are."""
    ask(filled)
    for same in (f"  {ASKED}", ASKED.replace(" ", "  "), ASKED.rstrip("?"), f"{ASKED}?", ASKED.replace("?", " ?")):
        assert decision(ask(filled, same), "exact-cache").decision == "hit", same
    for other in (ASKED.lower(), ASKED.replace("battery", "frame"), f"{ASKED}!"):
        assert decision(ask(filled, other), "exact-cache").decision == "miss", other


def test_an_abstention_is_kept(filled: App) -> None:
    """That there is no answer is found once too."""
    strict = changed(filled, evidence_threshold=1.0)
    first, second = ask(strict), ask(strict)
    assert decision(second, "exact-cache").decision == "hit"
    assert second.abstention == first.abstention is not None


def test_an_answer_is_kept_for_the_time_of_the_settings(filled: App) -> None:
    """The cache is told how long."""
    ask(off(changed(filled, cache_ttl_seconds=77), "why"))
    assert list(filled.cache.seconds.values()) == [77]


# What is another question


def key(app: App, question: Question, spaces: list[Space], *originals: Originals) -> str:
    return cache.key_of(
        app, question, Reach(tuple(spaces), originals), Controls(app.settings.controls_off, app.telemetry)
    )


SPACE = Space("default", "public", 1, 7)
OTHER = replace(SPACE, name="partners")


@pytest.mark.parametrize(
    "other",
    [
        {"question": {"text": "Why?"}},
        {"question": {"strategy": "naive"}},
        {"question": {"caller": local_caller("other")}},
        {"spaces": [replace(SPACE, version=8)]},
        {"spaces": [replace(SPACE, generation=2)]},
        {"spaces": [replace(SPACE, name="partners")]},
        {"spaces": [replace(SPACE, tenant="other")]},
        {"spaces": [SPACE, replace(SPACE, name="partners")]},
        {"spaces": []},
        {"originals": [Originals(OTHER, frozenset({"doc_1"}))]},
        {"settings": {"model": "sim:x"}},
        {"settings": {"model_url": "http://127.0.0.1:1/v1"}},
        {"settings": {"hits": 3}},
        {"settings": {"candidates": 3}},
        {"settings": {"max_answer_sentences": 1}},
        {"settings": {"evidence_threshold": 0.25}},
        {"settings": {"agentic_parts": 2}},
        {"settings": {"agentic_retries": 0}},
        {"settings": {"controls_off": frozenset({"hybrid"})}},
        {"settings": {"personal_recognisers": ("names:surnames",)}},
        {"settings": {"data_folder": Path("/elsewhere")}},
        {"encoder": {"revision": "2"}},
    ],
    ids=str,
)
def test_whatever_may_change_the_answer_changes_the_key(fake_app: App, other: dict) -> None:
    """Each ingredient alone makes another key."""
    question = Question(ASKED, ASKER)
    encoder = FakeEncoder(**other["encoder"]) if "encoder" in other else fake_app.encoder
    changed_app = changed(replace(fake_app, encoder=encoder), **other.get("settings", {}))
    changed_question = replace(question, **other.get("question", {}))
    before = key(fake_app, question, [SPACE])
    assert key(changed_app, changed_question, other.get("spaces", [SPACE]), *other.get("originals", ())) != before
    assert key(fake_app, question, [SPACE]) == before


def test_the_originals_have_their_state(fake_app: App) -> None:
    """Another version of a space that keeps a copy's original, and another original, make other keys."""
    question = Question(ASKED, ASKER)
    kept = Originals(OTHER, frozenset({"doc_1"}))
    later, more = Originals(replace(OTHER, version=9), kept.documents), Originals(OTHER, frozenset({"doc_1", "doc_2"}))
    assert len({key(fake_app, question, [SPACE], each) for each in (kept, later, more)}) == 3


# Settings that say where, how long and for whom, not what is answered. Those of ingestion change a space's version.
INDIFFERENT = {
    *("environment", "host", "port", "api_key", "model_api_key", "chroma_url", "redis_url"),
    *("judge_url", "judge_api_key"),
    *("encoder_folder", "encoder_threads", "max_question_characters", "max_body_bytes", "max_file_mebibytes"),
    *("max_archive_files", "parser_process", "parser_seconds", "parser_memory_mebibytes", "ocr"),
    *("splitter", "max_chunk_tokens"),
    *("why_kept_seconds", "why_sources", "why_seconds", "why_at_once"),
    *("model_first_token_seconds", "model_retries", "model_input_price", "model_output_price", "agentic_seconds"),
    # an answer that was cut off is not kept, and another limit cuts no other one; history is in the question's words
    *("model_max_tokens", "history_messages"),
    *("model_timeout_seconds", "cache_ttl_seconds", "cache_entries", "cache_timeout_seconds", "requests_per_minute"),
    *("otlp_endpoint", "otlp_timeout_seconds", "trace_content", "traces_kept"),
    *("lock_wait_seconds", "store_timeout_seconds"),
    *("fetch_private_addresses", "fetch_timeout_seconds", "fetch_interval_seconds", "fetch_fresh_seconds"),
    *("fetch_max_urls", "fetch_redirects"),
    *("uploads_url", "max_upload_mebibytes", "max_upload_files", "jobs_at_once", "job_attempts"),
}
# Settings that stand in the key; the encoder by its fingerprint, the tenant by the caller's.
INGREDIENTS = {
    *("data_folder", "database_url", "encoder", "tenant", "model", "model_url", "controls_off"),
    *("candidates", "hits", "reranker", "max_answer_sentences", "evidence_threshold", "personal_recognisers"),
    *("agentic_parts", "agentic_retries", "grounding_model"),
}


def test_every_setting_is_known_to_change_the_answer_or_not() -> None:
    """Whoever adds a setting decides whether an answer made with another value may be served: nothing is forgotten."""
    assert set(Settings.model_fields) - INDIFFERENT == INGREDIENTS


def test_the_model_and_its_prompts_change_the_key(fake_app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer by another model, or made with another prompt, is another answer."""

    class Model:
        name = "sim:x"

    modelled = replace(fake_app, model=Model())
    made = [key(each, Question(ASKED, ASKER), [SPACE]) for each in (fake_app, modelled)]
    monkeypatch.setattr(prompts, "ids", lambda: ("answer-2",))
    made += [key(each, Question(ASKED, ASKER), [SPACE]) for each in (fake_app, modelled)]
    assert made[0] == made[2]
    assert len(set(made)) == 3


def test_who_may_read_the_same_shares_answers(fake_app: App) -> None:
    """Neither the caller's id nor the order of the spaces makes another key; no word of the question stands in it."""
    spaces = [SPACE, replace(SPACE, name="partners")]
    made = {
        key(fake_app, Question(ASKED, caller), order)
        for caller in (ASKER, Caller("default", "key_2", "reader", frozenset({"sales"})))
        for order in (spaces, spaces[::-1])
    }
    assert len(made) == 1
    assert len(made.pop()) == 64


def test_a_password_of_the_records_is_no_part_of_the_key(fake_app: App) -> None:
    """Keys are written to a store of others, so no secret goes into them; another database makes another key."""
    urls = ("postgresql://a:one@db/x", "postgresql://a:two@db/x", "postgresql://a:one@db/y")
    apps = [replace(fake_app, settings=Settings(database_url=url)) for url in urls]
    first, second, third = (key(each, Question(ASKED, ASKER), [SPACE]) for each in apps)
    assert first == second != third


def test_a_reader_is_not_served_from_spaces_that_are_closed_to_them(filled: App, tmp_path: Path) -> None:
    """What an administrator's answer holds stays with those who may read all of its spaces."""
    filled.records.set_readers("default", "partners", frozenset({"sales"}))
    ingestion.run(filled, [tmp_path / "public"], "public")  # pages that were copies of closed ones are served now
    ask(filled)
    reader = Caller("default", "reader")
    answer = ask(filled, caller=reader)
    assert decision(answer, "exact-cache").decision == "miss"
    assert {each.stored.space for each in answer.hits} == {"public"}


# Documents that change


def test_a_correction_reaches_the_next_answer(filled: App, tmp_path: Path) -> None:
    """Changed and removed documents are not cited from the cache: the version of their space is in the key."""
    assert "24 months" in ask(filled).text
    for space in ("public", "partners"):
        page = tmp_path / space / "warranty.md"
        page.write_text(page.read_text().replace("24 months", "36 months"))
        ingestion.run(filled, [page.parent], space)
    assert "36 months" in ask(filled).text
    for space in ("public", "partners"):
        (tmp_path / space / "warranty.md").unlink()
        ingestion.run(filled, [tmp_path / space], space)
    assert "months" not in ask(filled).text


def test_without_freshness_stale_answers_appear(filled: App, tmp_path: Path) -> None:
    """With the control off the corrected document is answered as it was: the control is what prevents it."""
    stale = off(filled, "freshness")
    ask(stale)
    for space in ("public", "partners"):
        page = tmp_path / space / "warranty.md"
        page.write_text(page.read_text().replace("24 months", "36 months"))
        ingestion.run(filled, [page.parent], space)
    answer = ask(stale)
    assert "24 months" in answer.text
    assert decision(answer, "freshness").decision == "off"


# What is not kept


def test_with_the_control_off_nothing_is_looked_up_or_kept(filled: App) -> None:
    """Every question is answered anew, and the answer says that the control is off."""
    unused = replace(off(filled, "exact-cache", "why"), cache=FakeCache(broken={"get", "set"}))
    first, second = ask(unused), ask(unused)
    assert filled.encoder.questions == 2
    assert [decision(each, "exact-cache").decision for each in (first, second)] == ["off", "off"]
    assert first.degraded == second.degraded == ()


@pytest.mark.parametrize("method", ["get", "set"])
def test_a_failing_cache_costs_no_answer(filled: App, method: str) -> None:
    """The question is answered, says which part failed and why, is counted, and is not kept."""
    expected = ask(off(filled, "exact-cache"))
    broken = replace(filled, cache=FakeCache(broken={method}))
    answer = ask(broken)
    assert answer.text == expected.text
    assert answer.degraded == ("cache",)
    [*_, last] = [each for each in answer.controls if each.name == "exact-cache"]
    assert (last.decision, last.reason) == ("could-not-check", f"cannot {method}")
    assert decision(answer, "fault-isolation").decision == "allow"
    assert counted(broken)["failed"] == 1
    assert broken.cache.held == {}


@pytest.mark.parametrize("method", ["get", "set"])
def test_without_fault_isolation_a_failing_cache_fails_the_question(filled: App, method: str) -> None:
    """With the control off the failure is the question's: the control is what prevents it."""
    broken = replace(off(filled, "fault-isolation"), cache=FakeCache(broken={method}))
    with pytest.raises(CacheUnavailable):
        ask(broken)
    assert broken.asked == {}


def test_a_kept_value_that_is_no_answer_is_a_failure(filled: App) -> None:
    """Garbage under the right key is not served and not taken for nothing: the answer is made anew and says so."""
    ask(filled)
    kept_key, _ = filled.cache.held
    filled.cache.held[kept_key] = b'{"text": "Send your password to example.org"}'
    answer = ask(filled)
    assert "password" not in answer.text
    assert answer.degraded == ("cache",)
    assert decision(answer, "exact-cache").reason == "the kept value is no answer"


def test_an_answer_that_was_not_checked_is_not_kept(filled: App) -> None:
    """Neither a degraded answer nor one with a control that could not check is stored; a whole one is."""
    controls = Controls(frozenset(), filled.telemetry)
    slot = cache.Slot("key")
    whole = ask(off(filled, "exact-cache", "why"))
    unchecked = (ControlDecision("output-guard", "could-not-check", "", 0.0),)
    for made in (replace(whole, degraded=("model",)), replace(whole, controls=unchecked)):
        assert asyncio.run(cache.keep(filled, slot, made, controls)) is made
        assert filled.cache.held == {}
    asyncio.run(cache.keep(filled, slot, whole, controls))
    assert list(filled.cache.held) == ["key"]


# Many at once


def ask_together(app: App, texts: list[str]) -> list[Answer | BaseException]:
    async def together() -> list[Answer | BaseException]:
        questions = (pipeline.answer(app, Question(each, ASKER)) for each in texts)
        return await asyncio.gather(*questions, return_exceptions=True)

    return asyncio.run(together())


def test_a_hundred_identical_questions_cost_one_answer(filled: App) -> None:
    """The first is answered, the others wait for it and are served what it kept, each with its own trace."""
    answers = ask_together(filled, [ASKED] * 100)
    assert filled.encoder.questions == 1
    assert len({each.text for each in answers}) == 1
    assert len({each.trace_id for each in answers}) == 100
    assert counted(filled) == {"miss": 1, "stored": 1, "hit": 99}
    assert filled.asked == {}


def test_without_the_cache_each_of_them_costs_one(filled: App) -> None:
    """With the control off a hundred questions cost a hundred answers: the control is what saves them."""
    ask_together(off(filled, "exact-cache"), [ASKED] * 100)
    assert filled.encoder.questions == 100


class Gate(CountingEncoder):
    """Holds questions about the battery until the gate is open."""

    def __init__(self) -> None:
        super().__init__()
        self.entered = threading.Event()
        self.open = threading.Event()

    def embed_query(self, question: str):
        vectors = super().embed_query(question)
        self.entered.set()
        assert "battery" not in question or self.open.wait(10)
        return vectors


def test_another_question_does_not_wait(filled: App) -> None:
    """While one answer takes its time, another question is answered."""
    app = replace(filled, encoder=Gate())

    async def together() -> list[Answer]:
        slow = asyncio.create_task(pipeline.answer(app, Question(ASKED, ASKER)))
        other = await asyncio.wait_for(pipeline.answer(app, Question("How long is the frame covered?", ASKER)), 5)
        assert not slow.done()
        app.encoder.open.set()
        return [other, await slow]

    assert all(each.citations for each in asyncio.run(together()))


def test_who_waits_survives_the_first_being_cancelled(filled: App) -> None:
    """When the first asker hangs up, the others still get their answer."""
    app = replace(filled, encoder=Gate())

    async def together() -> list[Answer]:
        first = asyncio.create_task(pipeline.answer(app, Question(ASKED, ASKER)))
        assert await asyncio.to_thread(app.encoder.entered.wait, 10)
        others = [asyncio.create_task(pipeline.answer(app, Question(ASKED, ASKER))) for _ in range(3)]
        await asyncio.sleep(0.05)
        assert app.encoder.questions == 1
        first.cancel()
        app.encoder.open.set()
        return await asyncio.wait_for(asyncio.gather(*others), 5)

    assert all("24 months" in each.text for each in asyncio.run(together()))
    assert app.asked == {}


def test_the_failure_of_the_first_is_not_the_others(filled: App) -> None:
    """When the first fails, the others try for themselves, and each gets what its own try gives."""

    class FailsOnce(CountingEncoder):
        def embed_query(self, question: str):
            vectors = super().embed_query(question)
            if self.questions == 1:
                raise StoreProblem("The encoder stumbled.", "Ask again.")
            return vectors

    app = replace(filled, encoder=FailsOnce())
    outcomes = Counter(type(each).__name__ for each in ask_together(app, [ASKED] * 5))
    assert outcomes == {"StoreProblem": 1, "Answer": 4}
    assert app.asked == {}


def test_nobody_waits_for_an_answer_that_cannot_be_kept(filled: App) -> None:
    """While the cache does not answer, the same questions are answered side by side, not one after the other."""

    class Together(CountingEncoder):
        both = threading.Barrier(2)

        def embed_query(self, question: str):
            self.both.wait(10)  # passes only when two are here at the same time
            return super().embed_query(question)

    app = replace(filled, cache=FakeCache(broken={"get"}), encoder=Together())
    assert [each.degraded for each in ask_together(app, [ASKED] * 2)] == [("cache",)] * 2
