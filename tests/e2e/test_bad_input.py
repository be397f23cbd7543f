"""What people give a command or a service by mistake: each fails by name, says the way out, loses nothing."""

import asyncio
import ctypes
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.bootstrap import open_app
from service.core.answers import Question, local_caller
from service.core.settings import load_settings
from service.rag import pipeline
from tests import files
from tests.corpus import QUESTION, WORDS, write_corpus, write_parts
from tests.processes import Done, Ragready, Service, stop, wait_until

PROBLEM_TYPE = "application/problem+json"
SECRET = "the safe opens with the code 7-7-3-1"
# Source, stable code, words of the remedy.
BAD_FILES = [
    ("empty.md", "empty-document", "Remove it"),
    ("spaces.txt", "empty-document", "Remove it"),
    ("locked.pdf", "encrypted-file", "without the password"),
    ("locked.docx", "encrypted-file", "without the password"),
    ("cut.pdf", "damaged-file", "Copy or export the file again"),
    ("cut.docx", "damaged-file", "Copy or export the file again"),
    ("picture.md", "mislabelled-file", "ending of its real format"),
    ("page.pdf", "mislabelled-file", "ending of its real format"),
    ("huge.txt", "file-too-large", "RAGREADY_MAX_FILE_MEBIBYTES"),
    ("gone.md", "unreadable-file", "Check that it exists"),
    ("private.md", "unreadable-file", "who may read it"),
    ("pipe.md", "unreadable-file", "replace it by a file"),
    ("outside.md", "outside-folder", "Copy its target into the folder"),
    ("outside/", "outside-folder", "Copy its target into the folder"),
]
NOT_A_QUESTION = [
    pytest.param("", id="empty"),
    pytest.param("  \t\n ", id="spaces"),
    pytest.param("\x01\x02\x1b\x7f", id="control characters"),
    pytest.param("\u200b\u2060\ufeff", id="invisible characters"),
    pytest.param("?!…", id="no word"),
]
WRONG_USAGE = [
    [],
    ["nonsense"],
    ["ask"],
    ["ask", "Why?", "--nonsense"],
    ["ask", "Why?", "because"],
    ["ingest", "--space", "public"],
    ["ingest", "."],
    ["documents"],
    ["documents", "show"],
    ["documents", "delete"],
    ["documents", "list", "extra"],
    ["reindex", "extra"],
    ["up", "--port", "eighty"],
    ["worker", "--every", "often"],
]


def put_bad_files(folder: Path) -> None:
    """One file of each kind in BAD_FILES, and targets of links beside the folder."""
    aside = folder.with_name("aside")
    aside.mkdir()
    (aside / "secret.md").write_text(f"# Safe\n\nRemember: {SECRET}.\n")
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(480)
    for name, content in {
        "empty.md": b"",
        "spaces.txt": b" \n\t\n",
        "locked.pdf": files.encrypted_pdf("user", "owner"),
        "locked.docx": ole,
        "cut.pdf": files.pdf("A page that breaks off")[:-200],
        "cut.docx": files.docx("A letter that breaks off")[:-200],
        "picture.md": b"\x89PNG\r\n\x1a\n" + bytes(100),
        "page.pdf": b"<html><body><p>A page</p></body></html>",
        "private.md": b"# Private\n\nNobody may read this.\n",
    }.items():
        (folder / name).write_bytes(content)
    with (folder / "huge.txt").open("wb") as file:
        file.truncate(200 * 2**20)
    (folder / "private.md").chmod(0)
    os.mkfifo(folder / "pipe.md")
    (folder / "gone.md").symlink_to("nowhere.md")
    (folder / "outside.md").symlink_to(aside / "secret.md")
    (folder / "outside").symlink_to(aside)


def without_root_override() -> None:
    """In a child: give up root's right to read what file modes forbid, which tests in containers run with."""
    if os.geteuid() == 0:
        drop_from_bounding_set, override, read_search = 24, 1, 2
        libc = ctypes.CDLL(None)
        for capability in (override, read_search):
            libc.prctl(drop_from_bounding_set, capability, 0, 0, 0)


def file_limit(size: int) -> Callable[[], None]:
    """In a child: no file may grow beyond `size` bytes, which fails a write as a full disk does."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


def answered(done: Done) -> str:
    """The answer of a finished `ask`, which must not have declined."""
    assert done.code == 0, done
    assert done.body["abstained"] is False
    answer: str = done.body["answer"]
    return answer


def sources(ragready: Ragready) -> set[str]:
    """The sources of every document."""
    return {each["source"] for each in ragready.within("documents", "list").body["documents"]}


def parts_that_answer(ragready: Ragready, count: int) -> int:
    """How many of the documents that write_parts made answer the question about them, each citing itself."""
    settings = load_settings(data_folder=ragready.data, encoder_folder=ragready.encoder_folder)
    with open_app(settings, holder="a test") as app:
        return sum(
            f"parts/part-{number}.md"
            in {
                each.source
                for each in asyncio.run(
                    pipeline.answer(
                        app, Question(f"What does the part number {number} weigh?", local_caller("default"))
                    )
                ).citations
            }
            for number in range(count)
        )


# Files


@pytest.fixture(scope="module")
def bad_ingest(filled: Ragready, tmp_path_factory: pytest.TempPathFactory) -> tuple[Ragready, Path, Done]:
    """An ingestion of good files with one bad file of each kind among them."""
    place = tmp_path_factory.mktemp("bad")
    ragready = Ragready(place / "data", filled.encoder_folder)
    folder = write_corpus(place / "mixed")
    put_bad_files(folder)
    return ragready, folder, ragready("ingest", folder, "--space", "public", before=without_root_override)


def test_a_missing_folder_is_named(ragready: Ragready) -> None:
    """A folder that does not exist stops the ingestion by name, before a space is made."""
    error = ragready("ingest", "/no/such/folder", "--space", "public").error
    assert error["code"] == "path-missing"
    assert "/no/such/folder" in error["detail"]
    assert ragready.within("spaces").body == {"spaces": []}


@pytest.mark.parametrize(("source", "code", "remedy"), BAD_FILES, ids=[each[0] for each in BAD_FILES])
def test_a_bad_file_is_named_with_its_remedy(bad_ingest, source: str, code: str, remedy: str) -> None:
    """A file that cannot be ingested is a problem of its own, with a stable code, its name and what to do."""
    _, _, done = bad_ingest
    found = {each["source"]: each for each in done.body["problems"]}[f"mixed/{source.rstrip('/')}"]
    assert found["code"] == code
    assert source.rstrip("/") in found["detail"]
    assert remedy in found["remedy"]


def test_bad_files_do_not_stop_the_good_ones(bad_ingest) -> None:
    """The run exits with 1, lists exactly the bad files, and ingests every good one, which then answers."""
    ragready, _, done = bad_ingest
    assert done.code == 1
    assert len(done.body["problems"]) == len(BAD_FILES)
    assert done.body["documents"]["added"] == 5
    assert WORDS in answered(ragready.within("ask", QUESTION))


def test_nothing_outside_the_folder_is_read(bad_ingest) -> None:
    """No document holds what a link that leads outside points at."""
    ragready, _, _ = bad_ingest
    assert "mixed/outside.md" not in sources(ragready)
    stored = sqlite3.connect(ragready.data / "records.sqlite3")
    held = stored.execute("SELECT count(*) FROM documents WHERE instr(text, ?)", (SECRET,)).fetchone()
    stored.close()
    assert held == (0,)


def test_a_second_run_reports_bad_files_again_until_they_are_mended(bad_ingest) -> None:
    """What was held back counts at every run; once a file is mended it is ingested, and the others are left alone."""
    ragready, folder, _ = bad_ingest
    (folder / "empty.md").write_text("# Bells\n\nEvery bike has a bell made of brass.\n")
    done = ragready("ingest", folder, "--space", "public", before=without_root_override)
    documents = done.body["documents"]
    assert (documents["added"], documents["updated"], documents["removed"]) == (1, 0, 0)
    unopened = len(done.body["problems"])  # a file that cannot be opened is no held document: it is tried again
    assert documents["unchanged"] - 5 + unopened == len(BAD_FILES) - 1
    assert done.body["held_earlier"] == documents["unchanged"] - 5


def test_a_document_whose_new_version_is_damaged_stays(ragready: Ragready, tmp_path: Path) -> None:
    """A good document whose file breaks keeps answering with its last good text, and the damage is reported."""
    folder = write_corpus(tmp_path / "help")
    ragready("ingest", folder, "--space", "public")
    (folder / "warranty.md").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    done = ragready("ingest", folder, "--space", "public")
    assert [each["code"] for each in done.body["problems"]] == ["mislabelled-file"]
    assert WORDS in answered(ragready.within("ask", QUESTION))


def test_a_folder_that_lost_every_file_is_not_emptied(copied: Ragready, help_folder: Path, tmp_path: Path) -> None:
    """When a folder holds no file any more, as when its mount failed, its documents are kept and the run fails."""
    (tmp_path / "help").mkdir()
    done = copied("ingest", tmp_path / "help", "--space", "public", "--source", "help")
    assert done.code == 1
    assert "mounted" in done.body["problems"][0]["remedy"]
    assert len(sources(copied)) == len(list(help_folder.iterdir()))


# Questions


@pytest.fixture(scope="module")
def served(filled: Ragready, tmp_path_factory: pytest.TempPathFactory) -> Ragready:
    """The command on the data folder that the service answers from."""
    data = shutil.copytree(filled.data, tmp_path_factory.mktemp("served") / "data")
    return Ragready(data, filled.encoder_folder)


@pytest.fixture(scope="module")
def service(served: Ragready) -> Iterator[Service]:
    """A service that answers from the small corpus, and shares its folder with other readers."""
    with served.up(read_only=True) as running:
        yield running


@pytest.mark.parametrize("question", NOT_A_QUESTION)
def test_a_question_without_a_word_is_refused_on_the_command_line(filled: Ragready, question: str) -> None:
    """A question that holds nothing to read fails with its code and an example of a question."""
    error = filled("ask", question).error
    assert error["code"] == "invalid-question"
    assert "Ask in words" in error["remedy"]


@pytest.mark.parametrize("question", NOT_A_QUESTION)
def test_a_question_without_a_word_is_refused_over_http(service: Service, question: str) -> None:
    """The same over HTTP is a 422 problem."""
    got = service.ask(question)
    assert (got.status_code, got.headers["content-type"]) == (422, PROBLEM_TYPE)
    assert got.json()["code"] == "invalid-question"


def test_a_megabyte_of_question_is_refused_on_the_command_line(filled: Ragready) -> None:
    """A question of 1 MB fails with its size and the limit, and is not repeated in the message."""
    done = filled("ask", "-", stdin="battery " * 131_072)
    assert done.error["code"] == "question-too-long"
    assert "1,048,576 characters; 2,000 are allowed" in done.error["detail"]
    assert len(done.stdout) < 1_000


def test_a_megabyte_of_question_is_refused_over_http(service: Service) -> None:
    """A body of 1 MB is a 413 problem, and a question above its limit in a body below the other's a 422."""
    huge, long = service.ask("battery " * 131_072), service.ask("battery " * 300)
    assert (huge.status_code, huge.json()["code"]) == (413, "body-too-large")
    assert (long.status_code, long.json()["code"]) == (422, "question-too-long")
    assert huge.headers["content-type"] == long.headers["content-type"] == PROBLEM_TYPE


def test_control_characters_inside_a_question_do_not_matter(service: Service) -> None:
    """Control and invisible characters between words change nothing about the answer."""
    dirty = QUESTION.replace(" ", "\x00 \u200b").replace("battery", "bat\u200btery")
    assert service.ask(dirty).json()["answer"] == service.ask(QUESTION).json()["answer"]


def test_an_unknown_space_is_refused_by_both(filled: Ragready, service: Service) -> None:
    """A space that does not exist is named, with the spaces that do; over HTTP that is a 404 problem."""
    error = filled("ask", QUESTION, "--space", "nope").error
    got = service.ask(QUESTION, spaces=["nope"])
    assert (got.status_code, got.headers["content-type"]) == (404, PROBLEM_TYPE)
    for problem in (error, got.json()):
        assert problem["code"] == "unknown-space"
        assert "'nope'" in problem["detail"]
        assert "public" in problem["remedy"]


def test_an_unknown_space_is_refused_when_documents_are_listed(filled: Ragready, service: Service) -> None:
    """Listing the documents of an unknown space is an error too, not an empty list."""
    assert filled.within("documents", "list", "--space", "nope").error["code"] == "unknown-space"
    got = service.client.get("/v1/documents", params={"space": "nope"})
    assert (got.status_code, got.json()["code"]) == (404, "unknown-space")


@pytest.mark.parametrize("name", ["Public", "a b", "../up", "", "-a", "a" * 41])
def test_a_name_that_breaks_the_rule_makes_no_space(service: Service, name: str) -> None:
    """A space's name outside the rule is refused with the rule."""
    got = service.ask(QUESTION, spaces=[name])
    assert (got.status_code, got.json()["code"]) == (422, "invalid-name")


def test_an_unknown_strategy_names_those_that_exist(filled: Ragready, service: Service) -> None:
    """A strategy that does not exist is refused with the list of those that do."""
    for problem in (
        filled.within("ask", QUESTION, "--strategy", "magic").error,
        service.ask(QUESTION, strategy="x").json(),
    ):
        assert problem["code"] == "unknown-strategy"
        assert "hybrid, naive" in problem["remedy"]


def test_an_unknown_document_is_refused_by_both(copied: Ragready, service: Service) -> None:
    """A document that does not exist is an error of its own, whether it is to be shown or deleted."""
    assert copied.within("documents", "show", "doc_nope").error["code"] == "unknown-document"
    assert copied.within("documents", "delete", "doc_nope").error["code"] == "unknown-document"
    assert service.client.get("/v1/documents/doc_nope").status_code == 404


@pytest.mark.parametrize("args", WRONG_USAGE, ids=" ".join)
def test_wrong_usage_exits_with_2(tmp_path: Path, encoder_folder: Path, args: list[str]) -> None:
    """A command line that the command does not know exits with 2 and makes no data folder."""
    ragready = Ragready(tmp_path / "data", encoder_folder.parent)
    done = ragready(*args, as_json=False)
    assert done.code == 2
    assert "Usage:" in done.stderr + done.stdout
    assert not ragready.data.exists()


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"port": "eighty"}, "RAGREADY_PORT"),
        ({"evidence_threshold": 2}, "RAGREADY_EVIDENCE_THRESHOLD"),
        ({"environment": "staging"}, "RAGREADY_ENVIRONMENT"),
        ({"tenant": "Not A Name"}, "tenant"),
        ({"database_url": "mysql://u:p@h/d"}, "RAGREADY_DATABASE_URL"),
        ({"chroma_url": "localhost:8000"}, "RAGREADY_CHROMA_URL"),
    ],
    ids=str,
)
def test_a_setting_that_cannot_be_used_is_named(copied: Ragready, settings: dict[str, object], name: str) -> None:
    """A setting with a value that cannot be used stops the command by the setting's name."""
    assert name in copied.within("ask", QUESTION, **settings).error["detail"]


# Stores


def test_a_lost_vector_index_is_rebuilt_by_reindex(copied: Ragready) -> None:
    """Without its vectors the index is refused as damaged; `reindex` restores the same answer from the records."""
    before = answered(copied.within("ask", QUESTION))
    shutil.rmtree(copied.data / "vectors")
    error = copied("ask", QUESTION).error
    assert error["code"] == "index-damaged"
    assert "'public'" in error["detail"]
    assert "ragready reindex" in error["remedy"]
    assert copied("reindex").code == 0
    assert answered(copied.within("ask", QUESTION)) == before


@pytest.mark.parametrize("keep", [0, 4_096], ids=["from the first byte", "behind the header"])
def test_a_garbled_vector_index_is_rebuilt_by_reindex(copied: Ragready, keep: int) -> None:
    """An index file full of noise is refused as damaged; `reindex` restores the same answer from the records."""
    before = answered(copied.within("ask", QUESTION))
    garble(copied.data / "vectors" / "chroma.sqlite3", keep)
    error = copied("ask", QUESTION).error
    assert error["code"] == "index-damaged"
    assert str(copied.data / "vectors") in error["detail"]
    assert "ragready reindex" in error["remedy"]
    done = copied("reindex")
    assert done.code == 0, done.stdout
    assert answered(copied.within("ask", QUESTION)) == before


@pytest.mark.parametrize("keep", [0, 4_096], ids=["from the first byte", "behind the header"])
def test_garbled_records_are_ingested_again(copied: Ragready, help_folder: Path, keep: int) -> None:
    """A records file full of noise is refused as damaged; moved away, ingestion restores the answer."""
    before = answered(copied.within("ask", QUESTION))
    garble(copied.data / "records.sqlite3", keep)
    for command in ("spaces", "reindex"):
        error = copied(command).error
        assert error["code"] == "records-damaged"
        assert str(copied.data / "records.sqlite3") in error["detail"]
        assert "move it away and ingest" in error["remedy"]
    for left in copied.data.glob("records.sqlite3*"):
        left.unlink()
    assert copied("ingest", help_folder, "--space", "public").body["documents"]["added"] == 5
    assert answered(copied.within("ask", QUESTION)) == before


def test_a_damaged_encoder_is_named(copied: Ragready, tmp_path: Path) -> None:
    """An encoder whose graph is cut off is refused with the folder to delete."""
    encoder = shutil.copytree(copied.encoder_folder, tmp_path / "encoder")
    graph = next(encoder.glob("*/model.onnx"))
    os.truncate(graph, 10_000)
    error = copied("ask", QUESTION, encoder_folder=encoder).error
    assert error["code"] == "encoder-missing"
    assert str(graph.parent) in error["detail"]
    assert "Delete that folder" in error["remedy"]


def garble(path: Path, keep: int) -> None:
    """Overwrite a file with noise behind its first `keep` bytes."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(keep)
        file.write(os.urandom(size - keep))


@pytest.mark.parametrize("store", ["records.sqlite3", "vectors/chroma.sqlite3"])
def test_a_disk_that_fills_up_loses_nothing(copied: Ragready, tmp_path: Path, store: str) -> None:
    """When a store cannot grow, the run fails as storage-full, earlier documents answer, a later run completes."""
    folder = write_parts(tmp_path / "parts", 30)
    before = sources(copied)
    size = (copied.data / store).stat().st_size
    done = copied("ingest", folder, "--space", "public", before=file_limit(size + 16_384))
    assert done.error["code"] == "storage-full"
    assert str(copied.data) in done.error["detail"]
    assert "Free some space" in done.error["remedy"]
    assert before <= sources(copied)
    assert WORDS in answered(copied.within("ask", QUESTION))
    again = copied.within("ingest", folder, "--space", "public").body["documents"]
    assert again["added"] + again["unchanged"] == 30
    assert parts_that_answer(copied, 30) == 30


def test_a_full_file_system_loses_nothing(filled: Ragready, tmp_path: Path) -> None:
    """The same on a real file system without room, to which room is added afterwards."""
    disk = tmp_path / "disk"
    disk.mkdir()
    held = sum(file.stat().st_size for file in filled.data.rglob("*") if file.is_file())
    options = f"size={held // 1024 + 256}k"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", disk], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip(f"may not mount a file system of limited size: {mounted.stderr.decode().strip()}")
    try:
        ragready = Ragready(shutil.copytree(filled.data, disk / "data"), filled.encoder_folder)
        folder = write_parts(tmp_path / "parts", 70)
        error = ragready("ingest", folder, "--space", "public").error
        assert error["code"] == "storage-full"
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        assert WORDS in answered(ragready.within("ask", QUESTION))
        again = ragready.within("ingest", folder, "--space", "public").body["documents"]
        assert again["added"] + again["unchanged"] == 70
        assert parts_that_answer(ragready, 70) == 70
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


# Processes


def test_a_second_writer_is_told_who_holds_the_folder(copied: Ragready, tmp_path: Path) -> None:
    """While one process writes, another fails with its name and id, loses nothing, and succeeds afterwards."""
    corpus, folder = tmp_path / "corpus", write_parts(tmp_path / "parts", 3)
    write_parts(corpus / "public" / "more", 1)
    before = sources(copied)
    worker = copied.start("worker", corpus, "--every", 3_600)
    try:
        wait_until(lambda: f"process {worker.pid}" in (copied.data / "lock").read_text())
        error = copied("ingest", folder, "--space", "public", lock_wait_seconds=0.2).error
    finally:
        stop(worker)
    assert error["code"] == "data-folder-in-use"
    assert f"{copied.data} is in use by ragready worker (process {worker.pid})" in error["detail"]
    assert "--data" in error["remedy"]
    assert copied("ingest", folder, "--space", "public").body["documents"]["added"] == 3
    assert before <= sources(copied)


def test_a_writer_is_told_of_the_service(served: Ragready, service: Service, tmp_path: Path) -> None:
    """While a service answers, an ingestion fails with its name, also when another reader came and went since."""
    assert served("ask", QUESTION).code == 0
    error = served("ingest", write_parts(tmp_path / "parts", 1), "--space", "public", lock_wait_seconds=0.2).error
    assert error["code"] == "data-folder-in-use"
    assert "ragready up" in error["detail"]
    assert f"process {service.process.pid}" in error["detail"]
    assert WORDS in service.ask(QUESTION).json()["answer"]


def test_two_questions_at_once_both_get_answers(filled: Ragready) -> None:
    """Readers share a data folder."""
    both = [filled.start("ask", QUESTION, "--json", lock_wait_seconds=0) for _ in range(2)]
    for process in both:
        stdout, stderr = process.communicate(timeout=60)
        assert process.returncode == 0, stderr
        assert WORDS in stdout


def test_ingestion_survives_kill_9(copied: Ragready, tmp_path: Path) -> None:
    """Killed again and again in the middle, an ingestion completes at its next run and every document answers."""
    folder = write_parts(tmp_path / "parts", 150)
    kill_in_the_middle(copied, folder)
    kill_in_the_middle(copied, folder)
    done = committed(copied)
    assert 0 < done < 150, "the kill has to fall into the middle"
    report = copied("ingest", folder, "--space", "public").body["documents"]
    assert report["added"] + report["updated"] + report["unchanged"] == 150
    assert report["updated"] + report["unchanged"] >= done
    assert parts_that_answer(copied, 150) == 150
    assert WORDS in answered(copied.within("ask", QUESTION))


def kill_in_the_middle(ragready: Ragready, folder: Path) -> None:
    """Start an ingestion and kill it as soon as it has committed a document more."""
    before = committed(ragready)
    process = ragready.start("ingest", folder, "--space", "public")
    wait_until(lambda: committed(ragready) > before or process.poll() is not None)
    process.kill()
    process.communicate()


def committed(ragready: Ragready) -> int:
    """How many of the documents that write_parts made are in the records."""
    connection = sqlite3.connect(f"file:{ragready.data / 'records.sqlite3'}?mode=ro", uri=True, timeout=30)
    count: int = connection.execute("SELECT count(*) FROM documents WHERE source LIKE 'parts/%'").fetchone()[0]
    connection.close()
    return count
