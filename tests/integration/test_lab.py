"""What probes are handed: Apps on scratch stores with the user's settings, the sample corpus, the demo."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from eval.checklist.lab import Lab
from eval.target import InProcess
from service.core.answers import Caller
from service.core.settings import Settings

BATTERY = "# Battery\n\nThe battery of the Heron is covered for 31 months from the day of delivery.\n"
PAY = "# Pay\n\nThe yearly pay of the harbour master is 71,250 guilders.\n"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, encoder_folder: Path) -> Iterator[Lab]:
    """A lab with a setting of the user's, and stores of the user's that must not be asked."""
    settings = Settings(
        data_folder=tmp_path_factory.mktemp("user"),
        encoder_folder=encoder_folder.parent,
        redis_url="redis://127.0.0.1:9",
        chroma_url="http://127.0.0.1:9",
        hits=5,
        controls_off="gate",
        _env_file=None,
    )
    with Lab(settings, quick=True) as made:
        yield made


def test_the_sample_corpus_is_ingested_once(lab: Lab) -> None:
    """Two Apps on it have the same documents; the second is open at once, and with counters of its own."""
    with lab.samples() as first:
        asyncio.run(InProcess(first).ask("How long is the battery covered by the warranty?", ("public",)))
        assert first.telemetry.questions.labels(outcome="answered")._value.get() == 1
        sizes = first.records.space_sizes(first.settings.tenant)
    with lab.samples() as second:
        assert second.records.space_sizes(second.settings.tenant) == sizes
        assert second.settings.data_folder == first.settings.data_folder
        assert second.telemetry.questions.labels(outcome="answered")._value.get() == 0
    assert {each.space.name for each in sizes} == {"finance", "hr", "partners", "public", "support"}


def test_settings_are_the_users_on_stores_of_the_labs_own(lab: Lab) -> None:
    """What changes answers stays as the user has set it; stores, switches and changes are the lab's."""
    with lab.samples(frozenset({"hybrid"}), max_answer_sentences=1) as app:
        assert (app.settings.hits, app.settings.max_answer_sentences) == (5, 1)
        assert app.settings.controls_off == {"gate", "hybrid"}
        assert (app.settings.redis_url, app.settings.chroma_url) == (None, None)
        assert app.settings.data_folder.is_relative_to(lab.scratch)


def test_planted_documents_come_and_go(lab: Lab) -> None:
    """A document is found after ingestion, in its new words after a change, and not after its deletion."""
    with lab.production(
        {"public": {"battery.md": BATTERY, "saddle.md": "# Saddle\n\nIt is made of cork.\n"}}
    ) as production:
        target = production.target()
        assert "31 months" in asyncio.run(target.ask("How long is the battery of the Heron covered?")).text
        production.write("public", "battery.md", BATTERY.replace("31", "14"))
        assert [each.documents.updated for each in production.ingest()] == [1]
        assert "14 months" in asyncio.run(target.ask("How long is the battery of the Heron covered?")).text
        production.delete("public", "battery.md")
        production.ingest()
        seen = asyncio.run(target.ask("How long is the battery of the Heron covered?"))
        assert [each.source for each in seen.hits] == ["public/saddle.md"]


def test_a_problem_may_be_what_a_probe_looks_for(lab: Lab) -> None:
    """Ingestion's reports reach a probe that expects them, and raise in one that does not."""
    with lab.production({"public": {"battery.md": BATTERY}}) as production:
        production.write("public", "empty.md", "")
        (report,) = production.ingest(expecting_problems=True)
        assert [each.code for each in report.problems] == ["empty-document"]
        production.write("public", "blank.md", " ")
        with pytest.raises(RuntimeError, match=r"blank\.md: empty-document"):
            production.ingest()


def test_planted_spaces_have_readers(lab: Lab) -> None:
    """A space is read by the groups that the probe names, and by no one else."""
    with lab.production({"hr": {"pay.md": PAY}}, readers={"hr": {"management"}}) as production:
        tenant, question = production.app.settings.tenant, "What is the pay of the harbour master?"
        outsider, insider = Caller(tenant, "out"), Caller(tenant, "in", groups=frozenset({"management"}))
        assert asyncio.run(production.target().ask(question, None, outsider)).hits == ()
        assert "71,250" in asyncio.run(production.target().ask(question, None, insider)).text


def test_a_planted_document_that_is_not_taken_in_is_an_error(lab: Lab) -> None:
    """A probe never measures without what it planted."""
    with (
        pytest.raises(RuntimeError, match=r"public/empty\.md: empty-document"),
        lab.production({"public": {"empty.md": ""}}),
    ):
        pass


def test_the_demo_reads_planted_documents(lab: Lab) -> None:
    """The demo over a probe's documents answers from them, whoever asks, and its copy stays as it was built."""
    corpus = lab.corpus({"hr": {"pay.md": PAY}})
    with lab.demo(corpus) as demo:
        seen = asyncio.run(demo.ask("What is the pay of the harbour master?"))
    assert "71,250" in seen.text
    assert [each.source for each in seen.hits] == ["hr/pay.md"]


def test_a_target_is_the_demo_or_production(lab: Lab) -> None:
    """The sample corpus answers on both paths, each under its name."""

    async def asked(path: str) -> tuple[str, str]:
        async with lab.target(path) as target:
            return target.name, (await target.ask("How long is the battery covered by the warranty?", ("public",))).text

    for path, name in (("production", "hybrid"), ("demo", "demo")):
        assert asyncio.run(asked(path))[0] == name
        assert asyncio.run(asked(path))[1]


def test_cases_are_drawn_the_same_way(lab: Lab) -> None:
    """The same seed draws the same cases, in the suite's order; more than there are is all of them."""
    drawn = lab.cases(20)
    assert drawn == lab.cases(20)
    assert len(drawn) == 20
    order = [case.id for case in lab.suite.cases]
    assert [case.id for case in drawn] == sorted((case.id for case in drawn), key=order.index)
    assert lab.cases(100_000) == lab.suite.cases


def test_closing_removes_the_scratch_folder(tmp_path: Path) -> None:
    """Nothing stays but what the user had."""
    with Lab(Settings(data_folder=tmp_path, _env_file=None)) as lab:
        lab.corpus({"public": {"a.md": "a"}})
        scratch = lab.scratch
        assert scratch.exists()
    assert not scratch.exists()
    assert list(tmp_path.iterdir()) == []
