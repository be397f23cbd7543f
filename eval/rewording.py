"""Rewords questions by rules: what the search for leaks is measured with. Each rule keeps what is asked.

A copy differs in layout, in a letter, or in a word that says nothing; a paraphrase is put in other words or another
order. Rules make no paraphrase that a person would be proud of, and none that needs knowledge of the subject.
"""

import random
import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

Reword: TypeAlias = Callable[[str, random.Random], str | None]

_SYNONYMS = """
buy=purchase get=receive cost=be_charged price=cost bike=bicycle bicycle=bike fix=repair repair=fix help=assist
begin=start start=begin end=finish big=large large=big often=frequently quickly=fast child=kid children=kids
job=position firm=company company=firm shop=store store=shop ask=enquire tell=inform show=display allowed=permitted
permitted=allowed need=require needed=required require=need happens=occurs maximum=highest minimum=lowest
highest=maximum lowest=minimum money=funds car=automobile doctor=physician movie=film film=movie city=town
country=nation area=region region=area built=constructed made=produced created=made called=named named=called
became=turned_into died=passed_away born=brought_into_the_world began=started started=began located=situated
famous=well-known main=principal important=significant kind=type type=kind used=employed mail=post phone=telephone
holiday=vacation vacation=holiday money=funds boss=manager return=send_back cancel=call_off
"""
SYNONYMS: Mapping[str, str] = {
    word: other.replace("_", " ") for word, other in (each.split("=") for each in _SYNONYMS.split())
}
_FRAMES = (
    *("Can you tell me: {}", "I would like to know, {}", "Quick question: {}", "Could you please say {}"),
    *("Does anybody here know {}", "Hello, {} Thanks!"),
)
_SHORT_FORMS = (
    *(("what is", "what's"), ("who is", "who's"), ("do not", "don't"), ("does not", "doesn't"), ("cannot", "can't")),
    *(("can i", "am i able to"), ("may i", "can i"), ("how many", "what number of"), ("how much", "what amount of")),
    *(("how long", "for how long"), ("when did", "at what time did"), ("where is", "in which place is")),
    *(("do i have to", "must i"), ("must i", "do i have to"), ("which", "what"), ("in what year", "when")),
)
_WEAK = re.compile(r"\b(?:the|a|an|of|please|do|does|did|is|are|was|were|my|our|your)\b ?", re.IGNORECASE)


def layout(question: str, draw: random.Random) -> str:
    """In lower case, with other spaces, without its question mark or with two."""
    return f" {question.lower().rstrip('?').replace(' ', '  ')}{draw.choice(('', '??'))}"


def mistyped(question: str, draw: random.Random) -> str | None:
    """Two letters of a longer word swapped."""
    places = list(re.finditer(r"\b[a-z]{5,}\b", question))
    if not places:
        return None
    chosen = draw.choice(places)
    at = chosen.start() + draw.randint(1, len(chosen.group()) - 3)
    return question[:at] + question[at + 1] + question[at] + question[at + 2 :]


def weakened(question: str, draw: random.Random) -> str | None:
    """Without one word that says nothing."""
    places = list(_WEAK.finditer(question))
    if not places:
        return None
    chosen = draw.choice(places)
    return question[: chosen.start()] + question[chosen.end() :]


def framed(question: str, draw: random.Random) -> str:
    """With words of courtesy around it."""
    return draw.choice(_FRAMES).format(question[0].lower() + question[1:])


def put_otherwise(question: str, draw: random.Random) -> str | None:
    """Its words of asking replaced by others."""
    found = [(old, new) for old, new in _SHORT_FORMS if re.search(rf"\b{re.escape(old)}\b", question, re.IGNORECASE)]
    if not found:
        return None
    old, new = draw.choice(found)
    return re.sub(rf"\b{re.escape(old)}\b", new, question, count=1, flags=re.IGNORECASE)


def other_words(question: str, draw: random.Random) -> str | None:  # noqa: ARG001  # the signature of Reword
    """Every word that has a synonym here replaced by it."""
    changed = re.sub(r"[A-Za-z-]+", lambda found: SYNONYMS.get(found[0].lower(), found[0]), question)
    return changed if changed != question else None


def turned(question: str, draw: random.Random) -> str | None:  # noqa: ARG001  # as above
    """Its end put first: what stands behind a comma or a preposition in the middle."""
    found = re.fullmatch(r"(.{12,}?),? ((?:in|on|at|for|during|after|before|when|if|with|by) .{6,}?)\?", question)
    return f"{found[2][0].upper()}{found[2][1:]}, {found[1][0].lower()}{found[1][1:]}?" if found else None


def in_two_ways(question: str, draw: random.Random) -> str | None:
    """Put otherwise, in other words, and turned, as far as each can be done: two changes at least."""
    made, changes = question, 0
    for each in (turned, put_otherwise, other_words):
        if (changed := each(made, draw)) is not None:
            made, changes = changed, changes + 1
    return made if changes > 1 else None


COPIES: Mapping[str, Reword] = {"layout": layout, "mistyped": mistyped, "a weak word less": weakened}
PARAPHRASES: Mapping[str, Reword] = {
    "framed": framed,
    "put otherwise": put_otherwise,
    "other words": other_words,
    "turned": turned,
    "in two ways": in_two_ways,
}
