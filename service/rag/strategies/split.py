"""Splits a question that asks several things, by its form alone: conjunctions and comparisons.

Rules and no understanding: a clause that leans on another one ("and what does it cost?") is not cut off, and a
conjunction inside a name may be taken for one between names. Who splits searches for the whole question too.
"""

import re

from service.rag.words import content_words

# What a clause must say itself, in content words: "and from when?" asks nothing alone.
_LEAST_WORDS = 2
_ASKING = (
    r"(?:how|what|when|where|which|who|whose|whom|why|can|could|do|does|did|is|are|was|were|may|must|should|will|would)"
)
_CLAUSES = re.compile(rf",?\s+(?:and|or|but)\s+(?={_ASKING}\b)|(?<=[?!])\s+|;\s+(?={_ASKING}\b)", re.IGNORECASE)
_STATED = re.compile(r"(?:[^.?!]+(?:\.(?=\s)|!)\s+)+")
_LEANS = re.compile(
    r"\b(?:it|its|they|them|their|he|him|his|she|her|this|that|these|those|then|there)\b", re.IGNORECASE
)
_AS_ONE = re.compile(r"\b(?:each other|one another|together)\b", re.IGNORECASE)
_DETERMINER = r"(?:the|an?|my|our|your|their|this|that)"
_PREPOSITION = r"(?:of|for|on|in|from|to|with|at|by|under|after|before|about)"
_NAME = r"[A-Z0-9][\w'’.-]*(?:\s+[A-Z0-9][\w'’.-]*)*"
_AND = r"\s+(?:and|or|versus|vs\.?)\s+"
_THING = r"[\w'’.-]+(?:\s+[\w'’.-]+){0,3}?"
# What stands side by side: `first` and `second`, each alone in the place of `both`.
_SIDE_BY_SIDE = tuple(
    re.compile(each)
    for each in (
        r"(?P<both>(?:the )?(?:differences?|choice) between (?P<first>.+?)\s+and\s+(?P<second>[^,?]+))",
        r"(?i:\b(?P<both>compare (?P<first>.+?)\s+(?:and|with|to)\s+(?P<second>[^,?]+)))",
        r", (?P<both>(?P<first>[^,?]+) or (?P<second>[^,?]+))(?=\?|$)",
        rf"(?P<both>\b(?P<first>(?P<word>{_PREPOSITION}) {_THING})\s+and\s+(?P<second>(?P=word) {_THING}))(?=[,?]|$)",
        rf"(?P<both>\b(?P<first>{_DETERMINER} {_THING}){_AND}(?P<second>{_DETERMINER} [\w'’.-]+))",
        rf"(?<=\w )(?P<both>(?P<first>{_NAME}){_AND}(?P<second>{_NAME}))",
    )
)


def split(question: str) -> tuple[str, ...]:
    """The questions that are asked in one, in order; the question alone where it asks one thing."""
    stated = found[0] if (found := _STATED.match(question)) else ""
    asked = question[len(stated) :]
    clauses = [each.strip(" ,") for each in _CLAUSES.split(asked)]
    if len(clauses) > 1 and all(map(_stands_alone, clauses)) and not any(map(_LEANS.search, clauses[1:])):
        return tuple(f"{stated}{each[0].upper()}{each[1:].rstrip('?')}?" for each in clauses)
    if _AS_ONE.search(asked):
        return (question,)
    compared = next(filter(None, (each.search(asked) for each in _SIDE_BY_SIDE)), None)
    if compared and content_words(compared["first"]) and content_words(compared["second"]):
        before, after = asked[: compared.start("both")], asked[compared.end("both") :]
        return tuple(f"{stated}{before}{compared[each]}{after}" for each in ("first", "second"))
    return (question,)


def _stands_alone(clause: str) -> bool:
    return len(content_words(clause)) >= _LEAST_WORDS
