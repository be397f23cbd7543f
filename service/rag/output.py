"""What an answer must not carry: HTML, scripts, images, links of its own making, personal data, the model's prompt.

A sentence that rests on nothing passes here: the control `citations` decides about those. One whose citation points
outside its source does not.
"""

import re
from collections import Counter
from dataclasses import dataclass, replace
from functools import lru_cache

from service.core.answers import Claim, Hit
from service.core.personal import PersonalData, PersonalSpan, masked
from service.rag import prompts
from service.rag.controls import Checked
from service.rag.markup import acts, harmless, urls
from service.rag.reveal import may_show

_WORD = re.compile(r"[^\W_]+")
# So many words in a row of the prompt are no accident.
_RUN = 6


@dataclass(frozen=True)
class _Shown:
    """A claim as it may be shown, None where it may not, and what was taken out of it: counts by name."""

    claim: Claim | None
    taken: Counter[str]


def guarded(
    personal: PersonalData, claims: tuple[Claim, ...], secret_text: str | None = None
) -> Checked[tuple[Claim, ...]]:
    """The claims without what an answer must not carry; `secret_text` (the system prompt) is not repeated."""
    secret = prompts.prompt(prompts.ANSWER).system if secret_text is None else secret_text
    shown = [_shown(personal, each, secret) for each in claims]
    taken = sum((each.taken for each in shown), Counter[str]())
    reason = ", ".join(f"{count} {name}" for name, count in sorted(taken.items()))
    return Checked(tuple(each.claim for each in shown if each.claim), "redact" if taken else "allow", reason)


def _shown(personal: PersonalData, claim: Claim, secret: str) -> _Shown:
    source = claim.hit.stored.text if claim.hit else ""
    if claim.hit and not 0 <= claim.start < claim.end <= len(source):
        return _Shown(None, Counter({"citations that point nowhere": 1}))
    if _repeats(claim.text, secret, source):
        return _Shown(None, Counter({"sentences of the prompt": 1}))
    quote = source[claim.start : claim.end]
    text = harmless(claim.text, urls(source))
    taken = Counter({"sentences with markup or links": int(text != " ".join(claim.text.split()))})
    hidden = _hidden(personal, text, claim.hit, quote)
    taken.update(each.type for each in hidden)
    # the quote is shown beside the sentence, and may hold what a model left out of it
    redacted = bool(hidden) or acts(quote) or bool(quote != text and _hidden(personal, quote, claim.hit, quote))
    text = masked(text, hidden, "[{}]")
    kept = replace(claim, text=text, redacted=claim.redacted or redacted) if _WORD.search(text) else None
    return _Shown(kept, +taken)


def _hidden(personal: PersonalData, text: str, hit: Hit | None, quote: str) -> list[PersonalSpan]:
    return [each for each in personal.find(text) if not may_show(personal, each, text, hit, quote)]


def _repeats(text: str, secret: str, source: str) -> bool:
    """Whether a sentence repeats a run of the secret's words that its source does not hold."""
    return bool((_runs(text) & _runs(secret)) - _runs(source))


@lru_cache(maxsize=256)
def _runs(text: str) -> frozenset[tuple[str, ...]]:
    words = _WORD.findall(text.casefold())
    return frozenset(tuple(words[first : first + _RUN]) for first in range(len(words) - _RUN + 1))
