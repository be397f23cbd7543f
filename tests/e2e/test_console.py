"""The page in a real browser, on a service that runs as a process of its own."""

import re
import shutil
from base64 import b64decode
from collections.abc import Iterator
from contextlib import ExitStack, chdir
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

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
def ragready(tmp_path_factory: pytest.TempPathFactory, encoder_folder: Path, started_in: Path) -> Ragready:
    """The command on two spaces with the same documents, of which `staff` is for the group of that name."""
    corpus, data = tmp_path_factory.mktemp("corpus"), tmp_path_factory.mktemp("data")
    (corpus / "warranty.md").write_text(WARRANTY)
    (corpus / "tyres.md").write_text(HOSTILE)
    command = Ragready(data, encoder_folder.parent, api_key=KEY)
    with chdir(started_in):
        for space, readers in (("bikes", "everyone"), ("staff", "staff")):
            done = command("ingest", corpus, "--space", space, "--readers", readers)
            assert done.code == 0, done
    return command


@pytest.fixture(scope="module")
def service(ragready: Ragready, started_in: Path) -> Iterator[Service]:
    with ExitStack() as running, chdir(started_in):
        yield running.enter_context(ragready.up(read_only=True, api_key=KEY))


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


def steps_shown(visit: Visit) -> dict[str, Locator]:
    """The rows of the waterfall by the step that they name."""
    rows = visit.page.get_by_role("table", name="Time by step").get_by_role("row").all()[1:]
    return {row.get_by_role("rowheader").inner_text(): row for row in rows}


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
    for shown in (
        "Warranty terms",
        "warranty.md",
        re.compile("bikes|staff"),
        "Every claim starts at a service centre.",
        "The frame is",
    ):
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
    assert hit_spaces(visit) == {"staff"}
    visit.page.get_by_role("checkbox", name="staff").click()
    visit.page.get_by_role("button", name="Ask").click()
    expect(visit.page.get_by_role("alert")).to_contain_text("Choose at least one.")


def test_details_show_the_trace_as_a_waterfall(visit: Visit):
    """Each step has a row with its place in words, its time and its controls; above stand the facts and the trace."""
    visit.page.get_by_role("radio", name="naive").click()
    visit.ask(WARRANTY_QUESTION)
    rows = steps_shown(visit)
    assert list(rows) == ["question", *(step for step in get_args(Step) if step not in {"rewrite", "plan", "grade"})]
    places = [row.get_by_role("img").get_attribute("aria-label").split() for row in rows.values()]
    begins, ends = [float(each[0]) for each in places], [float(each[2]) for each in places]
    assert begins == sorted(begins)
    assert max(ends[1:]) <= ends[0] + 0.1
    expect(rows["access"]).to_contain_text("access: allow")
    confidence, strategy, model, trace = visit.page.locator(".facts dd").all_inner_texts()
    assert 0 <= float(confidence) <= 1
    assert (strategy, model) == ("naive", "extractive")
    assert re.fullmatch("[0-9a-f]{32}", trace)


def test_without_tracing_the_page_still_shows_the_steps(stranger: Visit, ragready: Ragready, started_in: Path):
    """With tracing switched off the times of the answer make the waterfall, and the trace is said to be off."""
    with chdir(started_in), ragready.up(read_only=True, api_key=KEY, controls_off="tracing") as untraced:
        stranger.page.goto(f"{untraced.stranger.base_url}?key={KEY}")
        stranger.ask(WARRANTY_QUESTION)
        assert {"question", "guard", "search", "cite"} <= set(steps_shown(stranger))
        assert stranger.page.locator(".facts dd").all_inner_texts()[-1] == "off"


def test_each_source_can_be_taken_away(visit: Visit):
    """The page makes the answer again without each source, and shows which one it needs."""
    visit.page.get_by_role("checkbox", name="staff").click()  # where a copy of every document would take its place
    visit.ask(WARRANTY_QUESTION)
    visit.page.get_by_text("Why this answer").click()
    visit.page.get_by_role("button", name="Take each source away").click()
    table = visit.page.get_by_role("region", name="Sources")
    expect(table.get_by_role("row")).to_have_count(3)
    needed = table.get_by_role("row").filter(has_text="Warranty terms")
    expect(needed.locator("strong.effect")).to_have_text(re.compile("declines|another answer"))
    spare = table.get_by_role("row").filter(has_text="Tyre pressure")
    expect(spare.locator("span.effect")).to_have_text("the same")
    assert visit.page.evaluate("window.ran") is None


def test_a_simulated_model_is_labelled_and_its_sentences_come_one_by_one(
    stranger: Visit, ragready: Ragready, started_in: Path
):
    """The first sentence stands while the model still writes; the page says that it is simulated, and what it took."""
    with chdir(started_in), ragready.up(read_only=True, api_key=KEY, model="sim:ttft0-itl200-len60") as simulated:
        stranger.page.goto(f"{simulated.stranger.base_url}?key={KEY}")
        stranger.page.get_by_label("Your question").fill("Is the battery of a bike, or the frame, covered for longer?")
        stranger.page.keyboard.press("Enter")
        expect(stranger.page.locator(".simulated")).to_contain_text("Simulated")
        expect(stranger.page.locator(".sentence").first).to_be_visible()
        expect(stranger.page.get_by_role("status")).to_have_text("Looking …")
        expect(stranger.page.get_by_role("status")).to_have_text(re.compile(r"Answered in \d+ ms"))
        names, values = (stranger.page.locator(f".facts {each}").all_inner_texts() for each in ("dt", "dd"))
        facts = dict(zip(names, values, strict=True))
    assert facts["Model"] == "sim:ttft0-itl200-len60 (simulated)"
    assert facts["Tokens"].startswith("about ")
    assert float(facts["Delay of a sentence"].removesuffix(" ms")) < 1_000
    assert stranger.page.locator(".sentence").count() >= 2


def test_refused_question_shows_its_remedy(visit: Visit):
    """A question without a letter is refused on the page with what is wrong and what to do."""
    visit.page.get_by_label("Your question").fill("???")
    visit.page.get_by_role("button", name="Ask").click()
    alert = visit.page.get_by_role("alert")
    for shown in ("The question cannot be read", "holds no letter or digit", "Ask in words", "invalid-question"):
        expect(alert).to_contain_text(shown)


def test_document_with_markup_runs_nothing(visit: Visit):
    """Markup is taken out of a sentence, shown letter by letter in a title and a document, and runs nothing."""
    visit.ask(f"What is the right pressure of a gravel tyre? {PAYLOAD}")
    expect(visit.page.locator(".sentence").first).to_contain_text("The right pressure of a gravel tyre is 2.5 bar")
    expect(visit.page.locator(".passage mark").first).not_to_contain_text("<img")
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


def opened(visit: Visit, service: Service, *groups: str) -> str:
    """Open the page with a new reader's key of some groups; returns the key's id."""
    made = service.client.post("/v1/keys", json={"name": "visitor", "groups": list(groups)}).json()
    visit.page.goto(f"{service.client.base_url}/?key={made['key']}")
    expect(visit.page.get_by_label("Your question")).to_be_visible()
    for cookie in visit.page.context.cookies():
        held = cookie["value"].encode()
        assert made["key"].encode() not in held + b64decode(held.split(b".")[0] + b"==")
    return str(made["id"])


def hit_spaces(visit: Visit) -> set[str]:
    """The spaces that the hits of the shown answer are from."""
    visit.page.get_by_text("Hits (").click()
    rows = visit.page.get_by_role("region", name="Hits").locator("tr")
    return {row.locator("td").nth(2).inner_text() for row in rows.all()[1:]}


def test_a_reader_sees_its_own_spaces(stranger: Visit, service: Service):
    """A key without groups is shown what everyone may read, and is answered from nothing else."""
    opened(stranger, service)
    expect(stranger.page.get_by_role("checkbox", name="bikes")).to_be_visible()
    expect(stranger.page.get_by_role("checkbox", name="staff")).to_have_count(0)
    stranger.ask(WARRANTY_QUESTION)
    assert hit_spaces(stranger) == {"bikes"}


def test_a_revoked_key_closes_the_page(stranger: Visit, service: Service):
    """Once its key is revoked, an open page answers no further question and asks for a key, also when loaded anew."""
    key_id = opened(stranger, service)
    stranger.ask(WARRANTY_QUESTION)
    service.client.delete(f"/v1/keys/{key_id}")
    stranger.page.get_by_label("Your question").fill("What is the right pressure of a gravel tyre?")
    stranger.page.keyboard.press("Enter")
    for _ in range(2):
        expect(stranger.page.get_by_role("alert")).to_contain_text("not a key of this service, or not any more")
        expect(stranger.page.get_by_label("Your question")).to_have_count(0)
        expect(stranger.page.locator(".sentence")).to_have_count(0)
        stranger.page.reload()


def test_a_document_is_opened_with_the_rights_of_the_moment(stranger: Visit, service: Service, ragready: Ragready):
    """A document whose space was closed to the visitor since the answer cannot be opened from the answer."""
    opened(stranger, service, "staff")
    stranger.page.get_by_role("checkbox", name="bikes").click()
    stranger.ask(WARRANTY_QUESTION)
    assert hit_spaces(stranger) == {"staff"}
    ragready.within("spaces", "readers", "staff", "board")
    try:
        stranger.page.locator(".cite").first.click()
        dialog = stranger.page.get_by_role("dialog")
        expect(dialog).to_contain_text("was removed or changed since this answer")
        expect(dialog).not_to_contain_text("Keep the chain clean")
    finally:
        ragready.within("spaces", "readers", "staff", "staff")


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
