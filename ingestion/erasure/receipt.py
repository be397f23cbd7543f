"""A receipt of an erasure: what each store said when it was read back, signed with a key of the data folder.

It holds nothing of what was erased: ids, sources and a person's terms stand in it as keyed hashes, so that who knows
one and has the key can tell that it was meant, and nobody else learns anything.
"""

import base64
import hmac
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from service.core.errors import InvalidReceipt, InvalidSettings, StorageFull

KEY_FILE = "erasure-key.pem"
FORM = 1
_PUBLIC_KEY = "`ragready receipts key` prints the one of this data folder."
_LOST_KEY = "Restore it from a backup: receipts that another key signed are of another key."
# searched: it was read back. reported: it is not ours to change. unsupported: there is no such store, or none in reach.
StoreState: TypeAlias = Literal["searched", "could not check", "reported", "unsupported"]
Verdict: TypeAlias = Literal["valid", "tampered", "other key"]


@dataclass(frozen=True)
class StoreLine:
    """What a store held before and after. `looked_at` counts rows, entries, or files; `left` what is still there."""

    store: str
    state: StoreState
    looked_at: int = 0
    found: int = 0
    removed: int = 0
    left: int = 0
    says: str = ""


@dataclass(frozen=True)
class Receipt:
    """What is signed. `requested`, `documents` are keyed hashes, `fingerprints` how many windows were looked for.

    `complete` tells that nothing is left in any store that could be read back.
    """

    receipt: str
    form: int
    at: str
    tenant: str
    asked_by: str
    kind: str
    mode: str
    blocked: bool
    requested: tuple[str, ...]
    documents: tuple[str, ...]
    chunks: int
    fingerprints: int
    stores: tuple[StoreLine, ...]
    complete: bool
    ragready: str
    commit: str
    seconds: float


class SigningKey:
    """The key that signs receipts and makes keyed hashes."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        seed = private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        self.hashing = hmac.digest(seed, b"ragready receipts: keyed hashes", "sha256")

    @property
    def public_pem(self) -> str:
        """The public half, with which anybody can check a receipt."""
        return self._private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def hashed(self, value: str) -> str:
        """A keyed hash of a value."""
        return hmac.digest(self.hashing, value.encode(), "sha256").hex()[:32]

    def signed(self, receipt: Receipt) -> str:
        """A receipt as one JSON object, with its signature and the public key."""
        body = json.loads(json.dumps(asdict(receipt)))
        signature = base64.b64encode(self._private.sign(_bytes(body))).decode()
        return json.dumps({"body": body, "public_key": self.public_pem, "signature": signature}, indent=2) + "\n"


def open_key(data_folder: Path) -> SigningKey:
    """The key of a data folder, made at its first use for its owner alone. Raises InvalidSettings, StorageFull."""
    path = data_folder / KEY_FILE
    try:
        return SigningKey(_read(path) if path.exists() else _made(path))
    except OSError as error:
        raise StorageFull(f"{path} cannot be written or read: {error.strerror}.", "Free some space.") from error


def new_receipt_id() -> str:
    """An id for a receipt."""
    return f"rcp_{secrets.token_hex(12)}"


def now() -> str:
    """The time as receipts write it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def parsed(text: str) -> Mapping[str, Any]:
    """The parts of a signed receipt. Raises InvalidReceipt for what is none."""
    try:
        found = json.loads(text)
        body, key, signature = found["body"], found["public_key"], found["signature"]
        if not (isinstance(body, dict) and isinstance(key, str) and isinstance(signature, str)):
            raise TypeError("a part is of the wrong type")
    except (ValueError, TypeError, KeyError) as error:
        raise InvalidReceipt(f"This is no receipt: {error}.", "`ragready receipts show ID` prints one.") from error
    return {"body": body, "public_key": key, "signature": signature}


def verified(text: str, expected_pem: str) -> Verdict:
    """Whether a receipt is as it was signed with the expected key. Raises InvalidReceipt for what is none."""
    found = parsed(text)
    expected = _public(expected_pem)
    if _signed_with(found, expected):
        # the key that travels along is not signed, so one that was exchanged shows here
        return "valid" if _same(found["public_key"], expected) else "tampered"
    try:
        own = _public(found["public_key"])
    except InvalidReceipt:
        return "tampered"
    return "other key" if _signed_with(found, own) and not _same(found["public_key"], expected) else "tampered"


def tells_of(text: str, key: SigningKey, values: Sequence[str]) -> bool:
    """Whether one of these values (an id, a source, a normalised term) was asked for in a receipt made with the key."""
    body = parsed(text)["body"]
    known = {*body.get("requested", ()), *body.get("documents", ())}
    return any(key.hashed(each) in known for each in values)


def _signed_with(found: Mapping[str, Any], key: Ed25519PublicKey) -> bool:
    try:
        key.verify(base64.b64decode(found["signature"], validate=True), _bytes(found["body"]))
    except (InvalidSignature, ValueError):
        return False
    return True


def _same(pem: str, key: Ed25519PublicKey) -> bool:
    try:
        return _public(pem).public_bytes_raw() == key.public_bytes_raw()
    except InvalidReceipt:
        return False


def _public(pem: str) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(pem.encode())
    except ValueError as error:
        raise InvalidReceipt("The public key is none.", _PUBLIC_KEY) from error
    if not isinstance(key, Ed25519PublicKey):
        raise InvalidReceipt("The public key is of another kind than Ed25519.", _PUBLIC_KEY)
    return key


def _bytes(body: Mapping[str, Any]) -> bytes:
    """One form of a body, whatever the order of its fields and the space between them."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _read(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except ValueError as error:
        raise InvalidSettings(f"{path} is no key.", _LOST_KEY) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidSettings(f"{path} is no Ed25519 key.", _LOST_KEY)
    return key


def _made(path: Path) -> Ed25519PrivateKey:
    """A new key, written whole or not at all; two processes at once end with the first one's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = Ed25519PrivateKey.generate()
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    try:
        os.link(partial, path)
    except FileExistsError:
        return _read(path)
    finally:
        partial.unlink()
    return made
