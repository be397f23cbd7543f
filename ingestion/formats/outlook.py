"""MSG, Outlook's mail, to the same text as EML. Attachments are parts; an attached Outlook item becomes an EML part."""

from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import format_datetime

from oxmsg import Message
from oxmsg.attachment import Attachment
from oxmsg.domain import constants
from oxmsg.properties import Properties
from oxmsg.storage import Storage

from ingestion.formats import Converted, Hidden, Part
from ingestion.formats.html import convert_page
from ingestion.formats.mail import file_name, written

# The properties of a message inside another one begin earlier than those of a file's own message.
_INNER_HEADER_BYTES = 24
_INNER_MESSAGE = "__substg1.0_3701000D"
_DISPLAY_TO = 0x0E04


def convert(data: bytes, source: str) -> Converted:  # noqa: ARG001  # every format has the same signature
    """An Outlook mail's text, titled with its subject."""
    message = Message.load(data)
    body, hidden = _body(message.properties.str_prop_value(constants.PID_BODY) or "", message.html_body or "")
    return written(_headers(message), body, hidden, tuple(_attachments(message)))


def _headers(message: Message) -> dict[str, str]:
    recipients = [_address(each.name, each.email_address) for each in message.recipients]
    told = message.message_headers
    sent = message.sent_date
    return {
        "From": message.sender or "",
        "To": told.get("To") or ", ".join(filter(None, recipients)),
        "Subject": message.subject,
        "Date": told.get("Date") or (format_datetime(sent) if sent else ""),
    }


def _address(name: str | None, email: str | None) -> str:
    return f"{name} <{email}>" if name and email and name != email else email or name or ""


def _body(plain: str, page: str) -> tuple[str, tuple[Hidden, ...]]:
    if not page:
        return plain, ()
    converted = convert_page(page)
    return (plain if plain.strip() else converted.text), converted.hidden


def _attachments(message: Message) -> Iterator[Part]:
    for number, attachment in enumerate(message.attachments, start=1):
        inner = _inner_message(attachment)
        if inner is not None:
            yield _as_mail(inner, number)
        elif attachment.file_bytes:
            yield Part(file_name(attachment.file_name, attachment.mime_type or "", number), attachment.file_bytes)


def _inner_message(attachment: Attachment) -> Storage | None:
    held = attachment._storage  # the package offers no other way to it
    storages = held.storages if isinstance(held, Storage) else ()
    return next((each for each in storages if each.name == _INNER_MESSAGE), None)


def _as_mail(storage: Storage, number: int) -> Part:
    """An attached item with its own attachments left out: what a mail that was forwarded said."""
    properties = Properties(storage, properties_header_offset=_INNER_HEADER_BYTES)
    subject = properties.str_prop_value(constants.PID_SUBJECT) or ""
    mail = EmailMessage()
    mail["From"] = _one_line(properties.str_prop_value(constants.PID_SENDER_NAME) or "")
    mail["To"] = _one_line(properties.str_prop_value(_DISPLAY_TO) or "")
    mail["Subject"] = _one_line(subject)
    mail.set_content(properties.str_prop_value(constants.PID_BODY) or "")
    name = _one_line(subject).replace("/", "-")
    return Part(f"{name or f'mail {number}'}.eml", mail.as_bytes())


def _one_line(text: str) -> str:
    return " ".join(text.split())
