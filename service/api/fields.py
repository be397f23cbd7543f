"""What a body takes from the value that it tells of."""

from typing import Any

from pydantic import BaseModel


def fields_of(value: object, body: type[BaseModel]) -> dict[str, Any]:
    """The attributes of `value` that `body` has too."""
    return {name: each for name, each in vars(value).items() if name in body.model_fields}
