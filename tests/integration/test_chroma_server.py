"""The vector index on a real Chroma server instead of in process."""

from pathlib import Path

from eval.servers import Server
from tests.corpus import QUESTION, WORDS, write_corpus, write_parts
from tests.processes import Ragready, wait_until

ANOTHER = "When is the workshop in Aarhus open?"


def test_a_service_outlives_its_chroma_server(ragready: Ragready, chroma: Server, tmp_path: Path) -> None:
    """While the server is gone, readiness and new questions name it with 503; once it is back, both work again."""
    settings = {"chroma_url": f"http://127.0.0.1:{chroma.port}"}
    assert ragready("ingest", write_corpus(tmp_path / "help"), "--space", "public", **settings).code == 0
    assert not (ragready.data / "vectors").exists()
    with ragready.up(**settings) as service:
        before = service.ask(QUESTION).json()
        assert WORDS in before["answer"]
        chroma.kill()
        ready = service.client.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["dependencies"]["records"] == "ok"
        assert str(chroma.port) in ready.json()["dependencies"]["vectors"]
        assert service.ask(QUESTION).json()["citations"] == before["citations"]  # kept, and so needs no search
        refused = service.ask(ANOTHER)
        assert (refused.status_code, refused.json()["code"]) == (503, "index-unavailable")
        assert "RAGREADY_CHROMA_URL" in refused.json()["remedy"]
        assert service.client.get("/healthz").status_code == 200
        chroma.start()
        wait_until(lambda: service.client.get("/readyz").status_code == 200, 20)
        assert service.ask(ANOTHER).json()["citations"]


def test_ingestion_runs_beside_the_service(ragready: Ragready, chroma: Server, tmp_path: Path) -> None:
    """With a server behind both, a document that is ingested while the service runs answers at once."""
    settings = {"chroma_url": f"http://127.0.0.1:{chroma.port}"}
    with ragready.up(**settings) as service:
        assert service.ask("What does the part number 2 weigh?").json()["abstained"] is True
        done = ragready("ingest", write_parts(tmp_path / "parts", 3), "--space", "public", **settings)
        assert done.body["documents"]["added"] == 3
        assert "17 grams" in service.ask("What does the part number 2 weigh?").json()["answer"]


def test_a_chroma_server_that_is_not_there_is_named(ragready: Ragready, chroma: Server) -> None:
    """A command that cannot reach its Chroma server fails with the address and the setting to check."""
    chroma.kill()
    error = ragready("ask", QUESTION, chroma_url=f"http://127.0.0.1:{chroma.port}").error
    assert error["code"] == "index-unavailable"
    assert f"127.0.0.1:{chroma.port}" in error["detail"]
    assert "RAGREADY_CHROMA_URL" in error["remedy"]
