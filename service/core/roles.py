"""Which role may do what: the one table. What a caller may read of it is another matter, decided by groups."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from service.core.answers import Caller, Role
from service.core.errors import Forbidden

Act: TypeAlias = Literal[
    "read", "see every trace", "see scores", "write documents", "decide on the quarantine", "manage keys"
]
# Each act with the roles that may do it, the least of them first.
ROLES: Mapping[Act, tuple[Role, ...]] = {
    "read": ("reader", "operator", "admin"),
    "see every trace": ("operator", "admin"),
    "see scores": ("operator", "admin"),
    "write documents": ("operator", "admin"),
    "decide on the quarantine": ("operator", "admin"),
    "manage keys": ("admin",),
}


def may(caller: Caller, act: Act) -> bool:
    """Whether the caller's role allows this."""
    return caller.role in ROLES[act]


def check_role(caller: Caller, act: Act) -> None:
    """Raise Forbidden, naming the role that it takes, unless the caller's role allows this."""
    if not may(caller, act):
        raise Forbidden(
            f"A key with the role {caller.role} may not {act}.", f"Use a key with the role {ROLES[act][0]}."
        )
