"""Documents over HTTP, up to the job that they become, and who may see it; on fakes, without a worker."""

from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from service.api.app import create_api
from service.core.app import App
from service.core.job import Job
from service.core.limits import Allowance
from service.core.types import Document
from service.core.uploads import UploadStore
from tests.unit.api.conftest import SETTINGS_KEY, Api

PAGE = b"# Bell\n\nThe bell is brass.\n"
DISPOSED = b"Content-Disposition: form-data; "


def send(client: TestClient, *files: tuple[str, bytes], **fields: str):
    return client.post("/v1/documents", data={"space": "lobby", **fields}, files=[("files", each) for each in files])


def stored(app: App) -> dict[str, int]:
    """The names of stored files, with how often."""
    names = [key.rpartition("/")[2] for key, _ in app.uploads.keys("default")]
    return {name: names.count(name) for name in names}


@pytest.fixture
def api(fake_app: App, tmp_path: Path) -> Api:
    """An open space with a folder of its name, one for the group hr with a document, and a folder for uploads."""
    app = replace(fake_app, uploads=UploadStore(str(tmp_path / "uploads")))
    app.records.ensure_space("default", "lobby", app.recipe)
    app.records.set_source_path("default", "lobby", "lobby", "/corpus/lobby")
    hr = app.records.ensure_space("default", "hr", app.recipe, {"hr"}).index
    page = Document("doc_page", "default", "hr", "hr/page.md", "Page", "This is the page.", "text/markdown", "hash")
    app.records.write_document(hr, page, [], {})
    return Api(app, create_api(app, SETTINGS_KEY))


def test_files_are_stored_and_become_a_job(api: Api) -> None:
    """The answer is 202 with a queued job and where to ask for it; the bytes are in the store as they were sent."""
    client = api.client(api.key("operator").key)
    response = send(client, ("bell.md", PAGE), ("lamp.txt", b"The lamp."))
    body = response.json()
    assert response.status_code == 202, body
    assert response.headers["Location"] == f"/v1/jobs/{body['job']}"
    assert (body["state"], body["files"], body["files_done"]) == ("queued", 2, 0)
    assert client.get(response.headers["Location"]).json() == body
    bell, lamp = api.app.records.jobs.uploads(body["job"])
    assert (bell.source, bell.size_bytes, lamp.source) == ("uploads/bell.md", len(PAGE), "uploads/lamp.txt")
    with api.app.uploads.reading(bell.key, Path()) as path:
        assert path.read_bytes() == PAGE


def test_a_source_name_may_be_given(api: Api) -> None:
    """`source` replaces what the documents' sources begin with; a folder's name is refused."""
    client = api.client(SETTINGS_KEY)
    job = send(client, ("bell.md", PAGE), source="handbook").json()["job"]
    assert api.app.records.jobs.uploads(job)[0].source == "handbook/bell.md"
    refused = send(client, ("bell.md", PAGE), source="lobby")
    assert (refused.status_code, refused.json()["code"]) == (409, "source-conflict")


@pytest.mark.parametrize(
    "name", ["../bell.md", "a/bell.md", "..", ".hidden", "bell\u202edm.md", "bell\n.md", "\x00.md", "b" * 300 + ".md"]
)
def test_names_that_deceive_are_refused(api: Api, name: str) -> None:
    """No path, no control character, no mark that turns the writing, no hidden name; and nothing of it stays."""
    boundary = "b0undary"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{{}}"{{}}\r\n\r\n'
    files = head.format("files", '; filename="good.md"') + "x\r\n" + head.format("files", f'; filename="{name}"') + "x"
    body = f"{head.format('space', '')}lobby\r\n{files}\r\n--{boundary}--\r\n".encode()
    response = api.client(SETTINGS_KEY).post(
        "/v1/documents", content=body, headers={"Content-Type": f"multipart/form-data; boundary={boundary}"}
    )
    assert response.status_code == 422
    assert response.json()["code"] in {"invalid-name", "invalid-request"}  # a line break ends the header before it
    assert stored(api.app) == {}


def test_one_name_has_one_spelling(api: Api) -> None:
    """A name with combining characters is the same as with composed ones."""
    job = send(api.client(SETTINGS_KEY), ("cafe\u0301.md", PAGE)).json()["job"]
    assert api.app.records.jobs.uploads(job)[0].source == "uploads/caf\u00e9.md"


@pytest.mark.parametrize(
    ("settings", "files", "named"),
    [
        ({"max_file_mebibytes": 1}, 1, "big.md"),
        ({"max_upload_mebibytes": 1, "max_file_mebibytes": 9}, 1, "RAGREADY_MAX_UPLOAD_MEBIBYTES"),
        ({"max_upload_files": 2}, 3, "RAGREADY_MAX_UPLOAD_FILES"),
    ],
)
@pytest.mark.parametrize("announced", [True, False])
def test_what_is_too_large_is_refused(api: Api, settings: dict, files: int, named: str, announced: bool) -> None:
    """One file, a whole request and a number of files have a limit each, and nothing of what is refused stays."""
    app = replace(api.app, settings=api.app.settings.model_copy(update=settings))
    client = Api(app, create_api(app, SETTINGS_KEY)).client(SETTINGS_KEY)
    content = b"x" * (2 * 2**20 if files == 1 else 10)
    request = client.build_request(
        "POST", "/v1/documents", data={"space": "lobby"}, files=[("files", ("big.md", content))] * files
    )
    body = request.read()
    if not announced:
        del request.headers["Content-Length"]
    given = body if announced else iter([body[:1000], body[1000:]])
    response = client.post("/v1/documents", content=given, headers={"Content-Type": request.headers["Content-Type"]})
    assert (response.status_code, response.json()["code"]) == (413, "body-too-large")
    assert named in response.json()["detail"] + response.json()["remedy"]
    assert stored(app) == {}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{}", "application/json"),
        (b"", "multipart/form-data"),
        (b"", "multipart/form-data; boundary=x"),
        (
            b"--x\r\ncontent-disposition: form-data; name=files; filename=a.md\r\n\r\nhalf",
            "multipart/form-data; boundary=x",
        ),
        (b"--y\r\nnonsense", "multipart/form-data; boundary=x"),
        (
            b'--x\r\nContent-Disposition: form-data; name="space"\r\n\r\nlobby\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
    ],
)
def test_what_is_no_whole_form_is_refused(api: Api, body: bytes, kind: str) -> None:
    """A body of another kind, a broken or cut form, and one without files or a space, get 422; no file stays."""
    client = api.client(SETTINGS_KEY)
    response = client.post("/v1/documents", content=body, headers={"Content-Type": kind})
    assert (response.status_code, response.json()["code"]) == (422, "invalid-request")
    assert stored(api.app) == {}
    assert client.get("/v1/jobs").json() == {"jobs": []}


def test_who_may_upload(api: Api) -> None:
    """A reader may not, and an operator may only into spaces that it reads; others look as if they were not there."""
    reader, operator = api.client(api.key("reader", "hr").key), api.client(api.key("operator").key)
    assert send(reader, ("bell.md", PAGE)).json()["code"] == "forbidden"
    closed, absent = (send(operator, ("bell.md", PAGE), space=each) for each in ("hr", "nowhere"))
    assert (closed.status_code, closed.json()["code"]) == (absent.status_code, absent.json()["code"])
    assert closed.json()["code"] == "unknown-space"
    assert send(api.client(api.key("operator", "hr").key), ("bell.md", PAGE), space="hr").status_code == 202
    assert stored(api.app) == {"bell.md": 1}


def test_an_admin_makes_a_space(api: Api) -> None:
    """A new name makes a space, for the groups that the form names."""
    admin = api.client(SETTINGS_KEY)
    assert send(admin, ("bell.md", PAGE), space="tower", readers="ringers, wardens").status_code == 202
    [tower] = [each for each in api.app.records.spaces("default") if each.name == "tower"]
    assert tower.readers == {"ringers", "wardens"}


def test_jobs_are_seen_by_who_reads_their_space(api: Api) -> None:
    """An operator sees jobs on its own spaces; another one's job is answered like one that is not there."""
    hidden = send(api.client(SETTINGS_KEY), ("bell.md", PAGE), space="hr").json()["job"]
    shown = send(api.client(SETTINGS_KEY), ("bell.md", PAGE)).json()["job"]
    operator = api.client(api.key("operator").key)
    assert [each["job"] for each in operator.get("/v1/jobs").json()["jobs"]] == [shown]
    for path, act in ((f"/v1/jobs/{hidden}", "get"), (f"/v1/jobs/{hidden}/cancel", "post")):
        response = getattr(operator, act)(path)
        assert (response.status_code, response.json()["code"]) == (404, "unknown-job")
    assert operator.get("/v1/jobs/job_none").json()["code"] == "unknown-job"
    assert api.client(api.key("reader").key).get("/v1/jobs").status_code == 403


def test_only_what_has_not_ended_can_be_cancelled_and_only_what_failed_retried(api: Api) -> None:
    """Every other wish is refused with the state that the job is in."""
    client = api.client(SETTINGS_KEY)
    job = send(client, ("bell.md", PAGE)).json()["job"]
    assert client.post(f"/v1/jobs/{job}/retry").json()["code"] == "job-state"
    assert client.post(f"/v1/jobs/{job}/cancel").json()["state"] == "cancelled"
    again = client.post(f"/v1/jobs/{job}/cancel")
    assert (again.status_code, "cancelled" in again.json()["detail"]) == (409, True)


def test_a_service_that_only_reads_says_so(api: Api) -> None:
    """Without a worker that could write, an upload is refused before it is read, with the way out."""
    client = Api(api.app, create_api(api.app, SETTINGS_KEY, takes_documents=False)).client(SETTINGS_KEY)
    response = send(client, ("bell.md", PAGE))
    assert (response.status_code, response.json()["code"]) == (409, "uploads-closed")
    assert "--read-only" in response.json()["remedy"]


def test_a_document_is_removed_by_a_job(api: Api) -> None:
    """DELETE asks for a removal; of a document that the caller may not read, it says that there is none."""
    refused = api.client(api.key("operator").key).delete("/v1/documents/doc_page")
    assert (refused.status_code, refused.json()["code"]) == (404, "unknown-document")
    asked = api.client(SETTINGS_KEY).delete("/v1/documents/doc_page")
    assert (asked.status_code, asked.json()["kind"], asked.json()["what"]) == (202, "removal", "doc_page")


def test_uploads_count_against_the_limit(api: Api) -> None:
    """An upload is a request like a question: above its limit a key gets 429."""
    full = type("Full", (), {"blocks": False, "take": lambda *_: Allowance(False, 7)})
    app = replace(api.app, limiter=full())
    response = send(Api(app, create_api(app, SETTINGS_KEY)).client(SETTINGS_KEY), ("bell.md", PAGE))
    assert (response.status_code, response.headers["Retry-After"]) == (429, "7")


def test_another_tenants_jobs_are_not_there(api: Api) -> None:
    """Jobs are looked up within the caller's tenant."""
    api.app.records.ensure_space("other", "lobby", api.app.recipe)
    made = api.app.records.jobs.submit(Job("other", "lobby", "uploads", "uploads", "them"))
    client = api.client(SETTINGS_KEY)
    assert client.get(f"/v1/jobs/{made.id}").status_code == 404
    assert client.get("/v1/jobs").json() == {"jobs": []}


def test_jobs_on_the_index_are_for_admins(api: Api) -> None:
    """They are about every space, and an operator may not read every one."""
    made = api.app.records.jobs.submit(Job("default", None, "swap", "2", "local"))
    admin, operator = api.client(SETTINGS_KEY), api.client(api.key("operator").key)
    assert [each["job"] for each in admin.get("/v1/jobs").json()["jobs"]] == [made.id]
    assert admin.get(f"/v1/jobs/{made.id}").json()["space"] is None
    assert operator.get("/v1/jobs").json() == {"jobs": []}
    assert operator.get(f"/v1/jobs/{made.id}").status_code == 404
    assert operator.post(f"/v1/jobs/{made.id}/cancel").status_code == 404
