"""From a file's bytes to Markdown: one module a kind of file, each with `convert(data, source)`.

They raise a DocumentProblem where they know what is wrong; anything else that they raise means a damaged file.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Converted:
    """Markdown text, and the title if the format itself gives one that is better than the text's first heading."""

    text: str
    title: str | None = None
