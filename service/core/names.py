"""The rule for names of tenants and spaces, and the ids made from content."""

import hashlib
import re

from service.core.errors import InvalidName

# Names become part of a Chroma collection's name, so they keep to a subset of what Chroma allows. 40 characters a part
# keep the whole within PostgreSQL's identifiers and any file system.
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")


def checked_name(kind: str, name: str) -> str:
    """`name` if it may name a tenant or space. Raises InvalidName."""
    if _NAME.fullmatch(name):
        return name
    raise InvalidName(
        f"{name!r} cannot name a {kind}.",
        "Use 1 to 40 lower-case letters, digits and hyphens, with a letter or digit at both ends.",
    )


def document_id(tenant: str, space: str, source: str) -> str:
    """Id of the document that `source` is in a space: the same on every machine."""
    return "doc_" + _digest(tenant, space, source)


def quarantine_id(tenant: str, space: str, source: str) -> str:
    """Id of what is held back of `source` in a space."""
    return "qua_" + _digest(tenant, space, source)


def chunk_id(document: str, context: str, text: str, occurrence: int) -> str:
    """Id of a chunk from what it says: it stays when other parts of the document change.

    `occurrence` counts earlier chunks of the document with the same context and text.
    """
    return "chk_" + _digest(document, context, text, str(occurrence))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:24]


def content_hash(data: bytes) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
