"""Markdown files, raw files and mail: the formats that are text already."""

from collections.abc import Mapping
from email.message import EmailMessage
from email.policy import SMTP

import yaml

from writers.page import Page


def markdown(page: Page) -> bytes:
    """A Markdown file; the `emit` option becomes its own front matter."""
    emitted = page.options.get("emit")
    head = ""
    if isinstance(emitted, Mapping):
        dumped = yaml.safe_dump({"title": page.title, **emitted}, sort_keys=False, allow_unicode=True, width=1000)
        head = f"---\n{dumped}---\n\n"
    return f"{head}{page.full_text.strip()}\n".encode()


def raw(page: Page) -> bytes:
    """The `text` option, or the body where there is none, byte for byte: for empty and damaged files."""
    return (page.text_option("text") if "text" in page.options else page.body).encode()


def mail(page: Page) -> bytes:
    """One message with the options from, to, cc, date and subject (default: the title) and a plain text body."""
    message = EmailMessage(policy=SMTP.clone(cte_type="8bit", utf8=True, max_line_length=None))
    for header in ("from", "to", "cc", "date", "reply-to"):
        if header in page.options:
            message[header.title()] = page.text_option(header)
    message["Subject"] = page.text_option("subject", page.title)
    message["Message-ID"] = f"<{page.text_option('stem')}@velquist.example>"
    message.set_content(page.body.strip() + "\n", charset="utf-8", cte="8bit")
    return message.as_bytes()
