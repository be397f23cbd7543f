"""Web pages on the whole path: from a list, a sitemap or a URL to documents, and out of the stores again."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ingestion import pipeline
from ingestion.fetching.shelf import Shelf
from ingestion.remove import remove
from ingestion.report import Report
from service.core.app import App
from service.core.errors import SourceConflict
from tests.processes import Ragready
from tests.web import Page, Site, html, web_site

PUMPS = "The pump holds seven bar, and the staff of the workshop in Aarhus check it once a year before summer begins."
FRAMES = "The frame is covered for ten years from the day of delivery; scratches in the paint are not covered at all."
HOURS = "The shop is open from Monday to Friday between eight and half past five, and it is closed on public holidays."


@pytest.fixture
def site() -> Iterator[Site]:
    """A site with three pages and a sitemap of two of them."""
    with web_site() as made:
        made.pages |= {
            "/pumps": html(PUMPS, "Pumps", ETag='"1"'),
            "/frames": html(FRAMES, "Frames"),
            "/hours.txt": Page(HOURS, {"Content-Type": "text/plain"}),
            "/sitemap.xml": sitemap(f"{made.url}/pumps", f"{made.url}/frames"),
        }
        yield made


def sitemap(*urls: str) -> Page:
    entries = "".join(f"<url><loc>{url}</loc></url>" for url in urls)
    return Page(f"<urlset>{entries}</urlset>", {"Content-Type": "application/xml"})


@pytest.fixture
def reaching(app: App) -> App:
    """The embedded default, allowed to fetch from loopback, without pauses."""
    allowed = {"fetch_private_addresses": True, "fetch_interval_seconds": 0, "fetch_fresh_seconds": 0}
    return replace(app, settings=app.settings.model_copy(update=allowed))


def run(app: App, *given: str | Path, name: str | None = None) -> Report:
    return pipeline.run(app, list(given), "web", name)


def titles(app: App) -> list[str]:
    """Titles of the space's documents."""
    return sorted(each.title for each in app.records.documents("default", ["web"]))


def written(folder: Path, *urls: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "pages.urls").write_text("\n".join(urls))
    return folder


def test_a_page_becomes_a_document(reaching: App, site: Site) -> None:
    """A URL gives a document with the page's title, text and kind, named by the URL."""
    assert run(reaching, f"{site.url}/pumps").documents.added == 1
    [summary] = reaching.records.documents("default", ["web"])
    assert summary.source == f"{site.url.removeprefix('http://')}/pumps"
    document = reaching.records.document("default", summary.id)
    assert document is not None
    assert (document.title, document.media_type) == ("Pumps", "text/html")
    assert "seven bar" in document.text


def test_nothing_is_done_twice(reaching: App, site: Site) -> None:
    """A second run embeds nothing; a page that changed is embedded again, and the others are not."""
    run(reaching, f"{site.url}/sitemap.xml")
    again = run(reaching, f"{site.url}/sitemap.xml")
    assert (again.documents.unchanged, again.embedded, again.changed) == (2, 0, False)
    site.pages["/pumps"] = html(PUMPS.replace("seven", "nine"), "Pumps", ETag='"2"')
    changed = run(reaching, f"{site.url}/sitemap.xml")
    assert (changed.documents.updated, changed.documents.unchanged) == (1, 1)


def test_a_page_that_left_the_sitemap_is_removed(reaching: App, site: Site) -> None:
    """What a sitemap does not name any more leaves every store, though the page is still there."""
    run(reaching, f"{site.url}/sitemap.xml")
    site.pages["/sitemap.xml"] = sitemap(f"{site.url}/pumps")
    report = run(reaching, f"{site.url}/sitemap.xml")
    assert (report.documents.removed, report.problems, titles(reaching)) == (1, [], ["Pumps"])


def test_a_page_that_left_the_list_is_removed(reaching: App, site: Site, tmp_path: Path) -> None:
    """What a list in a folder does not name any more is removed; other files of the folder are not touched."""
    folder = written(tmp_path / "docs", f"{site.url}/pumps", f"{site.url}/frames", f"{site.url}/hours.txt")
    (folder / "own.md").write_text("# Own\n\nA bike that is ridden in winter needs a new chain every second spring.\n")
    assert run(reaching, folder).documents.added == 4
    written(folder, f"{site.url}/pumps", f"{site.url}/hours.txt")
    assert run(reaching, folder).documents.removed == 1
    assert titles(reaching) == sorted([HOURS, "Own", "Pumps"])
    (folder / "pages.urls").unlink()
    assert run(reaching, folder).documents.removed == 2
    assert titles(reaching) == ["Own"]


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_that_is_gone_is_removed(reaching: App, site: Site, tmp_path: Path, status: int) -> None:
    """A page that its server has no more is stated and removed, the only one of a list too."""
    folder = written(tmp_path / "docs", f"{site.url}/pumps")
    run(reaching, folder, f"{site.url}/frames")
    site.pages |= {"/pumps": Page(status=status), "/frames": Page(status=status)}
    report = run(reaching, folder, f"{site.url}/frames")
    assert [each.code for each in report.problems] == ["page-gone", "page-gone"]
    assert (report.documents.removed, titles(reaching)) == (2, [])


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_a_page_that_fails_stays(reaching: App, site: Site, tmp_path: Path, status: int) -> None:
    """A page that cannot be fetched now is stated, and its document stays as it was."""
    folder = written(tmp_path / "docs", f"{site.url}/pumps", f"{site.url}/frames")
    run(reaching, folder)
    site.pages["/pumps"] = Page(status=status)
    report = run(reaching, folder)
    assert report.documents.removed == 0
    assert titles(reaching) == ["Frames", "Pumps"]
    assert {each.code for each in report.problems} == {"fetch-failed"}


@pytest.mark.parametrize("broken", [Page(status=404), Page(status=500), Page("<html>oops"), sitemap()], ids=str)
def test_a_sitemap_that_fails_removes_nothing(reaching: App, site: Site, broken: Page) -> None:
    """While a sitemap is gone, broken or empty, the documents that came through it stay."""
    run(reaching, f"{site.url}/sitemap.xml")
    site.pages["/sitemap.xml"] = broken
    report = run(reaching, f"{site.url}/sitemap.xml")
    assert len(report.problems) == 1
    assert titles(reaching) == ["Frames", "Pumps"]


def test_a_list_that_is_emptied_removes_nothing(reaching: App, site: Site, tmp_path: Path) -> None:
    """A list without a URL is more likely a mistake than a wish; whoever means it removes the file."""
    folder = written(tmp_path / "docs", f"{site.url}/pumps")
    run(reaching, folder)
    written(folder, "# nothing")
    assert [each.code for each in run(reaching, folder).problems] == ["empty-document"]
    assert titles(reaching) == ["Pumps"]


def test_a_list_by_itself(reaching: App, site: Site, tmp_path: Path) -> None:
    """A list that is given by itself follows its changes; another one of the same name is refused."""
    first = written(tmp_path / "one", f"{site.url}/pumps", f"{site.url}/frames") / "pages.urls"
    run(reaching, first)
    written(tmp_path / "one", f"{site.url}/frames")
    assert run(reaching, first).documents.removed == 1
    other = written(tmp_path / "two", f"{site.url}/pumps") / "pages.urls"
    with pytest.raises(SourceConflict, match=r"pages\.urls"):
        run(reaching, other)
    assert titles(reaching) == ["Frames"]


def test_a_deleted_document_leaves_no_page_behind(reaching: App, site: Site) -> None:
    """Who deletes a page's document deletes the page that was kept, too."""
    run(reaching, f"{site.url}/sitemap.xml")
    shelf = Shelf(reaching.settings.data_folder, "default", "web")
    [frames] = [each for each in reaching.records.documents("default", ["web"]) if each.title == "Frames"]
    remove(reaching, frames.id)
    assert not any(each.source == frames.source for each in shelf.kept())
    assert not any("ten years" in file.read_text() for file in shelf.folder.iterdir())


def test_more_pages_than_allowed(reaching: App, site: Site) -> None:
    """A limit that was lowered stops the fetching and removes nothing."""
    run(reaching, f"{site.url}/sitemap.xml")
    fewer = replace(reaching, settings=reaching.settings.model_copy(update={"fetch_max_urls": 1}))
    report = run(fewer, f"{site.url}/sitemap.xml")
    assert [each.code for each in report.problems] == ["fetch-failed"]
    assert titles(reaching) == ["Frames", "Pumps"]


def test_a_name_for_a_sitemap(reaching: App, site: Site) -> None:
    """`--source` names what a sitemap's pages stand under."""
    run(reaching, f"{site.url}/sitemap.xml", name="manual")
    assert all(each.source.startswith("manual/127.0.0.1:") for each in reaching.records.documents("default", ["web"]))


def test_on_the_command_line(site: Site, tmp_path: Path, encoder_folder: Path) -> None:
    """`ragready ingest URL` fetches; what may not be fetched is a stated problem, and the others go on."""
    ragready = Ragready(tmp_path / "data", encoder_folder.parent, fetch_interval_seconds=0)
    given = ("ingest", f"{site.url}/pumps", "file:///etc/passwd", "--space", "web")
    refused = ragready.within(*given)
    assert refused.code == 1
    assert [each["code"] for each in refused.body["problems"]] == ["address-not-allowed"] * 2
    assert site.requests == []
    done = ragready.within(*given, fetch_private_addresses="true")
    assert (done.code, done.body["documents"]["added"]) == (1, 1)
    assert [each["source"] for each in done.body["problems"]] == ["file:///etc/passwd"]
    before = site.asked("/pumps")
    assert ragready.within(*given, fetch_private_addresses="true").body["documents"]["unchanged"] == 1
    assert site.asked("/pumps") == before + 1
