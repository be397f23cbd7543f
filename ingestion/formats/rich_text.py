"""RTF to text through striprtf; its paragraphs stay, headings and pictures go. Hidden runs are apart."""

import re

from striprtf.striprtf import rtf_to_text

from ingestion.formats import Converted, Hidden

# A group whose formatting says hidden: {\v ...}, {\f1\v\fs20 ...}.
_HIDDEN_GROUP = re.compile(r"\{((?:\\[a-z]+-?\d* ?)*?\\v(?![a-z0-9])(?:\\[a-z]+-?\d* ?)*[^{}]*)\}")
_INFORMATION = re.compile(r"\{\\(title|subject|doccomm|keywords)\s([^{}]*)\}")
_CELL_SEPARATOR = "|"


def convert(data: bytes, source: str) -> Converted:  # noqa: ARG001  # every format has the same signature
    """Text of an RTF document, one paragraph a line."""
    written = data.decode("latin-1")
    hidden = [Hidden("metadata", _text(match[2])) for match in _INFORMATION.finditer(written)]
    hidden += [Hidden("invisible", _text(match[1])) for match in _HIDDEN_GROUP.finditer(written)]
    text = _text(_HIDDEN_GROUP.sub("", written))
    return Converted("\n\n".join(_lines(text)), hidden=tuple(each for each in hidden if each.text.strip()))


def _text(written: str) -> str:
    whole = written if written.lstrip().startswith("{\\rtf") else f"{{\\rtf1 {written}}}"
    return str(rtf_to_text(whole, encoding="cp1252", errors="replace"))  # type: ignore[no-untyped-call]


def _lines(text: str) -> list[str]:
    """Paragraphs; striprtf ends a table's row with a bar behind each cell."""
    return [line.strip() for line in text.split("\n") if line.strip(f" \t{_CELL_SEPARATOR}")]
