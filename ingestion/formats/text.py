"""Plain text, kept as it is; and the decoding that every textual format shares."""

import codecs
import re

import charset_normalizer

from ingestion.formats import Converted
from service.core.errors import MislabelledFile

MAX_CONTROL_SHARE = 0.1
# Right guesses of French texts of 60 characters stood this far behind wrong ones.
MAX_CHAOS_ABOVE_BEST = 0.1

# UTF-32's marks begin with UTF-16's, so they come first.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_SIGN_IN_WORD = re.compile(r"[^\W\d_][\u00a1-\u00bf\u00d7\u00f7\u00f0\u00fe\u0178][^\W\d_]")


def convert(data: bytes, source: str) -> Converted:
    """Text as it is. Raises MislabelledFile."""
    return Converted(decoded(data, source))


def decoded(data: bytes, source: str, charset: str | None = None) -> str:
    r"""`data` as text with newlines as \n: by its byte order mark, else as UTF-8, else as `charset`, else guessed.

    Raises MislabelledFile if it is not text.
    """
    text = _decoded(data, charset)
    if text is None or "\x00" in text or len(_CONTROL.findall(text)) > MAX_CONTROL_SHARE * len(text):
        raise MislabelledFile(
            f"{source} holds binary data, not text.", "Give it the ending of its real format, or leave it out."
        )
    return re.sub(r"\r\n?", "\n", text)


def _decoded(data: bytes, charset: str | None) -> str | None:
    marked = next((encoding for mark, encoding in _BYTE_ORDER_MARKS if data.startswith(mark)), None)
    for encoding in (marked, "utf-8", charset):
        try:
            if encoding:
                return data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return _guessed(data)


def _guessed(data: bytes) -> str | None:
    """Text by charset-normalizer's guess, except that Windows-1252 wins where it is nearly as likely.

    French and Spanish texts of a line or two came out as cp1250 or cp1257 ("crčme", "Espańa"). Polish and Turkish ones
    have signs inside words in Windows-1252; Czech, Russian, Greek and Asian ones are unlikely in it.
    """
    matches = charset_normalizer.from_bytes(data)
    best = matches.best()
    if best is None:
        return None
    likely = [match for match in matches if match.chaos <= best.chaos + MAX_CHAOS_ABOVE_BEST]
    western = next((str(match) for match in likely if "cp1252" in match.could_be_from_charset), None)
    return str(best) if western is None or _SIGN_IN_WORD.search(western) else western
