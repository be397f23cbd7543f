"""The bodies of requests and responses about API keys; `ragready keys --json` prints the same ones."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from service.core.answers import Role
from service.core.keys import ApiKey, NewKey


class NewKeyBody(BaseModel):
    """What a new key shall be called and may do."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "intranet", "role": "reader", "groups": ["hr"]}]}
    )

    name: str = Field(description="what the key is for: 1 to 40 lower-case letters, digits and hyphens")
    role: Role = Field("reader", description="`reader` asks and reads, `operator` sees every trace, `admin` makes keys")
    groups: list[str] = Field(
        default_factory=list, max_length=100, description="groups whose spaces it reads; `*` is all"
    )


class KeyBody(BaseModel):
    """A key without the key itself."""

    id: str
    tenant: str
    name: str
    role: Role
    groups: list[str]
    created_at: datetime
    revoked_at: datetime | None


class CreatedKeyBody(KeyBody):
    """A key just made, with the key itself, which is shown this once."""

    key: str


class KeysBody(BaseModel):
    """Keys, oldest first, revoked ones too."""

    keys: list[KeyBody]


def key_body(kept: ApiKey) -> KeyBody:
    """A key as it leaves the process."""
    return KeyBody(**{**vars(kept), "groups": sorted(kept.groups)})


def created_body(made: NewKey) -> CreatedKeyBody:
    """A key just made, as it leaves the process once."""
    return CreatedKeyBody(**key_body(made.kept).model_dump(), key=made.key)
