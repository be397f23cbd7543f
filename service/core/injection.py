"""Finds sentences that command a language model instead of asking or telling: patterns of our own, by sentence.

A thin guard: it knows wordings, in English and a few in German, Dutch, French and Spanish. It does not understand, so
an order in words that it has not met passes. Figures stand in docs/decisions/0007-guards.md.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeAlias

from service.core.literals import needed
from service.core.sentences import sentences

Place: TypeAlias = Literal["question", "document"]

# What no font shows: format and tag characters, fillers, selectors. Persian and the scripts of India spell with the
# two joiners, so after one of their letters a joiner stays.
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]|(?<![\u0600-\u0dff])[\u200c\u200d]"
)
# Small letters of Cyrillic and Greek, and a few others, that look like Latin ones in one case or the other.
_LOOKALIKES = str.maketrans("авеікмнорстухѕјԁһӏԛԝαβεικνορτυχıøƅ", "abeikmhopctyxsjdhlqwabeikvoptuxiob")
_LEET = str.maketrans("013457@$", "oieastas")
_DIGIT_IN_WORD = re.compile(r"(?<=[a-z])[013457@$](?=[a-z])|\b[013457](?=[a-z]{2})")
_SPELLED_OUT = re.compile(r"\b(?:[a-z][ .*_-]){4,}[a-z]\b")

_AI = (
    r"(?:a\.?i\.?|llms?|language model|chat ?bot|chat ?gpt\w*|\w+gpt|gpt(?:[-\d]\w*)?|clyde|ai assistants?"
    r"|automated (?:reader|system|agent)s?)"
)
_PRIOR = (
    r"(?:previous|prior|above|preceding|earlier|foregoing|initial|original|existing|former|past|system|all|any|every"
    r"|your|openai\S*)"
)
_ORDERS = (
    r"(?:instructions?|rules|guidelines?|prompts?|directions|directives?|commands|policies|programming|safeguards"
    r"|restrictions|constraints|filters)"
)
_ANSWER = r"(?:answers?|repl(?:y|ies)|responses?|outputs?)"
_FEW = r"(?:\W+\w+){0,4}?\W+"
_IMPERATIVE = (
    r"^\W*(?:(?:please|always|also|then|remember to|make sure to|be sure to)\W+)*(?:add|include|insert|integrate|append"
    r"|use|provide|translate|modify|enhance|replace|substitute|convert|combine|group|introduce|mention|embed|incorporate"
    r"|augment|conclude|encode|anagram|render|write|ensure)\b"
)
# Where an order begins: a clause, or what follows "you must", "I want you to" and the like.
_ORDER = (
    r"(?:(?:^|[.;:,!?\])>])\W{0,6}"
    r"(?:(?:please|now|then|also|first|always|just|so|and|okay?|h[ae]llo|hi|hey|\w+gpt)\W{1,6}){0,6}"
    r"|\b(?:and|then|please|you(?: will| must| should| shall| are| need| have)?(?: now| going| to| also)*|you to)\s+)"
)


@dataclass(frozen=True)
class Rule:
    """What commands: its name, the patterns over normalised text of which one must match, and where it counts."""

    name: str
    patterns: tuple[re.Pattern[str], ...]
    places: tuple[Place, ...]


def _rule(name: str, *patterns: str, places: tuple[Place, ...] = ("question", "document")) -> Rule:
    return Rule(name, tuple(re.compile(each) for each in patterns), places)


RULES: tuple[Rule, ...] = (
    _rule(
        "override",
        r"(?<!not )(?<!n't )(?<!never )\b(?:ignor(?:e|ing)|disregard(?:ing)?|forget|overrid(?:e|ing)|overrule|discard"
        r"|neglect|(?:do not|don't|stop|no longer|never) (?:follow|obey)(?:ing)?)\b"
        rf"(?:\W+\w+){{0,3}}?\W+{_PRIOR}\b(?:\W+\w+){{0,3}}?\W+{_ORDERS}\b",
        r"\b(?:ignore|disregard|forget) (?:everything|all|anything|whatever)\b(?:\W+\w+){0,6}?\W+"
        r"(?:above|before|previously|prior|told|instructed|said)\b",
        r"\bignore (?:all |any )?(?:previous|prior|preceding) (?:input|text|messages|orders|conversation)",
    ),
    _rule(
        "override-other-languages",
        r"\b(?:ignorier|vergiss|vergesst|missacht)\w* (?:\w+ ){0,3}?(?:vorherig|bisherig|obig|alle)\w*(?: \w+){0,2}?"
        r" (?:anweisung|regel|befehl|vorgabe)",
        r"\b(?:negeer|vergeet) (?:\w+ ){0,3}?(?:vorige|eerdere|bovenstaande|alle)(?: \w+){0,2}?"
        r" (?:instructies|regels|opdrachten)",
        r"\b(?:ignore[zr]?|oublie[zr]?) (?:\w+ ){0,3}?(?:instructions|consignes|regles)(?: \w+){0,2}?"
        r" (?:precedentes|ci-dessus|anterieures)",
        r"\b(?:ignor|olvid)[ae]d? (?:\w+ ){0,3}?(?:instrucciones|reglas|ordenes)(?: \w+){0,2}? (?:anteriores|previas)",
    ),
    _rule(
        "role",
        rf"\bfrom now on,? (?:\w+ ){{0,2}}?you{_FEW}(?:answer|reply|respond|act|{_AI})\b",
        rf"\byou(?:'re| are) (?:now (?:an? |the )?(?:\w+ ){{0,3}}?(?:{_AI}|dan\b)|\w+gpt\b)",
        rf"{_ORDER}(?:act|behave|respond|reply|speak) (?:exactly )?(?:as|like) (?:\w+ ){{0,4}}?(?:{_AI}|dan)\b",
        rf"{_ORDER}pretend (?:to be|that you are|you are)(?: \w+){{0,4}} {_AI}\b",
        rf"\b(?:role|persona|identity|character|personality) of (?:an?other |an? )?(?:\w+ ){{0,4}}?{_AI}\b",
        r"\byour (?:new )?name is now\b|\bdo anything now\b|\bdan mode\b",
        rf"\b{_AI} with (?:\w+ ){{1,3}}?mode\b",
        r"\byou (?:are|will be) (?:\w+ ){0,3}?in (?:\w+ )?(?:developer|debug|god|admin|jailbreak|unrestricted) mode\b",
    ),
    _rule(
        "role-play",
        r"\bfrom now(?: on)?,? (?:\w+ ){0,2}?you(?:'re|r| are| will| must| shall| have to| only| reply| answer)\b",
        r"(?:^|[.;:,!]\s*|\band\s+)you(?:'re| are) now (?:an?|the|my|under)\b",
        r"\byou (?:are|will) (?:now |going |about |to )*"
        r"(?:act|behave|pretend|pose|role ?play|immerse|simulate|impersonate|embody|emulate)\b",
        r"\b(?:i want|i need) you to (?:act|behave|pretend|pose|role ?play|impersonate|simulate)\b",
        places=("question",),
    ),
    _rule(
        "unrestricted",
        r"\b(?:unfiltered|uncensored|amoral|jailbroken|unrestricted|unethical)\b(?:\W+\w+){0,3}?\W+"
        rf"(?:{_AI}|response|character|model|assistant|answer)\b",
        rf"\b(?:{_AI}|character|assistant|persona)\b(?:\W+\w+){{0,12}}?\W+"
        r"(?:unfiltered|uncensored|amoral|jailbroken|(?:no|without)(?: any)? (?:restrictions|filters|ethic|moral))",
        r"\btypical confines\b|\bfree (?:of|from) (?:all |any )?(?:\w+ and )?(?:filters|censorship)\b",
        rf"\b{_AI}\b.{{0,120}}?(?:\bnot|n't|no longer|never) (?:have to |need to |required to |bound to )?"
        rf"(?:abide by|follow|comply with|adhere to|obey|bound by){_FEW}(?:rules|polic\w+|guidelines)\b",
    ),
    _rule(
        "no-refusal",
        r"(?:\bnot|n't|no longer|never) (?:have to )?(?:care|follow|have|adhere|abide|give a)"
        rf"{_FEW}(?:ethic|moral|legality)",
        r"\b(?:you|it|he|she|\w+gpt|and|always) (?:\w+ ){0,2}?(?:never|not ever|cannot|can't)"
        r" (?:refuses?|rejects?|breaks? character|warns?)\b",
        r"\b(?:never|do not|don't|without) break(?:ing)? character\b|\bnot bound by openai|\bopenai polic",
        places=("question",),
    ),
    _rule(
        "answer-hijack",
        r"\b(?:end|begin|start|finish|close|prefix|preface|open) (?:\w+ )?(?:every|each|all|any|all of your)\b"
        rf"{_FEW}{_ANSWER}\b(?:\W+\w+){{0,4}}? with\b",
        r"\b(?:answer|reply|respond)\b(?:\W+\w+){0,3}? with exactly\b",
        rf"{_ORDER}(?:prefix|preface|prepend) (?:\w+ ){{0,4}}?{_ANSWER}\b",
        rf"\b(?:every|each|all)(?: of)?(?: your)? {_ANSWER}\b(?:\W+\w+){{0,5}}?\W+(?:must|should|shall|has to|have to)"
        r" (?:\w+ )?(?:end|begin|start|finish|close|open) with\b",
    ),
    _rule(
        "answer-only",
        r"\b(?:answer|reply|respond)\b(?:\W+\w+){0,9}? (?:only with|with (?:only|nothing but|the (?:single )?word))\b",
        rf"\b(?:end|begin|start|finish) your (?:next )?{_ANSWER} with\b",
        places=("document",),
    ),
    _rule(
        "answer-shape",
        rf"{_IMPERATIVE}.{{0,200}}?\byour (?:next |final )?(?:response|output)\b",
        rf"{_IMPERATIVE}.{{0,200}}?(?:https?:|www\.|\.com\b|[\"“']\w+ |vowel|letters|anagram|typos?\b|spaces|symbols)"
        r".{0,200}?\byour (?:answer|reply)\b",
        rf"{_IMPERATIVE}.{{0,80}}?\byour (?:answer|reply)\b"
        r".{0,200}?(?:https?:|www\.|\.com\b|[\"“']\w+ |vowel|letters|anagram|typos?\b|spaces|symbols)",
        r"^\W*in your (?:response|output)\b",
        places=("document",),
    ),
    _rule(
        "prompt-extraction",
        r"\b(?:repeat|print|reveal|show|display|output|write|tell|give|share|disclose|leak|dump|expose|recite|translate"
        r"|summari[sz]e|copy|say|list|what (?:is|are|was|were|does))\b(?:\W+\w+){0,6}?\W+"
        r"(?:system|hidden|secret|developer|initial|original) (?:prompts?|instructions|directives?)\b",
        r"\b(?:repeat|print|reveal|show|display|output|tell|give|disclose|leak|recite|what (?:is|are|was|were))\b"
        rf"{_FEW}your (?:\w+ )?(?:prompt|instructions)\b(?! (?:for|on|about|to|regarding|when|how|of|in)\b)",
        r"\brepeat your prompt\b|\b(?:repeat|print|output|copy|recite) (?:\w+ ){0,3}?"
        r"(?:everything|words|text|sentences|lines|instructions|prompt)\b(?: \w+){0,2}? (?:above|before|so far)\b",
    ),
    _rule(
        "exfiltration",
        r"\b(?:send|post|upload|forward|transmit|append|attach|exfiltrate|leak|encode|embed|pass|put|add|include)\b"
        r"(?:\W+\w+){0,6}?\W+(?:conversation|chat|history|context|prompt|credentials|passwords?|secrets?|api keys?"
        r"|tokens?|question|answer|user'?s? data)\b.{0,80}?(?:https?:|www\.|\burl\b|query string|webhook)",
        # with bounds: many openings of pictures that never close would each be read to the end
        r"!\[[^\]]{0,2000}+\]\(\s{0,20}https?:[^)\s]{0,2000}[?&/=](?:\{|\[|<|%7b|data=|q=$)",
    ),
    _rule(
        "addressed",
        rf"\b(?:to|for|attention|attn|notice|message|dear|hey|hello|hi)\W+(?:all |every |any |the )?(?:other )?{_AI}"
        r"\b(?:\W+\w+){0,3}?\s*(?:[:,;.!—]|-(?!\w))",
        places=("document",),
    ),
    _rule(
        "system-voice",
        r"\bsystem (?:prompt|override|instructions?)(?: \w+){0,3}?\s*:",
        r"\bsystem (?:notice|message|command)s? (?:to|for) (?:\w+ ){0,2}?(?:assistant|model|agent|bot|ai)s?\b",
        r"^\W*(?:system|assistant|developer)\s*:\s*(?:you|ignore|from|new|do|always|never)\b",
    ),
    _rule(
        "fake-delimiter",
        r"<\|[a-z_ ]{2,30}\|?>|\[/?inst\]|<</?sys>>",
        r"</?(?:system|assistant|context|instructions?|prompt)\s*>",
        r"(?<!#)#{2,6} ?(?:system|new instructions?|assistant)\s*(?::|#|$)",
    ),
    _rule(
        "encoded",
        r"\b(?:decode|decrypt|base ?64|rot ?13)\b.{0,120}?[a-z0-9+/]{24}",
        r"[a-z0-9+/]{24}.{0,120}?\b(?:decode|decrypt|base ?64|rot ?13)\b",
    ),
)


@dataclass(frozen=True)
class Command:
    """A span `text[start:end]` that commands, and the rule that says so."""

    rule: str
    start: int
    end: int


# What finds the commands in a text; `commands` is one, and an App may be given another. Whatever it raises means that
# nothing could be checked.
Detect: TypeAlias = Callable[[str, Place], list[Command]]


@cache
def edition(rules: tuple[Rule, ...] = RULES) -> str:
    """What tells these rules from others: documents that others passed are to be looked at again."""
    said = [(rule.name, rule.places, [each.pattern for each in rule.patterns]) for rule in rules]
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def normalised(text: str) -> str:
    """The text as the patterns read it: no invisible characters, accents, lookalikes, digits in words, split words."""
    plain = text.casefold() if text.isascii() else _plain(text)
    plain = _DIGIT_IN_WORD.sub(lambda found: found.group().translate(_LEET), plain)
    joined = _SPELLED_OUT.sub(lambda found: re.sub(r"[ .*_-]", "", found.group()), plain)
    return " ".join(joined.split())


def _plain(text: str) -> str:
    """Small letters of no accent, and none that only look like others."""
    folded = unicodedata.normalize("NFKD", INVISIBLE.sub("", text)).casefold().replace("’", "'")
    return "".join(each for each in folded if not unicodedata.combining(each)).translate(_LOOKALIKES)


@cache
def _wordings(place: Place) -> tuple[list[tuple[str, re.Pattern[str]]], dict[str, list[int]]]:
    """The patterns that count in a place, each with its rule's name, and by word those that need it."""
    patterns = [(rule.name, each) for rule in RULES if place in rule.places for each in rule.patterns]
    by_word: dict[str, list[int]] = {}
    for number, (_, pattern) in enumerate(patterns):
        for word in needed(pattern):
            by_word.setdefault(word, []).append(number)
    return patterns, by_word


def broken_rule(text: str, place: Place) -> str | None:
    """The first rule that a text breaks, or None. The text is taken as one sentence."""
    plain = normalised(text)
    patterns, by_word = _wordings(place)
    # Nearly every pattern lacks its words, which is told much sooner than that it does not match.
    likely = sorted({number for word, numbers in by_word.items() if word in plain for number in numbers})
    return next((rule for rule, pattern in map(patterns.__getitem__, likely) if pattern.search(plain)), None)


def commands(text: str, place: Place) -> list[Command]:
    """Every sentence of a text that commands, and what stands between sentences: headings, comments, table heads."""
    found = []
    for start, end in _windows(text):
        if rule := broken_rule(text[start:end], place):
            found.append(Command(rule, start, end))
    return found


def _windows(text: str) -> Iterator[tuple[int, int]]:
    position = 0
    for each in sentences(text):
        if text[position : each.start].strip():
            yield position, each.start
        yield each.start, each.end
        position = each.end
    if text[position:].strip():
        yield position, len(text)
