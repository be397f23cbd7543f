"""The records in a real PostgreSQL instead of SQLite."""

from pathlib import Path

from eval.servers import Server, free_port
from service.bootstrap import open_records
from service.core.settings import load_settings
from service.core.types import Index
from tests.corpus import DOCUMENTS, QUESTIONS, write_corpus, write_parts
from tests.processes import Ragready


def test_documents_are_ingested_and_questions_answered(ragready: Ragready, database_url: str, tmp_path: Path) -> None:
    """Ingestion, answers, a second run and a removal work as on SQLite, which is not touched."""
    folder = write_corpus(tmp_path / "help")
    settings = {"database_url": database_url}
    assert ragready("ingest", folder, "--space", "public", **settings).body["documents"]["added"] == len(DOCUMENTS)
    for question, source, words in QUESTIONS:
        body = ragready.within("ask", question, **settings).body
        assert words in body["answer"]
        assert f"help/{source}" in {each["source"] for each in body["citations"]}
        assert any(each["lexical"] for each in body["hits"])
    assert ragready.within("ingest", folder, "--space", "public", **settings).body["embedded"] == 0
    (folder / "warranty.md").unlink()
    assert ragready.within("ingest", folder, "--space", "public", **settings).body["documents"]["removed"] == 1
    assert "help/warranty.md" not in str(ragready.within("ask", QUESTIONS[0][0], **settings).body)
    assert not (ragready.data / "records.sqlite3").exists()


def test_offsets_count_characters_as_python_does(ragready: Ragready, database_url: str, tmp_path: Path) -> None:
    """A quote is the span that its offsets name, also behind letters and signs of several bytes."""
    settings = {"database_url": database_url}
    ragready.within("ingest", write_corpus(tmp_path / "help"), "--space", "public", **settings)
    [citation, *_] = ragready.within("ask", "How is a cargo bike brought on a pallet?", **settings).body["citations"]
    text = ragready.within("documents", "show", citation["document"], **settings).body["text"]
    assert "🚲" in text[: citation["end"]]
    assert text[citation["start"] : citation["end"]] == citation["quote"]


def test_reindex_switches_to_the_next_generation(ragready: Ragready, database_url: str, tmp_path: Path) -> None:
    """`reindex` writes the next generation, answers from it, and leaves no posting of the one before."""
    settings = {"database_url": database_url}
    ragready.within("ingest", write_corpus(tmp_path / "help"), "--space", "public", **settings)
    before = ragready.within("ask", QUESTIONS[0][0], **settings).body["citations"]
    assert ragready.within("reindex", **settings).code == 0
    assert ragready.within("ask", QUESTIONS[0][0], **settings).body["citations"] == before
    records = open_records(load_settings(data_folder=ragready.data, database_url=database_url))
    assert records.search([Index("default", "public", 1)], "battery warranty", 10) == [[]]
    assert records.search([Index("default", "public", 2)], "battery warranty", 10)[0]
    records.close()


def test_processes_that_start_together_migrate_once(ragready: Ragready, database_url: str) -> None:
    """Four processes that find an empty database at once all start."""
    starting = [ragready.start("spaces", "--json", database_url=database_url) for _ in range(4)]
    for process in starting:
        stdout, stderr = process.communicate(timeout=60)
        assert (process.returncode, stdout) == (0, '{"spaces": []}\n'), stderr


def test_two_ingestions_at_once_lose_nothing(
    ragready: Ragready, database_url: str, chroma: Server, tmp_path: Path
) -> None:
    """Two processes that write into one space of one database and one Chroma server both complete, nothing missing."""
    settings = {"database_url": database_url, "chroma_url": f"http://127.0.0.1:{chroma.port}"}
    folders = [write_parts(tmp_path / name, 10) for name in ("left", "right")]
    starting = [
        ragready.start(
            "ingest",
            folder,
            "--space",
            "public",
            "--data",
            tmp_path / f"{folder.name}-data",
            "--json",
            **settings,
        )
        for folder in folders
    ]
    for process in starting:
        stdout, stderr = process.communicate(timeout=60)
        assert process.returncode == 0, stdout + stderr
    [space] = ragready.within("spaces", database_url=database_url).body["spaces"]
    assert space["documents"] == 10  # the folders hold the same pages: of each, one is current and one its alias
    listed = ragready.within("documents", "list", database_url=database_url).body["documents"]
    assert sorted(each["standing"] for each in listed) == ["alias"] * 10 + ["current"] * 10
    for number in (0, 9):
        assert ragready("ask", f"What does the part number {number} weigh?", **settings).code == 0


def test_a_database_that_is_not_there_is_named_without_its_password(ragready: Ragready) -> None:
    """A command that cannot reach PostgreSQL names the address and the setting, and never the password."""
    port = free_port()
    done = ragready.within("ask", "Why?", database_url=f"postgresql://me:hunter22@127.0.0.1:{port}/ragready")
    assert done.error["code"] == "records-unavailable"
    assert f"127.0.0.1:{port}" in done.error["detail"]
    assert "RAGREADY_DATABASE_URL" in done.error["remedy"]
    assert "hunter22" not in done.stdout + done.stderr


def test_a_service_outlives_its_database(ragready: Ragready, postgres, database_url: str, tmp_path: Path) -> None:
    """While PostgreSQL is stopped, readiness, questions and any key end in 503; when it is back, all work again."""
    settings = {"database_url": database_url}
    ragready.within("ingest", write_corpus(tmp_path / "help"), "--space", "public", **settings)
    with ragready.up(**settings) as service:
        before = service.ask(QUESTIONS[0][0]).json()["answer"]
        postgres.stop()
        try:
            ready = service.client.get("/readyz")
            assert ready.status_code == 503
            assert ready.json()["dependencies"]["records"].startswith("RecordsUnavailable")
            assert ready.json()["dependencies"]["vectors"] == "ok"
            refused = service.ask(QUESTIONS[0][0])
            assert (refused.status_code, refused.json()["code"]) == (503, "records-unavailable")
            for key in (service.key, "rr_unknown"):
                for page in (service.stranger.get(f"/?key={key}"), service.stranger.post("/", content=f"key={key}")):
                    assert page.status_code == 503
        finally:
            postgres.start()
        assert service.client.get("/readyz").status_code == 200
        assert service.ask(QUESTIONS[0][0]).json()["answer"] == before
