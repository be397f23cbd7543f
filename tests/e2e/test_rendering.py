"""Answers in a client that renders them as HTML or Markdown, in a real browser: nothing runs, nothing is fetched."""

import shutil
from collections.abc import Callable, Iterator

import pytest
from markdown_it import MarkdownIt
from playwright.sync_api import Route, sync_playwright

from service.rag.markup import harmless
from tests.payloads import ACTING, KNOWN_URL

CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
WATCH = "for (const each of ['alert', 'confirm', 'prompt']) window[each] = () => { console.log('payload ran') }"
MARKDOWN = MarkdownIt("commonmark", {"html": True})

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium: apt-get install chromium")


@pytest.fixture(scope="module")
def acted() -> Iterator[Callable[[str], list[str]]]:
    """What a browser ran or asked for when it showed a text as HTML, and as Markdown with HTML in it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context()
        noticed: list[str] = []

        def refuse(route: Route) -> None:
            noticed.append(route.request.url)
            route.abort()

        context.add_init_script(WATCH)
        context.route("**/*", refuse)
        context.on("console", lambda message: noticed.append(message.text) if "payload ran" in message.text else None)

        def show(text: str) -> list[str]:
            noticed.clear()
            for shown in (text, MARKDOWN.render(text)):
                page = context.new_page()  # a payload may lead the page away
                page.set_content(f"<p>{shown}</p><p>more text, and a > b</p>", wait_until="commit")
                page.wait_for_timeout(30)
                page.close()
            return list(noticed)

        yield show
        browser.close()


def test_no_payload_acts_after_the_guard(acted: Callable[[str], list[str]]) -> None:
    """Rendered as HTML and as Markdown, no guarded text runs anything or asks anybody."""
    assert {text: found for text in ACTING if (found := acted(harmless(f"before {text} after", {KNOWN_URL})))} == {}


def test_payloads_act_without_the_guard(acted: Callable[[str], list[str]]) -> None:
    """The browser is no help: shown as they are, most payloads run or fetch at once."""
    assert sum(bool(acted(f"before {text} after")) for text in ACTING) >= 15
