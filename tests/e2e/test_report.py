"""The page of a run in a real browser: nothing overflows, nothing runs, nothing is fetched."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from eval.report import write_report
from tests.payloads import ACTING
from tests.runs import HOSTILE, answered_run

CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
WATCH = "for (const each of ['alert', 'confirm', 'prompt']) window[each] = () => console.log('payload ran')"
# What sticks out of the window to the right, by element.
STICKING_OUT = """[...document.querySelectorAll('body *')].filter(each => {
  const box = each.getBoundingClientRect(); return box.width && box.right > innerWidth + 1;
}).map(each => `${each.tagName} ${each.textContent.slice(0, 40)}`)"""
LONG = f"{'Unbreakable' * 60} {HOSTILE}"

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium: apt-get install chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run beside a baseline, with long words everywhere and payloads for answers."""
    folder = tmp_path_factory.mktemp("runs")
    before = answered_run(folder / "before", ["24 months"] * (len(ACTING) + 1), command=LONG)
    after = answered_run(folder / "after", [*ACTING, LONG], command=LONG, settings={"hits": LONG})
    return write_report(after, before)


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overflows(browser: Browser, page: Path, width: int, scheme: str) -> None:
    """At either width, light and dark, with every fold open, nothing is wider than the window."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    shown = context.new_page()
    shown.goto(page.as_uri())
    shown.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    assert shown.evaluate(STICKING_OUT) == []
    dark = shown.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark is (scheme == "dark")
    context.close()


def test_nothing_runs_and_nothing_is_fetched(browser: Browser, page: Path) -> None:
    """Payloads in questions and answers are text: no dialogue, no request but for the page itself, no complaint."""
    noticed: list[str] = []
    context = browser.new_context()
    context.add_init_script(WATCH)
    context.on("request", lambda request: noticed.append(request.url))
    context.on("console", lambda message: noticed.append(message.text))
    shown = context.new_page()
    shown.goto(page.as_uri())
    shown.wait_for_timeout(500)
    assert noticed == [page.as_uri()]
    assert "alert(" in shown.inner_text("body")
    context.close()
