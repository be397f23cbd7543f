"""One spelling for what looks the same: Unicode, newlines and blank space. Words are never changed."""

import re
import unicodedata

_NEWLINE = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# U+FFFE is what pdfium leaves of a hyphen at a line's end. U+FEFF is a byte order mark in the middle of a text.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ufeff\ufffe\uffff]")
_BLANK_LINES = re.compile(r"\n{4,}")


def normalised(text: str) -> str:
    r"""`text` in NFC, with \n as newline and no control characters but \n and \t.

    No line has trailing spaces, no more than two blank lines follow each other, and none stands at the ends. A lone
    surrogate, which no store can write, becomes a question mark.
    """
    text = text.encode("utf-8", "replace").decode("utf-8")
    text = _CONTROL.sub("", _NEWLINE.sub("\n", unicodedata.normalize("NFC", text)))
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n\n", text).strip("\n")
