"""DOCX to Markdown through mammoth and markitdown: headings, lists, tables and formulas stay, pictures go.

Not through markitdown's own converter: it reads every picture, and fails on a document that links to one.
"""

from io import BytesIO

import mammoth

from ingestion.formats import Converted


def convert(data: bytes, source: str) -> Converted:  # noqa: ARG001 # every format has the same signature
    """Markdown of a Word document."""
    from markitdown.converter_utils.docx.pre_process import pre_process_docx  # noqa: PLC0415 # takes 0.5 to 1.2 s
    from markitdown.converters import HtmlConverter  # noqa: PLC0415 # see above

    page = mammoth.convert_to_html(pre_process_docx(BytesIO(data)), convert_image=_description).value
    return Converted(HtmlConverter().convert_string(page).markdown)


def _description(image: mammoth.documents.Image) -> list[mammoth.html.TextNode]:
    return [mammoth.html.text(image.alt_text)] if image.alt_text else []
