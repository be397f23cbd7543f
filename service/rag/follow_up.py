"""Completes an English question that leans on the conversation before it, by rules: for answers without a chat model.

"It" and "they" become what the question before named, "And the frame?" becomes that question about the frame. Rules see
words and no meaning. A question that names something of its own, and one in another language, stays as it is.
"""

import re
from collections.abc import Iterator, Sequence

from service.core.answers import Message

_WORD = re.compile(r"[^\W_]+(?:[-'’.][^\W_]+)*")
_AUXILIARY = (
    "is|are|was|were|be|do|does|did|has|have|had|can|could|may|might|must|shall|should|will|would|isn't|aren't|don't"
    "|doesn't|didn't|can't|won't"
)


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


_AUXILIARIES = frozenset(_AUXILIARY.split("|"))
_DETERMINERS = _words("the a an my our your this that these those any each every")
_PREPOSITIONS = _words(
    "about after at before behind below between by during for from in inside into near of on onto outside over per",
    "since through to towards under until up via with within without",
)
_QUESTION_WORDS = _words("how what when where which who whom whose why")
# Words that end the name of a thing, beside auxiliaries, prepositions and question words.
_NO_NAME = _words(
    "i you he she it we they me him her us them my our your his its their and or but if than as not no there here also",
    "cost costs weigh weighs take takes last lasts work works need needs open closed close mean means come comes get",
    "gets go goes make makes use uses pay pays apply applies include includes happen happens",
)
# They end a name too, unless they open it behind an article.
_ADJECTIVES = _words("long much many far often old big heavy high fast wide deep new free available possible allowed")
# "The price of the bell" speaks of the bell.
_ATTRIBUTES = _words(
    "price cost weight size length width height colour color number name address purpose age date capacity rest"
)
_DEGREES = _words("long much many far often old big heavy high fast wide deep soon late so else exactly")
_CONNECTIVE = re.compile(r"^(?:(?:and|but|or|so|also|then|ok|okay|well)\b[,\s]+)+", re.IGNORECASE)
_WHAT_ABOUT = re.compile(r"^(?:what|how)\s+about\s+", re.IGNORECASE)
_VERB_NEXT = rf"(?=\s+(?:{_AUXILIARY}|cost|costs|mean|means|work|works|apply|applies|include|includes)\b|\s*[?.!,]*$)"
# "it" of "is it possible to" stands for nothing.
_PRONOUN = re.compile(
    r"\b(?:(?P<one>it)(?!\s+(?:possible|true|necessary|allowed|okay|ok|safe|enough)\b)|(?P<ones>they|them)"
    r"|(?P<person>he|she|him)|(?P<its>its)|(?P<theirs>their)|(?P<persons>his|her)"
    rf"|(?P<pointed>this|that){_VERB_NEXT}|(?P<pointed_many>these|those){_VERB_NEXT})\b",
    re.IGNORECASE,
)
_THERE = re.compile(r"\bthere(?=\s*[?.!]*$)", re.IGNORECASE)
_PLACE = re.compile(r"\b(?:in|at)\s+(?:the\s+)?[^\W_][\w-]*(?:\s+[A-Z][\w-]*)*")
_MOST_NAME_WORDS = 4


def completed(question: str, history: Sequence[Message]) -> str:
    """The question as it reads without the conversation before it."""
    before, answer = "", ""
    for each in history:
        if each.role == "assistant":
            answer = each.text
        else:
            before, answer = _completed(each.text, before, answer), ""
    return _completed(question, before, answer)


def things(text: str) -> list[str]:
    """What a text names, in order: words behind an article or a verb that opens a question, and capitalised names."""
    words = list(_WORD.finditer(text))
    found: list[tuple[int, int]] = []
    place = 0
    while place < len(words):
        end = _name_end(words, place)
        if end is None:
            place += 1
            continue
        if found and found[-1][1] == place - 1 and words[place - 1].group() == "of":
            attribute = words[place - 2].group().lower() in _ATTRIBUTES
            found[-1] = (place if attribute else found[-1][0], end)  # "the battery of the bike" is one thing
        else:
            found.append((place, end))
        place = end
    return [text[words[first].start() : words[end - 1].end()] for first, end in found]


def _name_end(words: Sequence[re.Match[str]], place: int) -> int | None:
    """The place behind a name that begins at `place`; None where none does."""
    first = words[place].group()
    determined = first.lower() in _DETERMINERS
    asked = bool(place) and words[place - 1].group().lower() in _AUXILIARIES
    if not determined and not (_names(first) and (asked or (place and first[0].isupper()))):
        return None
    begin = place + determined
    adjective = determined and begin < len(words) and words[begin].group().lower() in _ADJECTIVES
    end = begin + adjective
    while end < len(words) and end - begin < _MOST_NAME_WORDS and _names(words[end].group(), end > begin):
        end += 1
    return end if end > begin + adjective else None


def _names(word: str, follows: bool = False) -> bool:
    """Whether a word may be part of a name; behind another one, a form such as "covered" is its verb."""
    lower = word.lower()
    if follows and lower.endswith(("ed", "ing")):
        return False
    return lower not in _NO_NAME | _ADJECTIVES | _AUXILIARIES | _PREPOSITIONS | _QUESTION_WORDS | _DETERMINERS


def _completed(question: str, before: str, answer: str) -> str:
    if not before and not answer:
        return question
    bare = _CONNECTIVE.sub("", question) or question
    about = _WHAT_ABOUT.sub("", bare)
    elliptic = not _AUXILIARIES & {word.lower() for word in _WORD.findall(about)}
    if before and elliptic and (bare != question or about != bare or _opens_openly(about)):
        return _capital(_filled(about, before))
    resolved = "".join(_resolved(bare, before, answer))
    return resolved if resolved == question else _capital(resolved)


def _opens_openly(text: str) -> bool:
    """Whether a text without a verb begins like the rest of a question: "How long?", "In Denmark?"."""
    words = [word.lower() for word in _WORD.findall(text)]
    if not words or words[0] in _PREPOSITIONS:
        return bool(words)
    return words[0] in _QUESTION_WORDS and set(words[1:]) <= _DEGREES


def _filled(part: str, before: str) -> str:
    """The question before, with `part` for what it asks, for the phrase that opens alike, or for its thing."""
    part = part.strip().rstrip("?.! ")
    words = [word.lower() for word in _WORD.findall(part)]
    if _QUESTION_WORDS & set(words[:2]):
        verb = re.search(rf"\b(?:{_AUXILIARY})\b.*", before, re.IGNORECASE)
        return f"{part} {verb.group()[0].lower()}{verb.group()[1:]}" if verb else f"{part}, {before}"
    if words and words[0] in _PREPOSITIONS:
        alike = re.search(rf"\b{words[0]}\s+(?:the\s+|a\s+|an\s+)?[\w-]+", before, re.IGNORECASE)
        if alike:
            return before[: alike.start()] + part + before[alike.end() :]
        return f"{before.rstrip('?.! ')} {part}?"
    if named := things(before):
        return before.replace(named[0], part, 1)
    return f"{before.rstrip('?.! ')}, {part}?"


def _resolved(question: str, before: str, answer: str) -> Iterator[str]:
    """The question with its pronouns replaced; one that follows a name of the question itself is left to that."""
    done = 0
    for found in _PRONOUN.finditer(question):
        meant = None if things(question[: found.start()]) else _meant(found, before, answer)
        if meant:
            yield question[done : found.start()] + meant
            done = found.end()
    rest = question[done:]
    places = _PLACE.findall(before)
    yield _THERE.sub(lambda _: places[-1], rest) if places and not done else rest


def _meant(pronoun: re.Match[str], before: str, answer: str) -> str | None:
    kind = pronoun.lastgroup or ""
    named = things(before) + things(answer)
    if kind.startswith("person"):
        named = [each for each in things(answer) + things(before) if each[0].isupper()]
    else:
        many = kind in {"ones", "theirs", "pointed_many"}
        named = [each for each in named if _is_plural(each) == many] or named
    if not named:
        return None
    meant = re.sub(r"^(?:The|An?)(?= )", lambda found: found.group().lower(), named[0])
    owner = kind in {"its", "theirs", "persons"}
    return meant + (("'" if meant.endswith("s") else "'s") if owner else "")


def _is_plural(name: str) -> bool:
    head = name.split(" of ", maxsplit=1)[0].rsplit(maxsplit=1)[-1].lower()
    return head.endswith("s") and not head.endswith("ss")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
