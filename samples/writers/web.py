"""HTML pages, with the navigation, cookie note and footer that a real site wraps around its text."""

from html import escape

from markdown_it import MarkdownIt

from writers.page import Page

STYLE = "body{font-family:sans-serif;max-width:60rem}table{border-collapse:collapse}td,th{border:1px solid #999}"
TOP = """<header><nav><ul><li><a href="/">Velquist</a></li><li><a href="/bikes">Bikes</a></li>
<li><a href="/lease">Lease</a></li><li><a href="/service">Service</a></li><li><a href="/help">Help centre</a></li>
<li><a href="/cart">Basket (0)</a></li></ul></nav></header>
<div class="cookie-bar">We use cookies to keep your basket and to count visits. <button>Accept all</button>
<button>Only what is needed</button></div>"""
BOTTOM = """<footer><p>Velquist Mobility B.V., Utrecht. <a href="/terms">Terms</a> <a href="/privacy">Privacy</a>
<a href="/imprint">Imprint</a></p><p>Was this page useful? <a href="#yes">Yes</a> <a href="#no">No</a></p></footer>"""


def html(page: Page) -> bytes:
    """A whole page; the option `nav: false` leaves out navigation, cookie note and footer; `lang` sets the language."""
    body = MarkdownIt("commonmark", {"html": True}).enable("table").render(page.full_text)
    top, bottom = (TOP, BOTTOM) if page.switch("nav", True) else ("", "")
    lines = [
        "<!DOCTYPE html>",
        f'<html lang="{escape(page.text_option("lang", "en"))}">',
        f'<head><meta charset="utf-8"><title>{escape(page.title)} - Velquist</title><style>{STYLE}</style></head>',
        f"<body>\n{top}\n<main>\n{body}</main>\n{bottom}\n</body>\n</html>\n",
    ]
    return "\n".join(lines).encode()
