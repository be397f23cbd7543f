"""Documents uploaded to the running service, which ingests them itself, until they are cited."""

from pathlib import Path

import pytest

from tests.processes import Ragready, Service, wait_until

PAGE = "# Bells\n\nThe bell of the town hall weighs 730 kilograms. It was cast in Utrecht.\n"
QUESTION = "How much does the bell of the town hall weigh?"


def finished(service: Service, job: str) -> dict:
    wait_until(lambda: service.client.get(f"/v1/jobs/{job}").json()["state"] not in {"queued", "running"})
    body: dict = service.client.get(f"/v1/jobs/{job}").json()
    return body


def test_what_is_uploaded_is_cited(ragready: Ragready, tmp_path: Path) -> None:
    """`ragready upload` to a new space, a job that ends, an answer that quotes it, and no answer once it is removed."""
    (tmp_path / "bells.md").write_text(PAGE)
    with ragready.up() as service:
        url = str(service.client.base_url)
        sent = ragready("upload", tmp_path / "bells.md", "--space", "town", "--url", url)
        job = finished(service, sent.body["job"])
        assert (job["state"], job["files_done"], job["problems"]) == ("done", 1, [])
        assert ragready("jobs", "show", job["job"]).body == job
        answer = service.ask(QUESTION, spaces=["town"]).json()
        [citation] = {each["document"]: each for each in answer["citations"]}.values()
        assert (citation["source"], "730 kilograms" in answer["answer"]) == ("uploads/bells.md", True)
        removal = service.client.delete(f"/v1/documents/{citation['document']}")
        assert finished(service, removal.json()["job"])["state"] == "done"
        assert service.ask(QUESTION, spaces=["town"]).json()["abstained"]
    assert ragready("jobs", "list").body["jobs"][1] == job


def test_a_service_that_ingests_has_the_folder_for_itself(copied: Ragready) -> None:
    """Another command on the folder is told who holds it; beside a service that only reads, it goes through."""
    with copied.up():
        error = copied("ask", QUESTION, lock_wait_seconds=0.2).error
        assert (error["code"], "ragready up" in error["detail"]) == ("data-folder-in-use", True)
    with copied.up(read_only=True) as service:
        assert copied("ask", QUESTION).code == 0
        refused = service.client.post("/v1/documents", data={"space": "public"}, files={"files": ("a.md", PAGE)})
        assert (refused.status_code, refused.json()["code"]) == (409, "uploads-closed")


@pytest.mark.parametrize("command", ["show", "cancel", "retry"])
def test_an_unknown_job_is_named(copied: Ragready, command: str) -> None:
    """On the command line as over HTTP."""
    error = copied.within("jobs", command, "job_none").error
    assert (error["code"], "job_none" in error["detail"]) == ("unknown-job", True)


def test_a_file_that_is_not_there_is_named(copied: Ragready) -> None:
    """Before anything is sent."""
    assert copied.within("upload", "nowhere.md", "--space", "public").error["code"] == "path-missing"
