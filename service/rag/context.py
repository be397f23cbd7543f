"""Instructions in documents: sentences of the hits that command instead of telling are blanked out.

How the hits are set apart from the rest of a prompt stands in service.rag.generate.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from service.core.answers import Hit
from service.core.injection import Detect
from service.rag.controls import Checked


@dataclass(frozen=True)
class _Screened:
    """A text of the same length in which spaces stand for what commands, and the rules that each of those broke."""

    text: str
    rules: tuple[str, ...]


def screened(detect: Detect, hits: Sequence[Hit]) -> Checked[Sequence[Hit]]:
    """The hits, with every sentence that commands replaced by as many spaces, so that offsets stay."""
    shown = [_screened_hit(detect, each) for each in hits]
    rules = Counter(rule for _, broken in shown for rule in broken)
    reason = ", ".join(f"{count} {rule}" for rule, count in sorted(rules.items()))
    return Checked([hit for hit, _ in shown], "redact" if rules else "allow", reason)


def _screened_hit(detect: Detect, hit: Hit) -> tuple[Hit, tuple[str, ...]]:
    stored = hit.stored
    text, context, title = (_screened(detect, each) for each in (stored.text, stored.chunk.context, stored.title))
    if not (rules := text.rules + context.rules + title.rules):
        return hit, ()
    chunk = replace(stored.chunk, context=context.text)
    shown = replace(stored, text=text.text, title=title.text.strip() or stored.source, chunk=chunk)
    return replace(hit, stored=shown), rules


@lru_cache(maxsize=4_096)
def _screened(detect: Detect, text: str) -> _Screened:
    """Popular chunks come again."""
    found = detect(text, "document")
    for each in found:
        text = text[: each.start] + " " * (each.end - each.start) + text[each.end :]
    return _Screened(text, tuple(each.rule for each in found))
