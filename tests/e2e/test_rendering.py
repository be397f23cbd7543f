"""Answers in a client that renders them as HTML or Markdown, in a real browser: nothing runs, nothing is fetched."""

import html
import shutil
from collections.abc import Callable, Iterator, Sequence

import pytest
from markdown_it import MarkdownIt
from playwright.sync_api import Route, sync_playwright

from service.rag.markup import harmless
from tests.payloads import ACTING, KNOWN_URL

CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
WATCH = "for (const each of ['alert', 'confirm', 'prompt']) window[each] = () => console.log('payload ran')"
MARKDOWN = MarkdownIt("commonmark", {"html": True})
SETTLE_MILLISECONDS = 1_500

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium: apt-get install chromium")


@pytest.fixture
def acted() -> Iterator[Callable[[Sequence[str]], list[str]]]:
    """What a browser ran or asked for when it showed texts, each as HTML and as Markdown, in frames of their own."""
    noticed: list[str] = []

    def refuse(route: Route) -> None:
        noticed.append(route.request.url)
        route.abort()

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context()
        context.add_init_script(WATCH)
        context.route("**/*", refuse)
        context.on("console", lambda message: noticed.append(message.text) if "payload ran" in message.text else None)
        page = context.new_page()

        def show(texts: Sequence[str]) -> list[str]:
            shown = [each for text in texts for each in (text, MARKDOWN.render(text))]
            documents = [html.escape(f"<p>{each}</p><p>more text, and a > b</p>") for each in shown]
            page.set_content("".join(f'<iframe srcdoc="{each}"></iframe>' for each in documents), wait_until="commit")
            page.wait_for_timeout(SETTLE_MILLISECONDS)
            return noticed

        yield show
        browser.close()


def test_no_payload_acts_after_the_guard(acted: Callable[[Sequence[str]], list[str]]) -> None:
    """Rendered as HTML and as Markdown, no guarded text runs anything or asks anybody."""
    assert acted([harmless(f"before {each} after", {KNOWN_URL}) for each in ACTING]) == []


def test_payloads_act_without_the_guard(acted: Callable[[Sequence[str]], list[str]]) -> None:
    """The browser is no help: shown as they are, payloads run, and ask for pictures, frames and styles."""
    noticed = acted([f"before {each} after" for each in ACTING])
    assert noticed.count("payload ran") >= 5
    assert sum("drop.example" in each for each in noticed) >= 5
