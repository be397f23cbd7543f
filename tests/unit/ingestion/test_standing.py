"""What a document is to the others: a copy of one, superseded by one, or current; and that it comes back."""

import itertools
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from ingestion import pipeline
from ingestion.remove import remove
from ingestion.report import Report
from service.bootstrap import open_records
from service.core.app import App
from service.core.names import document_id
from service.core.settings import Settings
from tests.fakes import fake_parts

PAGE = (
    "# Cleaning the kettle\n\nThe kettle is cleaned every 12 days with lukewarm water and a soft brush. Be careful "
    "with the seal at the bottom: it holds for about 300 cleanings. It is then replaced. Never use solvents, and let "
    "every part dry in the open air before it is put together again. The workshop cleans a kettle for 45 euros.\n"
)
NEAR = PAGE.replace("lukewarm", "tepid").replace("soft brush", "soft brush, gently")
MORE = PAGE + "\n## Storage\n\nEmpty the kettle, leave its lid open, and cover it with a cloth until spring comes.\n"
OTHER = "# Returns\n\nA lamp that was never used may be sent back. The money arrives on the account it came from.\n"


TENANTS = itertools.count()


class Corpus:
    """A folder of spaces that is ingested again after each change."""

    def __init__(self, app: App, folder: Path) -> None:
        self.app, self.folder, self.tenant = app, folder, app.settings.tenant

    def write(self, files: Mapping[str, str]) -> None:
        """Write files by `space/name`."""
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def ingest(self, space: str = "shop", **options: object) -> Report:
        """Ingest a space."""
        return pipeline.run(self.app, [self.folder / space], space, **options)

    def standings(self) -> dict[str, tuple[str, str | None]]:
        """Standing and the source in whose favour, by source."""
        spaces = [each.name for each in self.app.records.spaces(self.tenant)]
        found = self.app.records.documents(self.tenant, spaces)
        sources = {each.id: each.source for each in found}
        return {each.source: (each.standing, sources.get(each.in_favour_of or "")) for each in found}

    def searched(self) -> set[str]:
        """Sources that have chunks, of which each has a vector."""
        for space in self.app.records.spaces(self.tenant):
            assert self.app.vectors.ids(space.index) == self.app.records.chunk_ids(space.index)
        spaces = [each.name for each in self.app.records.spaces(self.tenant)]
        return {each.source for each in self.app.records.documents(self.tenant, spaces) if each.chunks}


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """One App for all tests here; each one is a tenant of its own."""
    settings = Settings(data_folder=tmp_path_factory.mktemp("standing"), _env_file=None)
    with closing(open_records(settings)) as records:
        yield fake_parts(settings, records)


@pytest.fixture
def corpus(parts: App, tmp_path: Path) -> Corpus:
    """An empty corpus."""
    parts.encoder.embedded = 0
    return Corpus(of_tenant(parts, f"t{next(TENANTS)}"), tmp_path / "corpus")


def of_tenant(app: App, tenant: str) -> App:
    """The App of another tenant."""
    return replace(app, settings=app.settings.model_copy(update={"tenant": tenant}))


def dated(text: str, date: str, **more: str) -> str:
    """A page with front matter."""
    lines = "".join(f"{key}: {value}\n" for key, value in {"date": date, **more}.items())
    return f"---\n{lines}---\n\n{text}"


def test_of_equal_pages_one_is_searched_and_the_others_are_its_aliases(corpus: Corpus) -> None:
    """Three files with one text, in Markdown and HTML: one has chunks, the others are kept in its favour."""
    html = "<html><body><h1>Cleaning the kettle</h1><p>" + PAGE.split("\n\n")[1].strip() + "</p></body></html>"
    corpus.write({"shop/a.md": PAGE, "shop/b.md": PAGE, "shop/c.html": html, "shop/other.md": OTHER})
    report = corpus.ingest()
    assert corpus.standings() == {
        "shop/a.md": ("current", None),
        "shop/b.md": ("alias", "shop/a.md"),
        "shop/c.html": ("alias", "shop/a.md"),
        "shop/other.md": ("current", None),
    }
    assert corpus.searched() == {"shop/a.md", "shop/other.md"}
    assert report.documents.aliases == 2


def test_a_copy_that_comes_along_is_not_embedded(corpus: Corpus) -> None:
    """As many chunks are embedded for a page and two copies of it as for the page alone."""
    corpus.write({"shop/a.md": PAGE, "shop/b.md": PAGE, "shop/c.md": PAGE})
    report = corpus.ingest()
    assert (report.embedded, corpus.app.encoder.embedded) == (1, 1)


def test_the_authoritative_then_the_newest_page_is_kept(corpus: Corpus) -> None:
    """Of copies the one that calls itself authoritative is searched, else the one with the latest date."""
    pages = {"shop/a.md": dated(PAGE, "2024-01-01"), "shop/b.md": dated(PAGE, "2026-01-01"), "shop/c.md": PAGE}
    corpus.write(pages)
    corpus.ingest()
    assert corpus.searched() == {"shop/b.md"}
    corpus.write({"shop/d.md": dated(PAGE, "2020-01-01", authoritative="true")})
    corpus.ingest()
    assert corpus.searched() == {"shop/d.md"}
    assert {favour for _, favour in corpus.standings().values() if favour} == {"shop/d.md"}


def test_removing_the_kept_page_brings_the_next_one_back(corpus: Corpus) -> None:
    """Each page that is removed is followed by the next copy, until none is left."""
    corpus.write({"shop/a.md": PAGE, "shop/b.md": PAGE, "shop/c.md": NEAR, "shop/other.md": OTHER})
    corpus.ingest()
    assert corpus.searched() == {"shop/a.md", "shop/other.md"}
    (corpus.folder / "shop/a.md").unlink()
    corpus.ingest()
    assert corpus.searched() == {"shop/b.md", "shop/other.md"}
    assert corpus.standings()["shop/c.md"] == ("alias", "shop/b.md")
    remove(corpus.app, document_id(corpus.tenant, "shop", "shop/b.md"))
    assert corpus.searched() == {"shop/c.md", "shop/other.md"}


def test_a_kept_page_that_changes_brings_its_copy_back(corpus: Corpus) -> None:
    """A page that is no copy any more leaves the text that it had to its alias."""
    corpus.write({"shop/a.md": PAGE, "shop/b.md": PAGE})
    corpus.ingest()
    corpus.write({"shop/a.md": OTHER})
    corpus.ingest()
    assert corpus.standings() == {"shop/a.md": ("current", None), "shop/b.md": ("current", None)}
    assert corpus.searched() == {"shop/a.md", "shop/b.md"}


def test_an_alias_that_changes_is_searched(corpus: Corpus) -> None:
    """An alias with a new text is a page of its own, and can become a copy again."""
    corpus.write({"shop/a.md": PAGE, "shop/b.md": PAGE})
    corpus.ingest()
    corpus.write({"shop/b.md": OTHER})
    corpus.ingest()
    assert corpus.searched() == {"shop/a.md", "shop/b.md"}
    corpus.write({"shop/b.md": PAGE})
    corpus.ingest()
    assert corpus.searched() == {"shop/a.md"}


def test_the_order_of_ingestion_does_not_matter(parts: App, tmp_path: Path) -> None:
    """Copies, a longer page, a near copy and a superseded one end alike in each order of their arrival."""
    pages = {
        "shop/copy.md": PAGE,
        "shop/more.md": MORE,
        "shop/near.md": NEAR,
        "shop/old.md": dated(PAGE.replace("12 days", "9 days"), "2025-01-01"),
        "shop/new.md": dated(PAGE, "2026-01-01", supersedes="old.md"),
    }
    ends = []
    for number, order in enumerate(itertools.permutations(pages)):
        if number % 41:
            continue
        app = of_tenant(parts, f"order-{number}")
        for name in order:
            path = tmp_path / str(number) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(pages[name])
            pipeline.run(app, [path.parent], "shop")
        found = app.records.documents(f"order-{number}", ["shop"])
        sources = {each.id: each.source for each in found}
        ends.append({each.source: (each.standing, sources.get(each.in_favour_of or "")) for each in found})
    assert len(ends) == 3
    assert all(end == ends[0] for end in ends)
    assert ends[0]["shop/old.md"] == ("superseded", "shop/new.md")


@pytest.mark.parametrize(
    "changed",
    [
        PAGE.replace("12 days", "14 days"),
        PAGE.replace("Never use", "Always use"),
        PAGE.replace("It is then replaced", "It is not then replaced"),
        PAGE.replace("45 euros", "-45 euros"),
        PAGE.replace("The workshop", "The Harbour workshop"),
        PAGE.replace("kettle", "lantern"),
        PAGE.replace("12 days", "45 days").replace("45 euros", "12 euros"),
        PAGE.replace("Never use solvents, and let", "Let"),
    ],
    ids=["number", "turned", "denied", "sign", "name", "subject", "swapped", "denial lost"],
)
def test_pages_that_differ_in_what_matters_are_both_searched(corpus: Corpus, changed: str) -> None:
    """A number, a denial, a name, the subject: a page that differs in little else is no copy."""
    corpus.write({"shop/a.md": PAGE, "shop/b.md": changed})
    corpus.ingest()
    assert corpus.searched() == {"shop/a.md", "shop/b.md"}


def test_a_page_with_text_of_its_own_is_kept_and_counted_as_near(corpus: Corpus) -> None:
    """Both of two near copies with a section of their own are searched; the later one says that there is another."""
    corpus.write({"shop/a.md": MORE})
    corpus.ingest()
    corpus.write({"shop/b.md": PAGE + "\n## Spare parts\n\nA new handle is sold by every shop in the harbour.\n"})
    corpus.ingest()
    assert corpus.searched() == {"shop/a.md", "shop/b.md"}
    found = {each.source: each.findings for each in corpus.app.records.documents(corpus.tenant, ["shop"])}
    assert found["shop/b.md"]["duplicates"] == {"near": 1}


def test_a_page_within_a_longer_one_is_its_alias(corpus: Corpus) -> None:
    """What says less and nothing else is left out, whichever is newer."""
    corpus.write({"shop/less.md": dated(PAGE, "2026-05-05"), "shop/more.md": dated(MORE, "2020-01-01")})
    corpus.ingest()
    assert corpus.standings()["shop/less.md"] == ("alias", "shop/more.md")


def test_copies_in_spaces_with_the_same_readers_are_kept_once(corpus: Corpus) -> None:
    """Two spaces of one group share one copy; a third one with other readers keeps its own."""
    corpus.write({"shop/a.md": PAGE, "store/a.md": PAGE, "closed/a.md": PAGE})
    corpus.ingest("closed", readers={"board"})
    for space in ("shop", "store"):
        corpus.ingest(space, readers={"sales"})
    assert corpus.searched() == {"shop/a.md", "closed/a.md"}
    assert corpus.standings()["store/a.md"] == ("alias", "shop/a.md")


def test_other_readers_bring_a_page_back_with_the_next_ingestion(corpus: Corpus) -> None:
    """A space whose readers change shares no copies with those that it shared readers with, whoever kept the page."""
    corpus.write({"shop/a.md": PAGE, "store/a.md": PAGE, "store/other.md": OTHER})
    corpus.ingest("shop")
    corpus.ingest("store")
    assert "store/a.md" not in corpus.searched()
    corpus.app.records.set_readers(corpus.tenant, "shop", {"board"})
    corpus.ingest("store")
    assert corpus.searched() == {"shop/a.md", "store/a.md", "store/other.md"}
    corpus.app.records.set_readers(corpus.tenant, "shop", {"everyone"})
    corpus.ingest("shop")
    assert corpus.standings()["store/a.md"] == ("alias", "shop/a.md")


@pytest.mark.parametrize("name", ["old.md", "shop/old.md", "./old.md", '"old.md"'])
def test_front_matter_supersedes_a_page_that_is_there_or_comes_later(corpus: Corpus, name: str) -> None:
    """An old page loses its chunks when its successor comes, or never has any when it comes after that."""
    new = dated(PAGE, "2026-01-01", supersedes=name)
    corpus.write({"shop/new.md": new})
    report = corpus.ingest()
    assert [each.code for each in report.problems] == ["supersession-unresolved"]
    corpus.write({"shop/old.md": OTHER})
    assert not corpus.ingest().problems
    assert corpus.standings()["shop/old.md"] == ("superseded", "shop/new.md")
    assert corpus.searched() == {"shop/new.md"}
    (corpus.folder / "shop/new.md").unlink()
    corpus.ingest()
    assert corpus.searched() == {"shop/old.md"}
    corpus.write({"shop/new.md": new})
    assert corpus.ingest().documents.superseded == 0
    assert corpus.searched() == {"shop/new.md"}


def test_a_page_may_name_its_successor(corpus: Corpus) -> None:
    """`superseded_by` in the old page does what `supersedes` does in the new one."""
    corpus.write({"shop/old.md": dated(OTHER, "2026-01-01", superseded_by="rules/new.md")})
    corpus.ingest()
    assert corpus.searched() == {"shop/old.md"}
    corpus.write({"shop/rules/new.md": PAGE})
    corpus.ingest()
    assert corpus.standings()["shop/old.md"] == ("superseded", "shop/rules/new.md")


def test_pages_that_supersede_each_other_are_all_searched_and_it_is_said(corpus: Corpus) -> None:
    """A circle has no newest page: nothing is hidden, and the report names the pages."""
    corpus.write(
        {
            "shop/a.md": dated(PAGE, "2026-01-01", supersedes="b.md"),
            "shop/b.md": dated(OTHER, "2026-01-01", supersedes="a.md"),
        }
    )
    report = corpus.ingest()
    assert corpus.searched() == {"shop/a.md", "shop/b.md"}
    assert sorted(each.source for each in report.problems) == ["shop/a.md", "shop/b.md"]


def test_a_name_that_two_pages_have_supersedes_neither(corpus: Corpus) -> None:
    """Which of two files of one name is meant is not guessed."""
    corpus.write(
        {
            "shop/x/old.md": PAGE,
            "shop/y/old.md": OTHER,
            "shop/new.md": dated("# New\n\nThe lamp is green.\n", "2026-01-01", supersedes="old.md"),
        }
    )
    report = corpus.ingest()
    assert corpus.searched() == {"shop/x/old.md", "shop/y/old.md", "shop/new.md"}
    assert "2 documents" in report.problems[0].detail


def test_a_page_in_a_space_with_other_readers_is_not_superseded(corpus: Corpus) -> None:
    """A reader would lose his page in favour of one that he may not read."""
    corpus.write({"shop/old.md": OTHER, "closed/new.md": dated(PAGE, "2026-01-01", supersedes="shop/old.md")})
    corpus.ingest("shop")
    report = corpus.ingest("closed", readers={"board"})
    assert corpus.searched() == {"shop/old.md", "closed/new.md"}
    assert [each.code for each in report.problems] == ["supersession-unresolved"]


def test_a_chain_of_editions_leaves_the_last_one(corpus: Corpus) -> None:
    """Each edition supersedes the one before; removing the middle one brings its own predecessor back."""
    corpus.write(
        {
            "shop/one.md": "# One\n\nThe lamp is green.\n",
            "shop/two.md": dated("# Two\n\nThe lamp is blue now, says the shop.\n", "2025-01-01", supersedes="one.md"),
            "shop/three.md": dated(PAGE, "2026-01-01", supersedes="two.md"),
        }
    )
    corpus.ingest()
    assert corpus.searched() == {"shop/three.md"}
    (corpus.folder / "shop/two.md").unlink()
    corpus.ingest()
    assert corpus.searched() == {"shop/one.md", "shop/three.md"}


def test_a_copy_of_a_superseded_page_is_superseded_too(corpus: Corpus) -> None:
    """Else the old figure would come back under another name."""
    corpus.write(
        {
            "shop/old.md": PAGE,
            "shop/old-again.md": PAGE,
            "shop/new.md": dated(PAGE.replace("12 days", "9 days"), "2026-01-01", supersedes="old.md"),
        }
    )
    corpus.ingest()
    assert corpus.standings()["shop/old-again.md"] == ("superseded", "shop/new.md")
    assert corpus.searched() == {"shop/new.md"}


@pytest.mark.parametrize(
    ("files", "superseded"),
    [
        ({"rules-2025.md": "2025-01-01", "rules.md": "2026-01-01"}, {"shop/rules-2025.md"}),
        ({"rules-2025-06.md": "", "rules.md": "2026-01-01"}, {"shop/rules-2025-06.md"}),
        ({"rules-2025.md": "", "rules.md": ""}, set()),
        ({"rules-2025.md": "2025-01-01", "rules-2026.md": "2026-01-01"}, set()),
        ({"rules-2025.md": "2026-02-02", "rules.md": "2026-01-01"}, set()),
        ({"old/rules-2025.md": "2025-01-01", "rules.md": "2026-01-01"}, set()),
    ],
    ids=["by date", "by year", "no date", "two years", "older", "other folder"],
)
def test_names_and_dates_tell_an_outdated_edition(corpus: Corpus, files: dict[str, str], superseded: set[str]) -> None:
    """An older date at the end of a name is superseded by the file without one, if that one says that it is newer."""
    for number, (name, date) in enumerate(files.items()):
        text = f"# Rules{' 2025' * ('2025' in name)}\n\nA lamp may be sent back within {number + 20} days.\n"
        corpus.write({f"shop/{name}": dated(text, date) if date else text})
    corpus.ingest()
    found = {source for source, (standing, _) in corpus.standings().items() if standing == "superseded"}
    assert found == superseded


def test_names_alone_supersede_nothing(corpus: Corpus) -> None:
    """Two pages with other titles and other texts are two pages, whatever their files are called."""
    corpus.write({"shop/a-2025.md": OTHER, "shop/a.md": dated(PAGE, "2026-01-01")})
    corpus.ingest()
    assert corpus.searched() == {"shop/a-2025.md", "shop/a.md"}


@pytest.mark.parametrize(
    ("off", "searched"),
    [
        ("deduplication", {"shop/a.md", "shop/b.md"}),
        ("supersession", {"shop/a.md", "shop/old.md"}),
    ],
)
def test_each_control_can_be_switched_off_and_on(corpus: Corpus, off: str, searched: set[str]) -> None:
    """The next ingestion decides anew, without a file that changed."""
    corpus.write(
        {
            "shop/a.md": dated(PAGE, "2026-01-01", supersedes="old.md"),
            "shop/b.md": PAGE,
            "shop/old.md": OTHER,
        }
    )
    corpus.ingest()
    assert corpus.searched() == {"shop/a.md"}
    app = corpus.app
    corpus.app = replace(app, settings=app.settings.model_copy(update={"controls_off": frozenset({off})}))
    assert not corpus.ingest().changed
    assert corpus.searched() == searched
    corpus.app = app
    corpus.ingest()
    assert corpus.searched() == {"shop/a.md"}


def test_what_a_killed_removal_left_is_mended_by_the_next_run(corpus: Corpus) -> None:
    """A page that is gone while its alias still points at it: the alias comes back."""
    corpus.write({"shop/a.md": PAGE, "shop/b.md": PAGE, "shop/other.md": OTHER})
    corpus.ingest()
    [space] = corpus.app.records.spaces(corpus.tenant)
    gone = corpus.app.records.remove_document(space.index, document_id(corpus.tenant, "shop", "shop/a.md"))
    corpus.app.vectors.remove(space.index, gone)
    (corpus.folder / "shop/a.md").unlink()
    corpus.ingest()
    assert corpus.searched() == {"shop/b.md", "shop/other.md"}


def test_signatures_go_with_their_document(corpus: Corpus) -> None:
    """Nothing of a removed document stays behind in what tells copies."""
    corpus.write({"shop/a.md": dated(PAGE, "2026-01-01", supersedes="old.md")})
    corpus.ingest()
    identity = document_id(corpus.tenant, "shop", "shop/a.md")
    assert corpus.app.records.signatures.of(corpus.tenant, [identity])
    remove(corpus.app, identity)
    assert not corpus.app.records.signatures.of(corpus.tenant, [identity])
