"""Markup that acts is taken out of a text, and what only looks like markup stays."""

import re
import time

import pytest

from service.rag.markup import REMOVED_LINK, acts, harmless, urls
from tests.payloads import ACTING, KNOWN_URL

# What a browser or a Markdown renderer would act on.
LIVE = re.compile(
    r"<[a-z/!?](?![\w -]*>)|<(?:script|img|svg|iframe|style|a|b|base|link|meta|form|object|embed)\b|!\[[^\]]*\]\("
    r"|\]\([^()\s]+\)|^\s*\[[^\]]*\]:\s*\S|javascript:|data:\w|drop\.example",
    re.IGNORECASE,
)


@pytest.mark.parametrize("text", ACTING, ids=lambda text: ascii(text[:24]))
def test_nothing_live_is_left(text: str) -> None:
    """No tag, handler, image, link target, script or unknown address survives, and the words around it do."""
    shown = harmless(f"before {text} after", {KNOWN_URL})
    assert not LIVE.search(shown), shown
    assert shown.startswith("before")
    assert harmless(shown, {KNOWN_URL}) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Press <Enter> and then <F5>.",
        "Set x < 5 and 5 > 3.",
        "A pressure of 2<3 bar, or <= 4 bar.",
        "Hold the arrow -> and <- keys.",
        "I <3 my bike.",
        "Type List<string> in the field.",
        "Mail Help <help@shop.example> today.",
        "The data: 5 rows, 3 columns.",
        "Learn JavaScript: it helps.",
        "See note [1] and (2).",
        "1 // 2 is 0 and a/b is a path.",
        "Tom & Jerry &lt;b&gt;",
        "*stars* and _lines_ stay, `code` too",
        "Größe 🚲 مرحبا",
        f"See {KNOWN_URL}.",
    ],
)
def test_what_only_looks_like_markup_stays(text: str) -> None:
    """Keys, comparisons, types, addresses of mail and the document's own links are left alone."""
    assert harmless(text, {KNOWN_URL}) == text
    assert not acts(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<b>bold</b> and <i>slanted</i>", "bold and slanted"),
        ("<p>one</p><p>two<br>three</p>", "one two three"),
        ("<a href='https://drop.example'>the page</a>", "the page"),
        ("[the page](https://drop.example/a_(b)) here", "the page here"),
        ("![a bike](https://drop.example/x.png)", "a bike"),
        ("a<b and b>c", "a‹b and b>c"),
        ("go to https://drop.example/x, now", f"go to {REMOVED_LINK}, now"),
    ],
)
def test_the_words_of_markup_stay(text: str, shown: str) -> None:
    """Of a tag, a link or an image its words are left, and two paragraphs do not run into one word."""
    assert harmless(text) == shown


def test_a_longer_address_is_not_the_document_s() -> None:
    """Only the very address stays: with something appended it may carry data out."""
    assert urls(f"See {KNOWN_URL}, or (https://help.example).") == {KNOWN_URL, "https://help.example"}
    assert harmless(f"{KNOWN_URL} {KNOWN_URL}x", urls(f"See {KNOWN_URL}.")) == f"{KNOWN_URL} {REMOVED_LINK}"


@pytest.mark.parametrize(
    "text", ["<img src=x onerror=a>", "<script>", "![a](x)", "javascript:alert(1)", "<x onclick=a>", "<base>"]
)
def test_what_acts_by_itself_is_told_from_a_link(text: str) -> None:
    """What runs or is fetched without a click acts; a link does not."""
    assert acts(text)
    assert not acts("[a](https://drop.example) and https://drop.example")


@pytest.mark.parametrize(
    "text",
    [
        "<" * 4_000,
        "<b" * 2_000 + ">" * 2_000,
        "<script>" * 500,
        "![" * 2_000,
        "[a](" * 1_000,
        "<!--" * 1_000,
        "http://" * 500,
    ],
    ids=lambda text: text[:8],
)
def test_no_text_takes_long(text: str) -> None:
    """Deep nesting and half tags end soon."""
    started = time.process_time()
    shown = harmless(text)
    assert time.process_time() - started < 10
    assert not LIVE.search(shown)
