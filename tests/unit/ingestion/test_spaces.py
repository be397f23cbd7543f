"""What a corpus says of its spaces."""

from pathlib import Path

import pytest

from ingestion.spaces import read_rules
from ingestion.worker import ingest_spaces, work
from service.core.app import App
from service.core.errors import InvalidName, InvalidSettings

SAMPLES = Path(__file__).parents[3] / "samples" / "corpus"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A folder with the spaces hr and public, a document in each."""
    for space in ("hr", "public"):
        (tmp_path / "corpus" / space).mkdir(parents=True)
        (tmp_path / "corpus" / space / "page.md").write_text(f"# Page\n\nThis page is about {space}.\n")
    return tmp_path / "corpus"


def readers(app: App) -> dict[str, set[str]]:
    """Groups by space, as the records have them."""
    return {each.name: set(each.readers) for each in app.records.spaces("default")}


def test_without_a_file_new_spaces_are_open(fake_app: App, corpus: Path) -> None:
    """A corpus that says nothing about readers makes spaces for the whole tenant."""
    assert [each.documents.added for each in ingest_spaces(fake_app, corpus)] == [1, 1]
    assert readers(fake_app) == {"hr": {"everyone"}, "public": {"everyone"}}


def test_the_file_says_who_reads_and_is_no_document(fake_app: App, corpus: Path) -> None:
    """Spaces in the file get its readers at every run, others keep theirs; the file itself is not ingested."""
    (corpus / "spaces.toml").write_text('[hr]\nreaders = ["hr", "management"]\n')
    assert [each.documents.added for each in ingest_spaces(fake_app, corpus)] == [1, 1]
    assert readers(fake_app) == {"hr": {"hr", "management"}, "public": {"everyone"}}
    for space in ("hr", "public"):
        fake_app.records.set_readers("default", space, {"finance"})
    assert [each.changed for each in ingest_spaces(fake_app, corpus)] == [False, False]
    assert readers(fake_app) == {"hr": {"hr", "management"}, "public": {"finance"}}


@pytest.mark.parametrize(
    ("content", "error", "named"),
    [
        ("[hr]\nreaders = [", InvalidSettings, "spaces.toml cannot be read"),
        ("[h]\nreaders = ['hr']", InvalidSettings, "names 'h'"),
        ("[hr]\nreader = ['hr']", InvalidSettings, "says of 'hr'"),
        ("[hr]\nreaders = ['hr']\nowner = 'x'", InvalidSettings, "says of 'hr'"),
        ("[hr]\nreaders = 'hr'", InvalidSettings, "says of 'hr'"),
        ("[hr]\nreaders = [1]", InvalidSettings, "says of 'hr'"),
        ("hr = ['hr']", InvalidSettings, "says of 'hr'"),
        ("[hr]\nreaders = ['H R']", InvalidName, "'H R' cannot name a group"),
        (b"\xff\xfe", InvalidSettings, "spaces.toml cannot be read"),
    ],
)
def test_a_file_that_is_not_understood_lets_nothing_in(
    fake_app: App, corpus: Path, content: str | bytes, error: type[Exception], named: str
) -> None:
    """A misspelt file would leave a space open, so nothing is ingested and the error names what is wrong."""
    (corpus / "spaces.toml").write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(error, match=named):
        work(fake_app, corpus, every_seconds=0)
    assert fake_app.records.spaces("default") == []


def test_the_sample_corpus_says_who_reads_each_space() -> None:
    """Every space of the sample corpus has its readers, and one of them is open."""
    spaces = [each.name for each in SAMPLES.iterdir() if each.is_dir()]
    found = read_rules(SAMPLES, spaces)
    assert set(found) == set(spaces)
    assert [space for space, said in found.items() if "everyone" in (said.readers or ())] == ["public"]
