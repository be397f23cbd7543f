"""From a file's bytes to Markdown: one module a kind of file, each with `convert(data, source)`.

They raise a DocumentProblem where they know what is wrong; anything else that they raise means a damaged file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from service.core.errors import DocumentProblem

HiddenKind: TypeAlias = Literal[
    "comment", "alt-text", "invisible", "zero-width", "metadata", "hidden-layer", "hidden-sheet"
]


@dataclass(frozen=True)
class Hidden:
    """Text in a file that its reader does not see, and the way in which it is hidden.

    It is scanned for instructions and never indexed, alt text excepted, which readers of a screen hear.
    """

    kind: HiddenKind
    text: str


@dataclass(frozen=True)
class Part:
    """A file inside a file: an attachment, a member of an archive. `problem` says why its bytes cannot be had."""

    name: str
    data: bytes
    problem: DocumentProblem | None = None


@dataclass(frozen=True)
class Converted:
    """Markdown text, and the title if the format itself gives one that is better than the text's first heading.

    `pages` is the text page by page where the format has pages; `text` is then all of them. `parts` may be read one by
    one as they are asked for. `meta` is what the file says about itself by key, such as front matter.
    """

    text: str
    title: str | None = None
    pages: tuple[str, ...] = ()
    hidden: tuple[Hidden, ...] = ()
    parts: Iterable[Part] = ()
    meta: Mapping[str, str] = field(default_factory=dict)
