"""Who a key belongs to: the one of the settings, or one of the records. Raises, and never says why a key is refused.

In development the settings' key is made once and kept with mode 600.
"""

import hmac
import os
import secrets
from pathlib import Path

from service.core.answers import EVERY_SPACE, Caller
from service.core.app import App
from service.core.errors import Unauthorised
from service.core.keys import key_hash
from service.core.settings import Settings

SETTINGS_ID = "settings"


def api_key(settings: Settings) -> tuple[str, bool]:
    """The settings' key, and whether it was made just now."""
    if settings.api_key is not None:
        return settings.api_key.get_secret_value(), False
    return _development_key(settings.key_file)


def caller_of_key(app: App, settings_key: str, given: str) -> Caller:
    """Whoever holds the key `given`. Blocks. Raises Unauthorised, and StoreProblem when nobody can tell.

    An unknown, a revoked and another tenant's key, and none at all, are refused in the same words after the same work:
    one hash, one look-up, one comparison in constant time.
    """
    hashed = key_hash(given)
    found = app.records.keys.by_hash(app.settings.tenant, hashed)
    if hmac.compare_digest(hashed, key_hash(settings_key)):
        return _settings_caller(app)
    if found is None:
        raise _refused()
    return found.caller


def caller_of_id(app: App, key_id: str) -> Caller:
    """Whoever holds the key of this id, as it stands now. Blocks. Raises Unauthorised and StoreProblem."""
    if key_id == SETTINGS_ID:
        return _settings_caller(app)
    found = app.records.keys.by_id(app.settings.tenant, key_id)
    if found is None:
        raise _refused()
    return found.caller


def bearer(authorization: str | None) -> str:
    """The key in an Authorization header; nothing when there is none, or one of another scheme."""
    scheme, _, given = (authorization or "").partition(" ")
    return given if scheme.lower() == "bearer" else ""


def _settings_caller(app: App) -> Caller:
    return Caller(app.settings.tenant, SETTINGS_ID, "admin", frozenset({EVERY_SPACE}))


def _refused() -> Unauthorised:
    return Unauthorised(
        "The request carries no valid key.",
        "Send it as `Authorization: Bearer KEY`; in development `ragready up` says where the key is.",
    )


def _development_key(path: Path) -> tuple[str, bool]:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip(), False
    key = "dev-" + secrets.token_hex(24)
    with os.fdopen(descriptor, "w") as file:
        file.write(key + "\n")
    return key, True
