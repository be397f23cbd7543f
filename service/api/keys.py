"""The key that callers send: from the settings, or made once in development and kept with mode 600."""

import hmac
import os
import secrets
from pathlib import Path

from service.core.errors import Unauthorised
from service.core.settings import Settings


def api_key(settings: Settings) -> tuple[str, bool]:
    """The key, and whether it was made just now."""
    if settings.api_key is not None:
        return settings.api_key.get_secret_value(), False
    return _development_key(settings.data_folder / "api-key")


def check_key(authorization: str | None, expected: str) -> None:
    """Compare an Authorization header with the key, in constant time. Raises Unauthorised."""
    scheme, _, given = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.encode(), expected.encode()):
        raise Unauthorised(
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
