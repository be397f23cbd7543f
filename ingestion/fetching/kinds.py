"""Which kinds of file are read: by a name's ending, what the kind is called and which module converts it.

A converter's module is imported when the first file of its kind comes, so that a folder of Markdown pays for no parser.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from ingestion.formats import Converted


@dataclass(frozen=True)
class Kind:
    """A kind of file and its converter, `function` of ingestion.formats.`module`.

    A container has no text of its own.
    """

    media_type: str
    module: str
    function: str = "convert"
    container: bool = False

    @property
    def convert(self) -> Callable[[bytes, str], Converted]:
        """The converter: the file's bytes and its source, which it names in errors, to Markdown."""
        found: Callable[[bytes, str], Converted] = getattr(
            import_module(f"ingestion.formats.{self.module}"), self.function
        )
        return found


_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN = "application/vnd.oasis.opendocument"
_MARKDOWN = Kind("text/markdown", "markdown")
_HTML = Kind("text/html", "html")
_WORD = Kind(f"{_OFFICE}.wordprocessingml.document", "word")
_EXCEL = Kind(f"{_OFFICE}.spreadsheetml.sheet", "workbook")
_SLIDES = Kind(f"{_OFFICE}.presentationml.presentation", "slides")
_LINES = Kind("application/jsonl", "json_text", "convert_lines")
KINDS = {
    ".md": _MARKDOWN,
    ".markdown": _MARKDOWN,
    ".txt": Kind("text/plain", "text"),
    ".html": _HTML,
    ".htm": _HTML,
    ".xhtml": _HTML,
    ".pdf": Kind("application/pdf", "pdf"),
    ".docx": _WORD,
    ".docm": _WORD,
    ".pptx": _SLIDES,
    ".pptm": _SLIDES,
    ".xlsx": _EXCEL,
    ".xlsm": _EXCEL,
    ".csv": Kind("text/csv", "table"),
    ".tsv": Kind("text/tab-separated-values", "table"),
    ".json": Kind("application/json", "json_text"),
    ".jsonl": _LINES,
    ".ndjson": _LINES,
    ".odt": Kind(f"{_OPEN}.text", "open_document"),
    ".ods": Kind(f"{_OPEN}.spreadsheet", "open_document"),
    ".odp": Kind(f"{_OPEN}.presentation", "open_document"),
    ".epub": Kind("application/epub+zip", "book"),
    ".rtf": Kind("application/rtf", "rich_text"),
    ".eml": Kind("message/rfc822", "mail"),
    ".msg": Kind("application/vnd.ms-outlook", "outlook"),
    ".zip": Kind("application/zip", "archive", container=True),
    ".adoc": Kind("text/asciidoc", "asciidoc"),
    ".asciidoc": Kind("text/asciidoc", "asciidoc"),
    ".tex": Kind("application/x-tex", "latex"),
}
EXTENSIONS = tuple(KINDS)
RECOGNISED = {".pdf": Kind("application/pdf", "pdf", "convert_recognised")}
"""What replaces a kind where the text of pictures is recognised."""
