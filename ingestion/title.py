"""A document's title from its text or, failing that, from its file's name."""

import re
from pathlib import PurePosixPath

from ingestion.splitting.outline import outline_of

MAX_TITLE_CHARACTERS = 120
# A title stands near the top; a text of 50 MB need not be parsed for it.
SEARCHED_CHARACTERS = 20_000

_LINE_MARKUP = re.compile(r"^[\s>#*+|`=_-]+|[\s#*|`=_]+$")


def title_of_text(text: str) -> str | None:
    """The first heading of level 1, else the first heading, else the first line with a word in it; None without one."""
    top = text[:SEARCHED_CHARACTERS]
    headings = [heading for heading in outline_of(top).headings if heading.text]
    for heading in headings:
        if heading.level == 1:
            return heading.text
    if headings:
        return headings[0].text
    lines = (_LINE_MARKUP.sub("", line) for line in top.split("\n"))
    return next((line for line in lines if any(map(str.isalnum, line))), None)


def title_of_name(source: str) -> str:
    """The file's name without its ending, hyphens and underscores as spaces."""
    return " ".join(PurePosixPath(source).stem.replace("-", " ").replace("_", " ").split()) or source


def shortened(title: str) -> str:
    """`title` on one line of at most MAX_TITLE_CHARACTERS."""
    return " ".join(title.split())[:MAX_TITLE_CHARACTERS].rstrip()
