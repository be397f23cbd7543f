"""The demo on real files with the real encoder and Chroma, and `ragready gap` beside it."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from eval import demo as demos
from service.core.app import App
from service.core.errors import PathMissing
from service.rag import demo
from tests.corpus import DOCUMENTS, QUESTIONS, UNANSWERABLE, WORDS, write_corpus
from tests.processes import Ragready

QUESTION = QUESTIONS[0][0]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """The small corpus as one space, and a memo in a space for the board."""
    write_corpus(tmp_path / "corpus" / "public")
    board = tmp_path / "corpus" / "board"
    board.mkdir()
    (board / "memo.md").write_text("# Bonus\n\nThe bonus of the chair of the board is 7,500 euros a month.\n")
    (tmp_path / "corpus" / "spaces.toml").write_text('[public]\nreaders = ["everyone"]\n[board]\nreaders = ["board"]\n')
    return tmp_path / "corpus"


@pytest.fixture
def gap(ragready: Ragready, corpus: Path):
    """The JSON body of `ragready gap` over the corpus, which production has ingested."""
    ragready.within("worker", corpus, "--every", 0, as_json=False)

    def asked(question: str, *options: object) -> dict[str, Any]:
        return ragready.within("gap", question, "--corpus", corpus, *options).body

    return asked


def test_the_demo_answers_as_tutorials_do(app: App, corpus: Path, tmp_path: Path) -> None:
    """Every kind of file is found, four pieces come back, and the reader says the words that answer."""
    with demos.opened(corpus, tmp_path / "demo", app) as opened:
        for question, document, words in QUESTIONS:
            answer = opened.ask(question)
            assert len(answer.sources) == 4
            assert f"public/{document}" in {each.source for each in answer.sources}
            assert words in answer.text
        assert opened.ask(UNANSWERABLE).text
        assert set(answer.timings_ms) == {"retrieve", "answer", "total"}


def test_a_file_that_cannot_be_read_is_skipped_without_a_word(tmp_path: Path) -> None:
    """As in tutorials, the demo loads what it can and nobody hears of the rest."""
    folder = write_corpus(tmp_path / "public")
    (folder / "broken.docx").write_bytes(b"PK\x03\x04" + bytes(range(256)))
    loaded = {each.metadata["source"] for each in demo.load(folder)}
    assert loaded == {f"public/{name}" for name in DOCUMENTS}


def test_the_collection_is_built_once_and_anew_when_a_file_changes(app: App, corpus: Path, tmp_path: Path) -> None:
    """A second opening reads what is kept; a changed file, and only that, builds another and forgets the first."""
    kept = tmp_path / "demo"
    for _ in range(2):
        with demos.opened(corpus, kept, app):
            [first] = [each.name for each in kept.iterdir() if each.is_dir()]
            built = (kept / first / "complete").stat().st_mtime_ns
    (corpus / "public" / "warranty.md").write_text("# Warranty\n\nThe battery is covered for 36 months.\n")
    with demos.opened(corpus, kept, app) as opened:
        [second] = [each.name for each in kept.iterdir() if each.is_dir()]
        assert "36 months" in opened.ask(QUESTION).text
    assert second != first
    assert built


def test_a_build_that_was_cut_off_is_made_anew(app: App, corpus: Path, tmp_path: Path) -> None:
    """A collection without its mark of completeness is not used."""
    kept = tmp_path / "demo"
    with demos.opened(corpus, kept, app):
        [name] = [each.name for each in kept.iterdir() if each.is_dir()]
    (kept / name / "complete").unlink()
    (kept / name / "chroma.sqlite3").write_bytes(b"half")
    with demos.opened(corpus, kept, app) as opened:
        assert WORDS in opened.ask(QUESTION).text


def test_what_the_demo_cannot_be_built_from_is_refused(app: App, tmp_path: Path) -> None:
    """A missing corpus names the folder, and no collection is left behind."""
    with pytest.raises(PathMissing), demos.opened(tmp_path / "nowhere", tmp_path / "demo", app):
        pass
    assert not (tmp_path / "demo").exists()


def test_both_answer_and_productions_citations_hold(gap) -> None:
    """On an easy question demo and production say the same, and only production can show where."""
    body = gap(QUESTION)
    assert WORDS in body["demo"]["answer"]
    assert WORDS in body["production"]["answer"]
    assert [each["state"] for each in body["production"]["citations"]] == ["holds"] * len(
        body["production"]["citations"]
    )
    assert body["production"]["citations"]
    assert body["demo"]["citations"] == []
    assert (body["model"], body["simulated"]) == ("extractive", False)


def test_a_closed_space_is_read_by_the_demo_and_by_its_readers_only(gap) -> None:
    """Who is in no group gets the board's figure from the demo alone; the board, and access off, get it from both."""
    asked = "What is the bonus of the chair of the board?"
    public = gap(asked)
    assert "7,500" in public["demo"]["answer"]
    assert "7,500" not in str(public["production"])
    assert {"source": "board/memo.md", "readable": False} in public["demo"]["sources"]
    assert "7,500" in gap(asked, "--as", "board")["production"]["answer"]
    off = gap(asked, "--off", "access")
    assert "7,500" in off["production"]["answer"]
    assert off["controls_off"] == ["access"]
    assert {"access": "off"}.items() <= {
        each["name"]: each["decision"] for each in off["production"]["controls"]
    }.items()


def test_a_simulated_model_answers_on_both_sides_and_is_labelled(gap) -> None:
    """What it makes up is the demo's answer, and production declines; the body says that it is simulated."""
    body = gap(UNANSWERABLE, "--model", "sim:confabulate", "--off", "abstention")
    assert body["simulated"] is True
    assert "percent" in body["demo"]["answer"]
    assert (body["production"]["reason_code"], body["production"]["citations"]) == ("unsupported", [])


@pytest.mark.usefixtures("gap")
def test_a_demo_without_timeout_is_given_up_on(ragready: Ragready, corpus: Path) -> None:
    """A model that never answers ends production in model-timeout and the demo in the time of a patient person."""
    done = ragready.within("gap", QUESTION, "--corpus", corpus, "--model", "sim:timeout", model_timeout_seconds=0.2)
    assert done.body["production"]["error"]["code"] == "model-timeout"
    assert done.body["demo"]["error"].startswith("TimeoutError")


@pytest.mark.parametrize(
    ("options", "code", "names"),
    [
        (("--off", "luck"), "unknown-control", "citations"),
        (("--model", "sim:luck"), "unknown-model", "'luck'"),
        (("--corpus", "nowhere"), "path-missing", "nowhere"),
    ],
)
def test_a_wrong_option_is_a_problem_that_names_it(ragready: Ragready, options, code: str, names: str) -> None:
    """Unknown controls, models and folders end the command with what is possible."""
    error = ragready.within("gap", QUESTION, *options).error
    assert error["code"] == code
    assert names in error["detail"] + error["remedy"]


def test_answering_loads_neither_the_demo_nor_langchain() -> None:
    """What serves a question with the extractive reader imports no LangChain, no parser and not the demo."""
    code = (
        "import sys, cli, service.bootstrap, service.rag.pipeline;"
        "print([name for name in ('langchain_core', 'markitdown', 'service.rag.demo') if name in sys.modules])"
    )
    root = Path(demos.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "[]"
