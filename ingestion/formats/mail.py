"""EML to text: who, when and about what as lines, then the body. Attachments are parts, a mail in a mail is one too."""

import mimetypes
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.errors import CloseBoundaryNotFoundDefect, HeaderParseError, StartBoundaryNotFoundDefect
from email.header import decode_header, make_header
from email.message import EmailMessage
from pathlib import PurePosixPath
from typing import Any

from ingestion.formats import Converted, Hidden, Part
from ingestion.formats.html import convert_page
from ingestion.formats.text import decoded
from service.core.errors import DamagedFile, MislabelledFile

HEADERS = ("From", "To", "Subject", "Date")
# Long headers would be folded anew, for which their addresses are parsed: a slip in one raises IndexError there.
_AS_WRITTEN = policy.default.clone(refold_source="none")


def convert(data: bytes, source: str) -> Converted:
    """A mail's text, titled with its subject. Raises MislabelledFile without headers, DamagedFile if it breaks off."""
    message = message_from_bytes(data, _class=EmailMessage, policy=policy.default)
    if not any(name in message for name in HEADERS):
        raise MislabelledFile(f"{source} has none of a mail's headers.", "Give it the ending of its real format.")
    if any(isinstance(each, CloseBoundaryNotFoundDefect | StartBoundaryNotFoundDefect) for each in message.defects):
        raise DamagedFile(f"{source} breaks off before its last part ends.", "Export the mail again.")
    raw = {name.title(): _header(value, source) for name, value in message.raw_items()}
    headers = {name: raw[name] for name in HEADERS if name in raw}
    parts = tuple(_attachments(message, source))
    text, hidden = _body(message, source)
    return written(headers, text, hidden, parts)


def written(headers: dict[str, str], body: str, hidden: tuple[Hidden, ...], parts: tuple[Part, ...]) -> Converted:
    """A mail of any format as text."""
    lines = [f"{name}: {value}" for name, value in headers.items() if value]
    if parts:
        lines.append(f"Attachments: {', '.join(part.name for part in parts)}")
    return Converted("\n".join([*lines, "", body]), headers.get("Subject") or None, hidden=hidden, parts=parts)


def file_name(given: str | None, media_type: str, number: int) -> str:
    """An attachment's name without folders; one without a name gets its number and its type's usual ending."""
    name = PurePosixPath((given or "").replace("\\", "/")).name
    return name or f"attachment {number}{mimetypes.guess_extension(media_type) or ''}"


def _header(raw: str, source: str) -> str:
    """A header's text on one line. Not through the message: a slip in an address makes its parser raise IndexError."""
    text = " ".join(decoded(raw.encode("utf-8", "surrogateescape"), source).split())
    try:
        return str(make_header(decode_header(text)))
    except (HeaderParseError, LookupError, UnicodeError):
        return text


def _attachments(message: EmailMessage, source: str) -> Iterator[Part]:
    for number, part in enumerate(message.iter_attachments(), start=1):
        media_type = part.get_content_type()
        if media_type == "message/rfc822":
            inner: Any = part.get_payload(0)
            subject = _header(str(inner.get("Subject") or ""), source).replace("/", "-")
            yield Part(part.get_filename() or f"{subject or f'mail {number}'}.eml", inner.as_bytes(policy=_AS_WRITTEN))
        else:
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                yield Part(file_name(part.get_filename(), media_type, number), payload)


def _body(message: EmailMessage, source: str) -> tuple[str, tuple[Hidden, ...]]:
    """The plain text, else the page; what a page hides is told in either case."""
    plain, page = message.get_body(("plain",)), message.get_body(("html",))
    text = _part_text(plain, source) if isinstance(plain, EmailMessage) else ""
    if not isinstance(page, EmailMessage):
        return text, ()
    converted = convert_page(_part_text(page, source))
    return (text if text.strip() else converted.text), converted.hidden


def _part_text(part: EmailMessage, source: str) -> str:
    payload = part.get_payload(decode=True)
    return decoded(payload, source, part.get_content_charset()) if isinstance(payload, bytes) else ""
