"""EML to text: who, when and about what as lines, then the body. Attachments are named and not read."""

from email import message_from_bytes, policy
from email.errors import CloseBoundaryNotFoundDefect, HeaderParseError, StartBoundaryNotFoundDefect
from email.header import decode_header, make_header
from email.message import EmailMessage

from ingestion.formats import Converted
from ingestion.formats.html import convert_page
from ingestion.formats.text import decoded
from service.core.errors import DamagedFile, MislabelledFile

HEADERS = ("From", "To", "Subject", "Date")


def convert(data: bytes, source: str) -> Converted:
    """A mail's text, titled with its subject. Raises MislabelledFile without headers, DamagedFile if it breaks off."""
    message = message_from_bytes(data, _class=EmailMessage, policy=policy.default)
    if not any(name in message for name in HEADERS):
        raise MislabelledFile(f"{source} has none of a mail's headers.", "Give it the ending of its real format.")
    if any(isinstance(each, CloseBoundaryNotFoundDefect | StartBoundaryNotFoundDefect) for each in message.defects):
        raise DamagedFile(f"{source} breaks off before its last part ends.", "Export the mail again.")
    headers = {name.title(): _header(value, source) for name, value in message.raw_items()}
    lines = [f"{name}: {headers[name]}" for name in HEADERS if name in headers]
    if attached := [part.get_filename() or part.get_content_type() for part in message.iter_attachments()]:
        lines.append(f"Attachments: {', '.join(attached)}")
    return Converted("\n".join([*lines, "", _body(message, source)]), headers.get("Subject") or None)


def _header(raw: str, source: str) -> str:
    """A header's text on one line. Not through the message: a slip in an address makes its parser raise IndexError."""
    written = " ".join(decoded(raw.encode("utf-8", "surrogateescape"), source).split())
    try:
        return str(make_header(decode_header(written)))
    except (HeaderParseError, LookupError, UnicodeError):
        return written


def _body(message: EmailMessage, source: str) -> str:
    plain = message.get_body(("plain",))
    text = _part_text(plain, source) if isinstance(plain, EmailMessage) else ""
    page = message.get_body(("html",))
    if text.strip() or not isinstance(page, EmailMessage):
        return text
    return convert_page(_part_text(page, source)).text


def _part_text(part: EmailMessage, source: str) -> str:
    payload = part.get_payload(decode=True)
    return decoded(payload, source, part.get_content_charset()) if isinstance(payload, bytes) else ""
