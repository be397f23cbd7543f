"""Markdown, kept as it is but for its front matter, which becomes `meta`, and what a reader of the page never sees."""

import re
from collections.abc import Callable, Iterator, Sequence

from ingestion.formats import Converted, Hidden
from ingestion.formats.text import decoded
from ingestion.formats.unseen import hidden_by_attributes

_FRONT_MATTER_LINE = re.compile(r"[\w.-]+\s*:|\s|#|- |$")
_KEY = re.compile(r"([\w.-]+)\s*:\s*(.*)")
_LIST_ITEM = re.compile(r"\s*-\s+(.*)")
_CODE = re.compile(r"^ {0,3}(`{3,}|~{3,}).*?(?:^ {0,3}\1[`~]*\s*$|\Z)|(?<!`)(`+)(?!`).+?(?<!`)\2(?!`)", re.M | re.S)
_COMMENT = re.compile(r"<!--(.*?)(?:-->|\Z)", re.S)
# A definition of a link that nothing can link to: Markdown's way to write a comment.
_LINK_COMMENT = re.compile(r"^ {0,3}\[(?://|comment|_)\]: *(?:#|<>) *[(\"'](.*)[)\"'] *$", re.M)
_ELEMENT = re.compile(r"<(\w+)((?:\s[^<>]*)?)>(.*?)</\1\s*>", re.S)
_TAG = re.compile(r"<[^<>]*>")
_IMAGE = re.compile(r"!\[([^\]]+)\]\([^)]*\)")


def convert(data: bytes, source: str) -> Converted:
    """Markdown without its YAML front matter, whose `title` it takes. Raises MislabelledFile."""
    lines = decoded(data, source).split("\n")
    end = _front_matter_end(lines)
    meta = dict(_front_matter(lines[1 : end - 1]))
    text, hidden = _without_unseen("\n".join(lines[end:]))
    return Converted(text, meta.get("title") or None, hidden=tuple(hidden), meta=meta)


def _front_matter_end(lines: Sequence[str]) -> int:
    """Number of lines that YAML front matter takes at the top: 0 if there is none."""
    if lines[0].rstrip() != "---":
        return 0
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() in {"---", "..."}:
            return number + 1 if number > 1 else 0
        if not _FRONT_MATTER_LINE.match(line):
            return 0
    return 0


def _front_matter(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Keys with plain values and lists of such, joined by commas; nested mappings are passed over."""
    key, items = "", []
    for line in lines:
        if item := _LIST_ITEM.match(line):
            items.append(_scalar(item[1]))
        elif found := _KEY.match(line):
            if key and items:
                yield key, ", ".join(items)
            key, items = found[1], []
            if value := _scalar(found[2]):
                yield key, value
    if key and items:
        yield key, ", ".join(items)


def _scalar(written: str) -> str:
    value = written.strip()
    if value[:1] in {'"', "'"}:
        quoted = value[1:].partition(value[0])[0]
        return quoted.strip()
    value = re.sub(r"\s#.*$", "", value)
    return value.strip("[]").strip()


def _without_unseen(text: str) -> tuple[str, list[Hidden]]:
    hidden: list[Hidden] = []
    if "<" in text or "]:" in text:
        for pattern in (_COMMENT, _LINK_COMMENT):
            text, found = _cut(text, pattern, bool)
            hidden += [Hidden("comment", match[1]) for match in found]
        text, found = _cut(text, _ELEMENT, lambda match: hidden_by_attributes(match[2]))
        hidden += [Hidden("invisible", _TAG.sub(" ", match[3])) for match in found]
    hidden += [Hidden("alt-text", match[1]) for match in _IMAGE.finditer(text)]
    return text, hidden


def _cut(
    text: str, pattern: re.Pattern[str], unseen: Callable[[re.Match[str]], bool]
) -> tuple[str, list[re.Match[str]]]:
    """`text` without what matches outside code, where everything is seen, and what was cut."""
    masked = _CODE.sub(lambda match: "\ufff9" * len(match[0]), text)
    kept, cut, at = [], [], 0
    for match in pattern.finditer(masked):
        if unseen(match):
            cut.append(pattern.match(text, match.start()) or match)
            kept.append(text[at : match.start()])
            at = match.end()
    return "".join([*kept, text[at:]]), cut
