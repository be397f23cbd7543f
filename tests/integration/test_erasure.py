"""Erasure on the embedded default, checked by searching the bytes of every file on the disk for the planted text."""

import asyncio
import json
import signal
import sqlite3
import time
import zipfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from ingestion import generations, pipeline
from ingestion.erasure import erase as erasing
from ingestion.erasure import stores as erase_stores
from ingestion.erasure.erase import Erasure, erase
from ingestion.erasure.plan import Request
from ingestion.erasure.receipt import KEY_FILE, Receipt, StoreLine, open_key, verified
from ingestion.erasure.stores import Store
from ingestion.fetching.shelf import Shelf
from service.bootstrap import open_app
from service.core.answers import Question, local_caller
from service.core.app import App
from service.core.errors import NothingToErase, StorageFull
from service.core.jobs import Job, Upload
from service.core.settings import Settings
from service.core.types import Quarantined
from service.rag import pipeline as answering
from tests.fakes import FakeCache
from tests.processes import Ragready, stop, wait_until

PERSON = "Mila Jørgensen"
# Words of the pages that mention her, which stand in no other page.
PLANTED = ("Quarzlingen", "marzipan gloves", "zyxquarvel", "Jørgensen", "JOERGENSEN")
PAGES = {
    "mila.md": (
        "# Staff of the Quarzlingen plant\n\nThe bicycle mechanic Mila Jørgensen works in hall four and answers on "
        "Thursdays only. She likes marzipan gloves.\n"
    ),
    "hall.md": "# Hall four\n\nHall four is heated from October to March. MILA JOERGENSEN keeps the key zyxquarvel.\n",
    "boats.md": "# Boats\n\nThe ferry to the island leaves at nine and at noon from the eastern pier.\n",
}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Three pages, of which two mention the person."""
    folder = tmp_path / "team"
    folder.mkdir()
    for name, text in PAGES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def dies(app: App, plan: object) -> None:  # noqa: ARG001  # the signature of Clear
    """A store that cannot be written."""
    raise StorageFull("The disk is full.", "Free some space.")


def on_disk(folder: Path, planted: Sequence[str | bytes], besides: Sequence[str] = ("encoder",)) -> set[str]:
    """Which of these stand in the bytes of a file below a folder. By hand: the product's own search is not asked."""
    wanted = {each: each.encode() if isinstance(each, str) else each for each in planted}
    found = set()
    for file in folder.rglob("*"):
        if file.is_file() and file.relative_to(folder).parts[0] not in besides:
            data = file.read_bytes()
            found |= {str(each) for each, sought in wanted.items() if sought in data}
    return found


def line(receipt: Receipt | None, store: str) -> StoreLine:
    """What a receipt says of a store."""
    assert receipt is not None
    return next(each for each in receipt.stores if each.store == store)


def ask(app: App, question: str) -> str:
    """The answer's text."""
    return asyncio.run(answering.answer(app, Question(question, local_caller("default")))).text


def person(app: App, *terms: str, **options: object) -> Erasure:
    """Erase a person."""
    return erase(app, Request("person", terms or (PERSON,), "a test", **options))


def id_of(app: App, source: str, space: str = "team") -> str:
    """The id of a document."""
    return next(each.id for each in app.records.documents("default", [space]) if each.source == source)


def vectors_in_files(data: Path, ids: Sequence[str]) -> list[bytes]:
    """The beginnings of vectors as Chroma wrote them."""
    with closing(sqlite3.connect(data / "vectors" / "chroma.sqlite3")) as connection:
        rows = connection.execute("SELECT id, vector FROM embeddings_queue").fetchall()
    return [vector[:32] for identity, vector in rows if identity in ids]


def test_nothing_of_a_person_is_left_on_disk(app: App, corpus: Path) -> None:
    """Texts, ids and vectors are in the files before and in none after; the receipt is signed and says so."""
    pipeline.run(app, [corpus], "team")
    chunks = sorted(app.records.residue.chunks([id_of(app, "team/mila.md"), id_of(app, "team/hall.md")]))
    data = app.settings.data_folder
    vectors = vectors_in_files(data, chunks)
    assert len(vectors) == len(chunks)
    planted = [*PLANTED, id_of(app, "team/mila.md"), *chunks, *vectors]
    assert on_disk(data, planted) == set(map(str, planted))
    done = person(app)
    assert done.receipt is not None
    assert done.receipt.complete
    assert on_disk(data, planted) == set()
    assert on_disk(data, ["eastern pier"]) == {"eastern pier"}
    assert {each.source for each in done.targets} == {"team/hall.md", "team/mila.md"}
    assert verified(done.signed, open_key(data).public_pem) == "valid"
    for store in ("records", "lexical", "vectors", "manifest", "data folder"):
        found = line(done.receipt, store)
        assert (found.state, found.left) == ("searched", 0)
        assert found.found == found.removed > 0
    assert "eastern pier" in ask(app, "When does the ferry to the island leave?")


def test_a_receipt_names_every_store_and_says_nothing_of_the_person(app: App, corpus: Path) -> None:
    """No store is passed over in silence, and neither terms nor ids nor sources stand in the receipt."""
    pipeline.run(app, [corpus], "team")
    done = person(app)
    assert done.receipt is not None
    assert [each.store for each in done.receipt.stores] == [each.name for each in erase_stores.STORES]
    for each in done.receipt.stores:
        assert each.state in {"searched", "reported"} or each.says
    assert not [
        word for word in ("mila", "rgensen", "hall.md", *(each.id for each in done.targets)) if word in done.signed
    ]
    assert app.records.receipts.get("default", done.receipt.receipt) == done.signed


def test_answers_and_traces_go(app: App, corpus: Path) -> None:
    """A kept answer that quotes the person, and a trace that does, are found and removed; others stay."""
    pipeline.run(app, [corpus], "team")
    assert "zyxquarvel" in ask(app, "Who keeps the key of hall four?")
    ask(app, "When does the ferry to the island leave?")
    cached = len(list(app.cache.entries()))
    done = person(app)
    assert line(done.receipt, "cache").removed >= 1
    kept = [value.decode() for _, value in app.cache.entries()]
    assert 0 < len(kept) < cached or cached == line(done.receipt, "cache").removed
    assert not [word for word in PLANTED if word in "".join(kept)]


def test_what_explains_an_answer_goes(app: App, corpus: Path) -> None:
    """What is remembered of a question that names the person, or of an answer from their documents, is removed."""
    pipeline.run(app, [corpus], "team")
    ask(app, f"When is {PERSON} on holiday?")
    ask(app, "Who keeps the key of hall four?")
    assert len([key for key, _ in app.cache.entries() if key.startswith("why:")]) == 2
    erased = id_of(app, "team/hall.md")
    done = person(app)
    assert line(done.receipt, "cache").left == 0
    kept = [value.decode() for key, value in app.cache.entries() if key.startswith("why:")]
    assert not [each for each in kept if PERSON in each or erased in each]


def test_nothing_found_is_an_error_and_gives_no_receipt(app: App, corpus: Path) -> None:
    """Who is mentioned nowhere, an unknown id and an unknown source end in an error; no receipt is made."""
    pipeline.run(app, [corpus], "team")
    for kind, value in (("person", "Nobody Atall"), ("document", "doc_" + "0" * 24), ("source", "team/none.md")):
        with pytest.raises(NothingToErase):
            erase(app, Request(kind, (value,), "a test"))  # type: ignore[arg-type]
    assert app.records.receipts.all("default") == []
    person(app)
    with pytest.raises(NothingToErase):
        person(app)
    assert len(app.records.receipts.all("default")) == 1


def test_what_no_store_could_remove_is_left_and_said(app: App, corpus: Path) -> None:
    """A file under the data folder that holds the text and that nothing removes makes the receipt incomplete."""
    pipeline.run(app, [corpus], "team")
    (app.settings.data_folder / "notes.bin").write_bytes(b"\x00" * 99 + PAGES["mila.md"].encode())
    done = person(app)
    assert done.receipt is not None
    assert not done.receipt.complete
    assert line(done.receipt, "data folder").left == 1


def test_a_file_that_stays_comes_back_unless_it_is_blocked(app: App, corpus: Path) -> None:
    """Without a block the report names the file, and the next ingestion brings it back; with one it does not."""
    pipeline.run(app, [corpus], "team")
    done = person(app)
    assert {each.name for each in done.still_there} == {"mila.md", "hall.md"}
    assert line(done.receipt, "source files").left == 2
    assert pipeline.run(app, [corpus], "team").documents.added == 2
    person(app, block=True)
    (corpus / "mila.md").rename(corpus / "renamed.md")
    report = pipeline.run(app, [corpus], "team")
    assert report.documents.added == 0
    assert sorted((each.source, each.code) for each in report.problems) == [
        ("team/hall.md", "erased-content"),
        ("team/renamed.md", "erased-content"),
    ]
    assert on_disk(app.settings.data_folder, PLANTED) == set()
    (corpus / "hall.md").write_text("# Hall four\n\nHall four has a new boiler, and nobody keeps its key any more.\n")
    assert pipeline.run(app, [corpus], "team").documents.added == 1


def test_copies_and_earlier_versions_do_not_come_back(app: App, corpus: Path) -> None:
    """Erasing a document takes its copies along, so that none becomes current in its place; `only` leaves them."""
    (corpus / "copy.md").write_text(PAGES["mila.md"], encoding="utf-8")
    pipeline.run(app, [corpus], "team")
    assert {each.standing for each in app.records.documents("default", ["team"])} == {"current", "alias"}
    kept = next(
        each.id
        for each in app.records.documents("default", ["team"])
        if each.standing == "current" and each.source in {"team/mila.md", "team/copy.md"}
    )
    done = erase(app, Request("document", (kept,), "a test", only=True))
    assert len(done.targets) == 1
    assert PERSON in ask(app, "Who is the bicycle mechanic of hall four?")
    pipeline.run(app, [corpus], "team")
    done = erase(app, Request("document", (kept,), "a test"))
    assert {each.source for each in done.targets} == {"team/mila.md", "team/copy.md"}
    assert on_disk(app.settings.data_folder, ["marzipan gloves"]) == set()


def test_an_archive_goes_with_its_members(app: App, corpus: Path) -> None:
    """Erasing a source takes everything that came from it; erasing one member leaves the others."""
    with zipfile.ZipFile(corpus / "box.zip", "w") as box:
        box.writestr("one.md", "# One\n\nThe first crate holds seventeen wimplequat lamps for the attic.\n")
        box.writestr("two.md", "# Two\n\nThe second crate holds a drubbelkorn engine without its cover.\n")
    pipeline.run(app, [corpus], "team")
    erase(app, Request("document", (id_of(app, "team/box.zip/one.md"),), "a test", block=True))
    assert on_disk(app.settings.data_folder, ["wimplequat", "drubbelkorn"]) == {"drubbelkorn"}
    report = pipeline.run(app, [corpus], "team")
    assert [each.source for each in report.problems] == ["team/box.zip/one.md"]
    done = erase(app, Request("source", ("team/box.zip",), "a test"))
    assert [each.source for each in done.targets] == ["team/box.zip/two.md"]
    assert on_disk(app.settings.data_folder, ["wimplequat", "drubbelkorn"]) == set()


def test_every_generation_loses_it(app: App, corpus: Path) -> None:
    """A generation that is being built and the one that serves both lose the document, in records, lexical, vectors."""
    pipeline.run(app, [corpus], "team")
    generations.build(app, app.recipe)
    chunks = app.records.residue.chunks([id_of(app, "team/mila.md"), id_of(app, "team/hall.md")])
    with app.vectors.residue("default") as residue:
        assert {name: len(ids) for name, ids in residue.holding(chunks).items()} == {
            "default.team.g1": 2,
            "default.team.g2": 2,
        }
    assert app.records.residue.in_lexical(chunks) == 4
    done = person(app)
    assert done.receipt is not None
    assert done.receipt.complete
    assert line(done.receipt, "vectors").removed == line(done.receipt, "lexical").removed == 4
    assert on_disk(app.settings.data_folder, [*PLANTED, *chunks]) == set()
    generations.swap(app)
    assert "eastern pier" in ask(app, "When does the ferry to the island leave?")


def test_room_that_chroma_did_not_use_is_blanked(app: App, corpus: Path, tmp_path: Path) -> None:
    """Chroma writes room for later vectors as it finds it in memory, texts included, into files of any space."""
    away = tmp_path / "away"
    away.mkdir()
    (corpus / "boats.md").rename(away / "boats.md")
    pipeline.run(app, [corpus], "team")
    pipeline.run(app, [away], "away")
    for file in (app.settings.data_folder / "vectors").rglob("data_level0.bin"):
        with file.open("r+b") as segment:
            segment.seek(60_000)
            segment.write(PAGES["mila.md"].encode())
        with file.with_name("length.bin").open("r+b") as lengths:
            lengths.write(PAGES["mila.md"].encode())
    done = person(app)
    assert done.receipt is not None
    assert done.receipt.complete
    assert on_disk(app.settings.data_folder, PLANTED) == set()
    assert "eastern pier" in ask(app, "When does the ferry to the island leave?")


def test_another_tenant_is_left_alone(settings: Settings, corpus: Path) -> None:
    """Who is mentioned in another tenant's documents stays there, and does not make the receipt incomplete."""
    other = settings.model_copy(update={"tenant": "other"})
    with open_app(other, holder="a test", writes=True) as app:
        (corpus / "theirs.md").write_text(f"# Theirs\n\n{PERSON} is also known to the other house, as Vimplequast.\n")
        pipeline.run(app, [corpus / "theirs.md"], "team")
    (corpus / "theirs.md").unlink()
    with open_app(settings, holder="a test", writes=True) as app:
        pipeline.run(app, [corpus], "team")
        done = person(app)
        assert done.receipt is not None
        assert done.receipt.complete, [each for each in done.receipt.stores if each.left]
        assert app.records.documents("other", ["team"])
        assert on_disk(settings.data_folder, ["Vimplequast", "zyxquarvel"]) == {"Vimplequast"}


def test_quarantine_uploads_pages_runs_and_cases_go(app: App, corpus: Path, tmp_path: Path) -> None:
    """What is held back, uploaded, fetched, or quoted in a run or a golden case is found and removed."""
    pipeline.run(app, [corpus], "team")
    held = app.records.document("default", id_of(app, "team/mila.md"))
    assert held is not None
    quarantined = Quarantined("team", "team/held.md", "0" * 64, "garbled-text", "noise", text=held.text)
    app.records.quarantine.hold("default", quarantined)
    key = "default/job_1/0/mila.md"
    with app.uploads.writing(key) as file:
        file.write(PAGES["mila.md"].encode())
    upload = Upload("team/mila.md", key, 100)
    app.records.jobs.submit(Job("default", "team", "uploads", "team", "somebody", id="job_1"), [upload])
    app.records.jobs.add_problems("default", "job_1", [{"source": "team/mila.md", "code": "garbled-text"}])
    app.records.jobs.finish("default", "job_1")
    Shelf(app.settings.data_folder, "default", "team").put("team/mila.md", "https://a.example/", ".md", b"Mila", {})
    run = app.settings.data_folder / "runs" / "one"
    run.mkdir(parents=True)
    (run / "cases.jsonl").write_text(json.dumps({"answer": "Ask Mila J\u00f8rgensen."}))
    suite = tmp_path / "suite"
    suite.mkdir()
    case = {"id": "a", "question": "Who?", "relevant": [{"document": "team/mila.md", "quote": "works"}]}
    (suite / "cases.jsonl").write_text(f"{json.dumps(case)}\n{json.dumps({'id': 'b', 'question': 'When?'})}\n")
    done = person(app, suites=(suite,), remove_cases=True)
    assert done.receipt is not None
    assert done.receipt.complete, [each for each in done.receipt.stores if each.left]
    for store in ("quarantine", "uploads", "fetched pages", "runs", "golden cases", "jobs"):
        found = line(done.receipt, store)
        assert (found.found, found.left) == (1, 0), found
    assert on_disk(app.settings.data_folder, PLANTED) == set()
    assert [json.loads(each)["id"] for each in (suite / "cases.jsonl").read_text().splitlines()] == ["b"]


def test_a_person_is_blacked_out_of_what_stays(app: App, corpus: Path) -> None:
    """Redaction leaves the rest of a document and its answers, and no mention on the disk."""
    pipeline.run(app, [corpus], "team")
    done = person(app, redact=True)
    assert done.receipt is not None
    assert done.receipt.complete, [each for each in done.receipt.stores if each.left]
    assert all(each.redacted for each in done.targets)
    found = app.records.document("default", id_of(app, "team/mila.md"))
    assert found is not None
    assert "The bicycle mechanic ██████████████ works in hall four" in found.text
    assert on_disk(app.settings.data_folder, ["Mila J", "JOERGENSEN"]) == set()
    assert "Thursdays" in ask(app, "When does the bicycle mechanic of hall four answer?")
    assert pipeline.run(app, [corpus], "team").documents.unchanged == 3


def test_without_the_control_nothing_is_proved(settings: Settings, corpus: Path) -> None:
    """With the control off documents are removed, and there is neither a receipt nor a key."""
    off = settings.model_copy(update={"controls_off": frozenset({"erasure"})})
    with open_app(off, holder="a test", writes=True) as app:
        pipeline.run(app, [corpus], "team")
        done = person(app)
        assert (done.receipt, done.signed, len(done.targets)) == (None, "", 2)
        assert len(app.records.documents("default", ["team"])) == 1
        assert app.records.receipts.all("default") == []
        assert not (off.data_folder / KEY_FILE).exists()


def test_a_store_that_cannot_be_searched_says_so(app: App, corpus: Path) -> None:
    """A cache that does not answer is "could not check" with its reason, never clean, and stops nothing else."""
    pipeline.run(app, [corpus], "team")
    done = person(replace(app, cache=FakeCache(broken={"entries"})))
    found = line(done.receipt, "cache")
    assert found.state == "could not check"
    assert "broken" in found.says
    assert on_disk(app.settings.data_folder, PLANTED) == set()


@pytest.mark.parametrize(
    "broken", [each.name for each in erase_stores.STORES if each.clear is not erase_stores.nothing]
)
def test_an_erasure_that_broke_off_is_finished(
    app: App, corpus: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """Whatever store it died in, the same command ends with nothing left and one receipt that counts what was there."""
    pipeline.run(app, [corpus], "team")

    stores = [replace(each, clear=dies) if each.name == broken else each for each in erase_stores.STORES]
    with monkeypatch.context() as patch:
        patch.setattr(erasing, "STORES", stores)
        with pytest.raises(StorageFull):
            person(app)
    assert app.records.receipts.all("default") == []
    done = person(app)
    assert done.receipt is not None
    assert done.receipt.complete
    assert len(done.receipt.documents) == 2
    assert line(done.receipt, "records").found > 0
    assert on_disk(app.settings.data_folder, PLANTED) == set()
    assert not list((app.settings.data_folder / "erasures").iterdir())


def test_one_that_broke_off_can_be_finished_without_its_terms(
    app: App, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is on the disk meanwhile holds no term, and is enough to finish."""
    pipeline.run(app, [corpus], "team")

    with monkeypatch.context() as patch:
        patch.setattr(erasing, "STORES", [Store("records", erase_stores.STORES[0].search, dies)])
        with pytest.raises(StorageFull):
            person(app)
    [journal] = (app.settings.data_folder / "erasures").iterdir()
    assert not [word for word in PLANTED if word in journal.read_text()]
    [done] = erasing.resume(app)
    assert done.receipt is not None
    assert done.receipt.complete
    assert on_disk(app.settings.data_folder, PLANTED) == set()


@pytest.fixture
def filled(ragready: Ragready, corpus: Path) -> Ragready:
    """The command on the three pages, and sixty more that mention nobody."""
    more = corpus / "more"
    more.mkdir()
    for number in range(60):
        (more / f"{number}.md").write_text(f"# Part {number}\n\nPart number {number} weighs {number * 7 + 3} grams.\n")
    assert ragready("ingest", corpus, "--space", "team").code == 0
    return ragready


def test_kill_9_in_the_middle_is_finished_by_the_same_command(filled: Ragready) -> None:
    """Killed at moments after it began to remove, the same command ends with nothing left and a valid receipt."""
    journal = filled.data / "erasures"
    killed = 0
    for moment in range(8):
        process = filled.start("erase", "person", PERSON, "--json")
        wait_until(lambda started=process: started.poll() is not None or list(journal.glob("*.json")))
        time.sleep(0.06 * moment)
        killed += process.poll() is None
        process.send_signal(signal.SIGKILL)
        stop(process)
    assert killed >= 4
    done = filled("erase", "person", PERSON)
    listed = filled.within("receipts", "list").body["receipts"]
    assert done.code == 0 or done.error["code"] == "nothing-to-erase"
    assert listed
    assert listed[-1]["complete"]
    assert len(listed[-1]["documents"]) == 2
    assert on_disk(filled.data, PLANTED) == set()
    assert not list(journal.iterdir())
    assert filled.within("receipts", "verify", listed[-1]["receipt"]).body["verdict"] == "valid"
    assert "grams" in filled.within("ask", "What does part number 7 weigh?").body["answer"]


def test_the_commands_erase_and_verify(ragready: Ragready, corpus: Path, tmp_path: Path) -> None:
    """A dry run lists and removes nothing; the erasure's receipt verifies, with another key it does not."""
    ragready.within("ingest", corpus, "--space", "team")
    dry = ragready.within("erase", "person", PERSON, "--dry-run").body["would_go"]
    assert {each["source"] for each in dry} == {"team/hall.md", "team/mila.md"}
    assert ragready.within("documents", "list").body["documents"][0]
    assert len(ragready.within("documents", "list").body["documents"]) == 3
    file = tmp_path / "receipt.json"
    done = ragready.within("erase", "person", PERSON, "--out", file, "--asked-by", "ticket 7")
    assert done.code == 0
    assert done.body["receipt"]["asked_by"] == "ticket 7"
    assert ragready.within("receipts", "verify", file).body["verdict"] == "valid"
    key = tmp_path / "key.pem"
    key.write_text(open_key(tmp_path / "other").public_pem)
    other = ragready.within("receipts", "verify", file, "--public-key", key)
    assert (other.code, other.body["verdict"]) == (1, "other key")
    file.write_text(file.read_text().replace('"left": 0', '"left": 3', 1))
    assert ragready.within("receipts", "verify", file).body["verdict"] == "tampered"
    assert ragready.within("receipts", "list", "--of", "mila JØRGENSEN").body["receipts"]
    assert not ragready.within("receipts", "list", "--of", "Ole Olsen").body["receipts"]
    assert ragready.within("erase", "person", PERSON).error["code"] == "nothing-to-erase"
    assert ragready.within("receipts", "show", "rcp_none").error["code"] == "unknown-receipt"


def test_a_receipt_that_is_not_complete_ends_with_1(ragready: Ragready, corpus: Path) -> None:
    """The command fails where something is left, and prints the receipt that says so."""
    ragready.within("ingest", corpus, "--space", "team")
    (ragready.data / "notes.txt").write_text("Mila Jørgensen was here")
    done = ragready.within("erase", "person", PERSON)
    assert done.code == 1
    assert done.body["receipt"]["complete"] is False
