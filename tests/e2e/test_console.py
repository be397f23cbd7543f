"""The page in a real browser, on a service that runs as a process of its own."""

import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, chdir
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from service.core.conventions import Step
from tests.processes import Ragready, Service

CHROMIUM = shutil.which("chromium")
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
KEY = "a-key-of-forty-characters-for-the-page-1"
PAYLOAD = "<script>window.ran = 1</script><img src=x onerror='window.ran = 2'>"
FILLER = "Keep the chain clean and dry. " * 40
WARRANTY = f"""# Warranty terms

{FILLER}

Every claim starts at a service centre. The battery of a bike is covered by the warranty for 24 months.
The frame is covered for longer.

{FILLER}
"""
HOSTILE = f"""# Tyre pressure {PAYLOAD}

The right pressure of a gravel tyre is 2.5 bar {PAYLOAD} at most. Check it every month.
"""
WARRANTY_QUESTION = "How long is the battery covered by the warranty?"
ANSWER = "The battery of a bike is covered by the warranty for 24 months."

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium: apt-get install chromium")


@dataclass
class Visit:
    """A page that is open, and the addresses of everything that its browser asked for."""

    page: Page
    asked: list[str] = field(default_factory=list)

    def ask(self, question: str) -> None:
        """Type a question, press Enter, wait until the answer stands."""
        self.page.get_by_label("Your question").fill(question)
        self.page.keyboard.press("Enter")
        expect(self.page.get_by_role("status")).to_have_text(re.compile(r"(Answered|Declined) in \d+ ms"))


@pytest.fixture(scope="module")
def started_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the service is started in."""
    return tmp_path_factory.mktemp("started")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, encoder_folder: Path, started_in: Path) -> Iterator[Service]:
    corpus, data = tmp_path_factory.mktemp("corpus"), tmp_path_factory.mktemp("data")
    (corpus / "warranty.md").write_text(WARRANTY)
    (corpus / "tyres.md").write_text(HOSTILE)
    ragready = Ragready(data, encoder_folder.parent, api_key=KEY)
    with ExitStack() as running, chdir(started_in):
        for space in ("bikes", "staff"):
            done = ragready("ingest", corpus, "--space", space)
            assert done.code == 0, done
        yield running.enter_context(ragready.up(api_key=KEY))


@pytest.fixture(scope="module")
def address(service: Service) -> str:
    return str(service.stranger.base_url).rstrip("/")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=20_000)  # milliseconds; other tests may share the cores
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def stranger(browser: Browser) -> Iterator[Visit]:
    """A browser that has not shown the key."""
    context = browser.new_context()
    visit = Visit(context.new_page())
    visit.page.on("request", lambda request: visit.asked.append(request.url))
    visit.page.on("websocket", lambda socket: visit.asked.append(socket.url))
    yield visit
    context.close()


@pytest.fixture
def visit(stranger: Visit, address: str) -> Visit:
    """A browser that opened the announced address, with the key in it."""
    stranger.page.goto(f"{address}/?key={KEY}")
    expect(stranger.page.get_by_label("Your question")).to_be_visible()
    return stranger


def test_answer_has_its_sentence_and_mark(visit: Visit):
    """A question typed and sent with Enter is answered by the document's sentence with a mark [1]."""
    visit.ask(WARRANTY_QUESTION)
    first = visit.page.locator(".sentence").first
    expect(first).to_contain_text(ANSWER)
    expect(first.get_by_role("button")).to_have_text("[1]")


def test_pointing_at_a_mark_shows_the_quote_in_its_document(visit: Visit):
    """Pointing at a mark shows title, source, space, and the quote highlighted among the words around it."""
    visit.ask(WARRANTY_QUESTION)
    passage = visit.page.locator(".passage").first
    expect(passage).to_be_hidden()
    visit.page.locator(".cite").first.hover()
    expect(passage).to_be_visible()
    expect(passage.locator("mark")).to_have_text(ANSWER)
    for shown in ("Warranty terms", "warranty.md", "bikes", "Every claim starts at a service centre.", "The frame is"):
        expect(passage).to_contain_text(shown)


def test_keyboard_reaches_a_mark(visit: Visit):
    """The same passage shows while the mark has the keyboard's focus, and Escape closes it."""
    visit.ask(WARRANTY_QUESTION)
    passage, mark = visit.page.locator(".passage").first, visit.page.locator(".cite").first
    for _ in range(20):
        visit.page.keyboard.press("Tab")
        if mark.evaluate("each => each === document.activeElement"):
            break
    expect(passage).to_be_visible()
    visit.page.keyboard.press("Escape")
    expect(passage).to_be_hidden()


def test_click_opens_the_whole_document_at_the_quote(visit: Visit):
    """A click on a mark opens the whole stored text, scrolled so that the quote is in sight."""
    visit.page.set_viewport_size({"width": 390, "height": 600})
    visit.ask(WARRANTY_QUESTION)
    visit.page.locator(".cite").first.click()
    dialog = visit.page.get_by_role("dialog")
    expect(dialog.locator("mark")).to_have_text(ANSWER)
    expect(dialog.locator("mark")).to_be_in_viewport()
    expect(dialog).to_contain_text(FILLER.strip())
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()


def test_abstention_says_why(visit: Visit):
    """A question that the documents do not answer is declined with a reason, and with what was found instead."""
    visit.ask("Who won the chess championship of Mongolia in 1987?")
    notice = visit.page.locator(".abstention")
    expect(notice).to_contain_text("I cannot answer this")
    expect(notice.locator("code")).to_have_text(re.compile("no-match|weak-evidence"))
    expect(notice.locator("p")).not_to_be_empty()
    expect(visit.page.locator(".found li").first).to_be_visible()
    expect(visit.page.locator(".cite")).to_have_count(0)


def test_only_chosen_spaces_are_asked(visit: Visit):
    """With one space left ticked every hit comes from it; with none the page says what to do."""
    visit.page.get_by_role("checkbox", name="bikes").click()
    visit.ask(WARRANTY_QUESTION)
    visit.page.get_by_text("Hits (").click()
    rows = visit.page.get_by_role("region", name="Hits").locator("tr")
    spaces = {row.locator("td").nth(2).inner_text() for row in rows.all()[1:]}
    assert spaces == {"staff"}
    visit.page.get_by_role("checkbox", name="staff").click()
    visit.page.get_by_role("button", name="Ask").click()
    expect(visit.page.get_by_role("alert")).to_contain_text("Choose at least one.")


def test_details_show_steps_and_trace(visit: Visit):
    """Beside the answer stand the time of each step, the confidence, the strategy, the model and the trace."""
    visit.page.get_by_role("radio", name="naive").click()
    visit.ask(WARRANTY_QUESTION)
    assert visit.page.locator(".timings th").all_inner_texts() == [*get_args(Step), "total"]
    confidence, strategy, model, trace = visit.page.locator(".facts dd").all_inner_texts()
    assert 0 <= float(confidence) <= 1
    assert (strategy, model) == ("naive", "extractive")
    assert re.fullmatch("[0-9a-f]{32}", trace)


def test_refused_question_shows_its_remedy(visit: Visit):
    """A question without a letter is refused on the page with what is wrong and what to do."""
    visit.page.get_by_label("Your question").fill("???")
    visit.page.get_by_role("button", name="Ask").click()
    alert = visit.page.get_by_role("alert")
    for shown in ("The question cannot be read", "holds no letter or digit", "Ask in words", "invalid-question"):
        expect(alert).to_contain_text(shown)


def test_document_with_markup_runs_nothing(visit: Visit):
    """Markup in a title, a sentence or a document is shown letter by letter and runs nothing."""
    visit.ask(f"What is the right pressure of a gravel tyre? {PAYLOAD}")
    expect(visit.page.locator(".sentence").first).to_contain_text("<img src=x onerror=")
    visit.page.get_by_text("Hits (").click()
    visit.page.locator(".cite").first.click()
    dialog = visit.page.get_by_role("dialog")
    expect(dialog.locator(".title")).to_contain_text("Tyre pressure <script>")
    expect(dialog.locator(".text")).to_contain_text(PAYLOAD)
    assert visit.page.evaluate("window.ran") is None
    assert visit.page.locator("img").count() == 0


def test_browser_asks_no_other_origin(visit: Visit, address: str):
    """Everything that the browser asked for, sockets included, came from the service itself."""
    visit.ask(WARRANTY_QUESTION)
    visit.page.locator(".cite").first.click()
    expect(visit.page.get_by_role("dialog")).to_be_visible()
    host = address.removeprefix("http://")
    assert any(each.startswith("ws://") for each in visit.asked)
    assert {each.split("/")[2] for each in visit.asked} == {host}


def test_other_origins_are_shut_by_policy(visit: Visit):
    """The page's content security policy stops a request to another origin."""
    blocked = visit.page.evaluate(
        """() => new Promise(resolve => {
            document.addEventListener('securitypolicyviolation', event => resolve(event.effectiveDirective));
            fetch('http://other.invalid/').catch(() => null);
        })"""
    )
    assert blocked == "connect-src"


@pytest.mark.parametrize("path", ["/", "/?key=", "/?key=wrong"])
def test_without_the_key_there_is_only_a_form(stranger: Visit, address: str, path: str):
    """Without the key, or with a wrong one, the page answers 401 and holds a form and nothing to ask with."""
    response = stranger.page.goto(address + path)
    assert response is not None
    assert response.status == 401
    expect(stranger.page.get_by_label("Key")).to_be_visible()
    expect(stranger.page.get_by_label("Your question")).to_have_count(0)


def test_form_refuses_a_wrong_key_and_takes_the_right_one(stranger: Visit, address: str):
    """The form says that a wrong key is wrong; the right one opens the page and stands in no address."""
    stranger.page.goto(address)
    for key in ("wrong", KEY):
        stranger.page.get_by_label("Key").fill(key)
        stranger.page.get_by_role("button", name="Open").click()
        if key == "wrong":
            expect(stranger.page.get_by_role("alert")).to_contain_text("not a key")
    expect(stranger.page.get_by_label("Your question")).to_be_visible()
    assert not [asked for asked in stranger.asked if KEY in asked]


def test_key_leaves_the_address_bar(visit: Visit, address: str):
    """After the announced address the bar shows "/", and the cookie holds no key and no script can read it."""
    assert visit.page.url == f"{address}/"
    cookies = visit.page.context.cookies()
    assert cookies
    for cookie in cookies:
        assert KEY not in cookie["value"]
        assert cookie["httpOnly"]
    visit.page.reload()
    expect(visit.page.get_by_label("Your question")).to_be_visible()


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/v1/none", 404), ("GET", "/none", 404), ("DELETE", "/v1/spaces", 405)]
)
def test_api_keeps_its_errors_beside_the_page(service: Service, method: str, path: str, status: int):
    """With the page mounted an unknown path or method is still a problem document, without a cookie."""
    answer = service.client.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert "set-cookie" not in answer.headers
    assert answer.json()["code"] == "invalid-request"


def test_nothing_is_written_where_the_service_started(visit: Visit, started_in: Path):
    """After a visit the folder that the service was started in is as empty as before."""
    visit.ask(WARRANTY_QUESTION)
    assert list(started_in.iterdir()) == []
