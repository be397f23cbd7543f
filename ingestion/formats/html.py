"""HTML to Markdown through markitdown's converter, called directly.

`MarkItDown` itself would load a model that guesses the kind of file and open an HTTP session; the kind is known here,
and nothing may reach the network. Menus and footers are not taken out: that is cleaning.
"""

import re

from bs4 import BeautifulSoup
from bs4.dammit import EncodingDetector

from ingestion.formats import Converted
from ingestion.formats.text import decoded
from ingestion.outline import outline_of

_EMBEDDED_IMAGE = re.compile(r"!\[([^\]]*)\]\(data:[^)]*\)")


def convert(data: bytes, source: str) -> Converted:
    """Markdown of a page; its title is the first h1, else the title element. Raises MislabelledFile."""
    declared = EncodingDetector.find_declared_encoding(data, is_html=True)
    return convert_page(decoded(data, source, declared))


def convert_page(page: str) -> Converted:
    """Markdown of a page given as text, without scripts, styles and embedded images."""
    from markitdown.converters import HtmlConverter  # noqa: PLC0415  # takes 0.5 to 1.2 s, which text files need not pay

    try:
        result = HtmlConverter().convert_string(page, strict=True)
    except RecursionError:
        # Nested deeper than the converter can walk: the text is whole, only its structure is lost.
        return Converted(BeautifulSoup(page, "html.parser").get_text("\n"))
    text = without_embedded_images(result.markdown)
    first = next((heading.text for heading in outline_of(text).headings if heading.level == 1), None)
    return Converted(text, first or result.title)


def without_embedded_images(markdown: str) -> str:
    """`markdown` with each image that carries its own bytes replaced by its description."""
    return _EMBEDDED_IMAGE.sub(r"\1", markdown)
