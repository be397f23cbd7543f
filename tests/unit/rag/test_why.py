"""Explaining an answer, on fakes and real SQLite records."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from ingestion import pipeline as ingestion
from ingestion.remove import remove
from service.api.why import why_body
from service.core.answers import Answer, Caller, Question, local_caller
from service.core.app import App
from service.core.errors import AnswerOutdated, CacheUnavailable, RateLimited, UnknownAnswer
from service.rag import pipeline
from service.rag.why import Source, Why, explained
from tests.fakes import FakeCache

ADMIN = local_caller("default")
READER = Caller("default", "key_reader")
ASKED = "What is the warranty of the Alder City?"
CITY = "The warranty of the Alder City is 24 months."
DOCUMENTS = {
    "city.md": f"# Alder City\n\n{CITY} It weighs 22 kg.\n",
    "trail.md": "# Alder Trail\n\nThe Alder Trail is green. It weighs 19 kg.\n",
    "shop.md": "# Shop\n\nThe shop in Aarhus opens at nine.\n",
}


@pytest.fixture
def bikes(fake_app: App, tmp_path: Path) -> App:
    """Two bikes and a shop, open to everyone."""
    write(fake_app, tmp_path / "bikes", DOCUMENTS)
    return fake_app


def write(app: App, folder: Path, documents: dict[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    for name, text in documents.items():
        (folder / name).write_text(text, encoding="utf-8")
    ingestion.run(app, [folder], folder.name)


def ask(app: App, text: str = ASKED, caller: Caller = READER, *spaces: str) -> Answer:
    return asyncio.run(pipeline.answer(app, Question(text, caller, spaces or None)))


def why(app: App, answer: Answer, viewer: Caller = READER) -> Why:
    return asyncio.run(explained(app, viewer, answer.id))


def by_name(found: Why) -> dict[str, Source]:
    return {each.stored.source.rpartition("/")[2]: each for each in found.sources}


def changed(app: App, **settings: object) -> App:
    return replace(app, settings=app.settings.model_copy(update=settings))


def test_the_source_that_an_answer_needs_is_told_from_the_others(bikes: App) -> None:
    """Without the cited document the answer is another, without any other one it is the same."""
    answer = ask(bikes)
    sources = by_name(why(bikes, answer))
    assert sources["city.md"].cited
    assert (sources["city.md"].effect, sources["city.md"].necessary) == ("changes", True)
    assert CITY not in sources["city.md"].without.text
    for other in ("trail.md", "shop.md"):
        assert (sources[other].cited, sources[other].effect, sources[other].necessary) == (False, "same", False)
        assert sources[other].without.text == answer.text


def test_an_answer_that_nothing_else_supports_declines_without_its_source(bikes: App) -> None:
    """Where the rest does not suffice, what comes without the source is an abstention with its reason."""
    strict = changed(bikes, evidence_threshold=0.5)
    source = by_name(why(strict, ask(strict)))["city.md"]
    assert source.effect == "declines"
    assert source.without.abstention.code == "weak-evidence"


def test_a_source_that_another_one_repeats_is_not_necessary(bikes: App, tmp_path: Path) -> None:
    """When a second document says the same, the answer stands without the first, and cites the second."""
    more = f"# Prices\n\n{CITY} It costs 900 euro, with a basket, a lamp and a lock of the maker's own.\n"
    write(bikes, tmp_path / "more", {"prices.md": more})
    answer = ask(bikes)
    sources = by_name(why(bikes, answer))
    cited = [each for each in sources.values() if each.cited]
    assert [each.effect for each in cited] == ["same"]
    assert cited[0].without.citations[0].document != cited[0].stored.chunk.document_id


def test_caches_are_bypassed_and_nothing_is_kept(bikes: App) -> None:
    """Explaining neither reads a kept answer nor keeps one, and leaves no trace and no question in the counters."""
    answer = ask(bikes)
    before = dict(bikes.cache.entries())
    counted = bikes.telemetry.exposition()
    found = why(bikes, answer)
    assert dict(bikes.cache.entries()) == before
    assert not any(each.decision in {"hit", "miss"} for each in found.again.controls)
    [line] = [each for each in counted.splitlines() if each.startswith(b'ragready_questions_total{outcome="answered"}')]
    assert line in bikes.telemetry.exposition().splitlines()


def test_a_kept_answer_can_be_explained_as_well(bikes: App) -> None:
    """An answer from the cache has an id of its own, and the same explanation."""
    first, second = ask(bikes), ask(bikes)
    assert any(each.decision == "hit" for each in second.controls)
    assert second.id != first.id
    assert [each.effect for each in why(bikes, second).sources] == [each.effect for each in why(bikes, first).sources]


def test_what_is_kept_holds_no_text_of_a_document_or_answer(bikes: App) -> None:
    """Ids, scores, versions and the guarded question: nothing else lies beside the kept answers."""
    answer = ask(bikes)
    [kept] = [value.decode() for key, value in bikes.cache.entries() if key == f"why:{answer.id}"]
    assert ASKED in kept
    assert answer.citations[0].document in kept
    for text in (CITY, answer.text, "Alder Trail is green", "city.md"):
        assert text not in kept


@pytest.mark.parametrize(
    ("viewer", "allowed"),
    [
        (READER, True),
        (Caller("default", "other", "reader", frozenset({"*"})), False),
        (Caller("default", "ops", "operator"), False),
        (Caller("default", "ops", "operator", frozenset({"staff"})), True),
        (Caller("default", "boss", "admin", frozenset({"*"})), True),
        (Caller("elsewhere", "boss", "admin", frozenset({"*"})), False),
        (Caller("elsewhere", READER.id), False),
    ],
    ids=lambda each: f"{each.tenant}-{each.id}-{len(each.groups)}" if isinstance(each, Caller) else str(each),
)
def test_who_may_see_why(bikes: App, viewer: Caller, allowed: bool) -> None:
    """The key that asked, and an operator or admin of the tenant who reads the spaces; for others there is nothing."""
    bikes.records.set_readers("default", "bikes", frozenset({"staff"}))
    asker = replace(READER, groups=frozenset({"staff"}))
    answer = ask(bikes, caller=asker)
    viewer = asker if viewer == READER else viewer
    if allowed:
        assert why(bikes, answer, viewer).repeats
        return
    with pytest.raises(UnknownAnswer) as refused:
        why(bikes, answer, viewer)
    with pytest.raises(UnknownAnswer) as unknown:
        asyncio.run(explained(bikes, viewer, "ans_nope"))
    assert refused.value.detail.replace(answer.id, "ans_nope") == unknown.value.detail
    assert refused.value.remedy == unknown.value.remedy
    assert "3,600 s" in refused.value.remedy


def test_scores_and_the_question_are_for_those_who_may_see_them(bikes: App) -> None:
    """A reader gets ranks and no numbers; an operator gets numbers, and not what somebody else asked."""
    answer = ask(bikes)
    mine, theirs = (why_body(why(bikes, answer, each), each) for each in (READER, ADMIN))
    assert [each.rank for each in mine.hits] == [1, 2, 3]
    assert {(each.score, each.dense, each.lexical) for each in mine.hits} == {(None, None, None)}
    assert all(each.score is not None for each in theirs.hits)
    assert (mine.question, theirs.question) == (ASKED, None)
    assert [each.chunk for each in mine.hits] == [each.stored.chunk.id for each in answer.hits]


def test_an_operators_view_reaches_no_further_than_the_askers(bikes: App, tmp_path: Path) -> None:
    """What the operator may read and the asker could not is not among the sources."""
    write(bikes, tmp_path / "board", {"memo.md": "# Memo\n\nThe warranty of the Alder City costs us 7 million.\n"})
    bikes.records.set_readers("default", "board", frozenset({"board"}))
    found = why(bikes, ask(bikes), ADMIN)
    assert set(by_name(found)) == set(DOCUMENTS)
    assert found.repeats


def test_changed_documents_are_said_and_no_other_answer_explained(bikes: App, tmp_path: Path) -> None:
    """After a change the explanation is refused, naming the space."""
    answer = ask(bikes)
    write(bikes, tmp_path / "bikes", {"shop.md": "# Shop\n\nThe shop in Aarhus opens at ten.\n"})
    with pytest.raises(AnswerOutdated, match="documents of the space 'bikes'"):
        why(bikes, answer)


def test_a_space_that_closed_or_opened_since_is_said(bikes: App, tmp_path: Path) -> None:
    """A key that lost a space, or got another one, is told so; the asker's rights of today decide."""
    closed = ask(bikes)
    bikes.records.set_readers("default", "bikes", frozenset({"staff"}))
    with pytest.raises(AnswerOutdated, match="the space 'bikes', which is not there any more for this key"):
        why(bikes, closed)
    bikes.records.set_readers("default", "bikes", frozenset({"everyone"}))
    answer = ask(bikes)
    write(bikes, tmp_path / "more", {"more.md": "# More\n\nThe bell rings twice.\n"})
    with pytest.raises(AnswerOutdated, match="the spaces that the key may read"):
        why(bikes, answer)


@pytest.mark.parametrize("settings", [{"hits": 2}, {"max_answer_sentences": 1}, {"evidence_threshold": 0.3}], ids=str)
def test_other_settings_are_said(bikes: App, settings: dict) -> None:
    """An answer made with other settings is not explained with those of today."""
    answer = ask(bikes)
    with pytest.raises(AnswerOutdated, match="the settings, the model or a prompt"):
        why(changed(bikes, **settings), answer)


class Wavering:
    """A model that says something else each time."""

    name, simulated = "sim:x", True
    said = 0

    async def stream(self, *_: str) -> AsyncIterator[str]:
        self.said += 1
        yield f"{CITY} [1] The Alder Trail is green. [2]" if self.said % 2 else f"{CITY} [1]"


def test_an_answer_that_does_not_repeat_explains_nothing(bikes: App) -> None:
    """Where the model says something else the second time, no source is tried and that is said."""
    wavering = replace(bikes, model=Wavering())
    found = why(wavering, ask(wavering))
    assert not found.repeats
    assert {(each.effect, each.necessary) for each in found.sources} == {("not-tried", None)}
    assert wavering.model.said == 2


class Slow:
    """A model that always says the same, after a while."""

    name, simulated = "sim:x", True

    async def stream(self, *_: str) -> AsyncIterator[str]:
        await asyncio.sleep(0.5)
        yield f"{CITY} [1]"


def test_an_explanation_ends_in_time(bikes: App) -> None:
    """Sources for which there is no time left are named as not tried."""
    hurried = changed(replace(bikes, model=Slow()), why_seconds=1.4)
    assert [each.effect for each in why(hurried, ask(hurried)).sources] == ["declines", "not-tried", "not-tried"]


def test_no_more_sources_are_tried_than_the_settings_say(bikes: App) -> None:
    """The cited ones come first; the rest is named as not tried."""
    few = changed(bikes, why_sources=1)
    found = why(few, ask(few))
    assert [(each.cited, each.effect) for each in found.sources] == [
        (True, "changes"),
        (False, "not-tried"),
        (False, "not-tried"),
    ]


def test_only_so_many_are_worked_out_at_once(bikes: App) -> None:
    """One explanation too many is refused with the moment to come again, and its place is free afterwards."""
    slow = changed(replace(bikes, model=Slow()), why_at_once=1)
    answer = ask(slow)

    async def two() -> list[object]:
        both = (explained(slow, READER, answer.id) for _ in range(2))
        return await asyncio.gather(*both, return_exceptions=True)

    ended = asyncio.run(two())
    [refused] = [each for each in ended if isinstance(each, RateLimited)]  # either of the two comes first
    assert sum(isinstance(each, Why) for each in ended) == 1
    assert refused.retry_after_seconds == 1
    assert why(slow, answer).repeats


def test_nothing_is_kept_where_it_is_switched_off(bikes: App) -> None:
    """With 0 seconds, or with the control off, an answer has an id and nothing stands under it."""
    for off in (changed(bikes, why_kept_seconds=0), changed(bikes, controls_off=frozenset({"why"}))):
        answer = ask(off)
        assert answer.id
        assert [key for key, _ in bikes.cache.entries() if key.startswith("why:")] == []
        with pytest.raises(UnknownAnswer):
            why(off, answer)
    assert [each.decision for each in answer.controls if each.name == "why"] == ["off"]


def test_it_is_kept_for_the_time_of_the_settings(bikes: App) -> None:
    """The cache is told how long."""
    timed = changed(replace(bikes, cache=FakeCache()), why_kept_seconds=77)
    answer = ask(timed)
    assert timed.cache.seconds[f"why:{answer.id}"] == 77


def test_a_cache_that_fails_costs_the_explanation_and_no_answer(bikes: App) -> None:
    """The answer comes, marked as degraded; without fault isolation it is refused."""
    broken = replace(bikes, cache=FakeCache(broken={"set"}))
    answer = ask(changed(broken, controls_off=frozenset({"exact-cache"})))
    assert answer.degraded == ("cache",)
    assert [each.decision for each in answer.controls if each.name == "why"] == ["could-not-check"]
    with pytest.raises(CacheUnavailable):
        ask(changed(broken, controls_off=frozenset({"exact-cache", "fault-isolation"})))


def test_what_else_lies_in_the_cache_is_no_explanation(bikes: App) -> None:
    """Bytes that nobody remembered are a failure of the cache."""
    bikes.cache.set("why:ans_x", b'{"question": 1}', 60)
    with pytest.raises(CacheUnavailable):
        asyncio.run(explained(bikes, READER, "ans_x"))


def test_removing_a_document_takes_what_names_it_out_of_the_cache(bikes: App) -> None:
    """Kept answers and explanations that name a removed document are gone at once; others stay."""
    answer = ask(bikes)
    ask(changed(bikes, hits=1), "When does the shop in Aarhus open?")
    before = len(list(bikes.cache.entries()))
    remove(bikes, answer.citations[0].document)
    left = list(bikes.cache.entries())
    assert len(left) == before - 2
    assert not any(answer.citations[0].document.encode() in value for _, value in left)
    with pytest.raises(UnknownAnswer):
        why(bikes, answer)


def test_a_cache_that_fails_does_not_stop_a_removal(bikes: App) -> None:
    """The document is gone from every store, whatever the cache says."""
    document = ask(bikes).citations[0].document
    remove(replace(bikes, cache=FakeCache(broken={"entries"})), document)
    assert bikes.records.document("default", document) is None
