"""What a source becomes after its placeholders are filled, before a writer turns it into bytes."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """One document: its title, its Markdown body and the options of its front matter."""

    title: str
    body: str
    options: Mapping[str, object]

    def text_option(self, name: str, default: str = "") -> str:
        """An option as text; `default` where the front matter does not have it."""
        return str(self.options.get(name, default))

    def switch(self, name: str, default: bool = False) -> bool:
        """A yes/no option; anything but a YAML boolean raises ValueError."""
        value = self.options.get(name, default)
        if not isinstance(value, bool):
            raise ValueError(f"{self.title}: {name} must be true or false, not {value!r}")
        return value

    @property
    def full_text(self) -> str:
        """The body under its title as a first-level heading, unless `heading: false`."""
        return f"# {self.title}\n\n{self.body}" if self.switch("heading", True) else self.body
