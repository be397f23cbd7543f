"""Precision, recall and F1 of the personal data that the product finds, by type, with exact and overlapping spans.

A span that is found and one that is told make a pair when their types are the same and they are equal, or overlap; each
is in one pair at most. Intervals of precision and recall are Wilson's; F1 is 2j / (1 + j) of the share j that pairs
are of all spans, found or told, and has the ends of that share's interval. Spans count as independent of each other.
Types that the product does not look for are counted apart, and once more with all others as missed.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from eval.detector import Seen, counted, figure, look, share
from eval.detector_cases import CaseFile
from eval.statistics import Estimate, wilson
from ingestion.pipeline import Progress
from service.core.personal import Patterns, PersonalSpan

# What other sets call Presidio's types, in capitals and without what parts words.
_ALIASES: Mapping[str, tuple[str, ...]] = {
    "EMAIL_ADDRESS": ("EMAIL", "MAIL", "EMAILID"),
    "PHONE_NUMBER": ("PHONE", "TELEPHONE", "TEL", "TELEPHONENUM", "TELEPHONENUMBER", "PHONENUM", "MOBILE", "FAX"),
    "CREDIT_CARD": ("CREDITCARDNUMBER", "CREDITDEBITCARD", "CARDNUMBER", "CC", "PAYMENTCARD"),
    "IBAN_CODE": ("IBAN", "IBANNUMBER"),
    "US_SSN": ("SSN", "SOCIALSECURITYNUMBER", "SOCIALNUM", "SOCIALNUMBER"),
    "IP_ADDRESS": ("IP", "IPV4", "IPV6", "IPV4ADDRESS", "IPV6ADDRESS"),
    "MAC_ADDRESS": ("MAC",),
    "CRYPTO": ("BITCOIN", "BITCOINADDRESS", "CRYPTOADDRESS", "WALLET"),
    "UK_NINO": ("NINO", "NATIONALINSURANCENUMBER"),
    "IT_FISCAL_CODE": ("CODICEFISCALE", "FISCALCODE"),
    "ES_NIF": ("NIF", "DNI"),
    "ES_NIE": ("NIE",),
    "FI_PERSONAL_IDENTITY_CODE": ("HETU",),
    "DE_SOCIAL_SECURITY": ("RENTENVERSICHERUNGSNUMMER",),
    "PERSON": ("PER", "NAME", "PERSONNAME", "FULLNAME"),
    "LOCATION": ("LOC", "GPE", "PLACE"),
    "ORGANIZATION": ("ORG", "ORGANISATION", "COMPANY"),
}
_CALLED = {other: name for name, others in _ALIASES.items() for other in others}


@dataclass(frozen=True)
class _Compared:
    """The spans of one text that are told and found, of types by the product's names."""

    told: Sequence[PersonalSpan]
    found: Sequence[PersonalSpan]


def report(file: CaseFile, engine: Patterns, progress: Progress) -> dict[str, Any]:
    """Every figure. `n` is the number of texts that were read, that of a figure the number of spans behind it."""
    types = engine.types()
    seen, failed = look(file.cases, partial(_find, engine), progress)
    compared = [_compared(each, types) for each in seen]
    named = sorted({each.type for text in compared for each in (*text.told, *text.found)} & types)
    apart = Counter(each.type for text in compared for each in text.told if each.type not in types)
    looked_for = [_only(each, types) for each in compared]
    return {
        "detector": "pii",
        **_figures(looked_for),
        "by_type": {name: _figures([_only(each, {name}) for each in looked_for]) for name in named},
        "not_looked_for": dict(sorted(apart.items())),
        "with_not_looked_for": _figures(compared),
        "called": _called(seen, types),
        **counted(file, seen, failed),
    }


def product_type(name: str, types: frozenset[str]) -> str | None:
    """The product's name of a type that a file tells, None where nothing looks for it."""
    short = "".join(filter(str.isalnum, name)).upper()
    by_short = {each.replace("_", ""): each for each in types}
    found = by_short.get(short) or _CALLED.get(short)
    return found if found in types else None


def pairs(told: Sequence[PersonalSpan], found: Sequence[PersonalSpan], same: Callable[..., bool]) -> int:
    """How many pairs the spans of one text make, taken by their ends."""
    return sum(
        _pairs([each for each in told if each.type == name], [each for each in found if each.type == name], same)
        for name in {each.type for each in found}
    )


def _pairs(told: Sequence[PersonalSpan], found: Sequence[PersonalSpan], same: Callable[..., bool]) -> int:
    left, right = ([*sorted(some, key=_by_end)] for some in (told, found))
    here = there = made = 0
    while here < len(left) and there < len(right):
        one, other = left[here], right[there]
        pair = same(one, other)
        made += pair
        here, there = here + (pair or _by_end(one) < _by_end(other)), there + (pair or _by_end(other) <= _by_end(one))
    return made


def _by_end(span: PersonalSpan) -> tuple[int, int]:
    return span.end, span.start


def exact(one: PersonalSpan, other: PersonalSpan) -> bool:
    """Whether two spans are equal."""
    return (one.start, one.end) == (other.start, other.end)


def overlapping(one: PersonalSpan, other: PersonalSpan) -> bool:
    """Whether two spans share a character."""
    return one.start < other.end and other.start < one.end


def _find(engine: Patterns, case: Mapping[str, Any]) -> list[PersonalSpan]:
    return engine.find(case["text"])


def _compared(seen: Seen[list[PersonalSpan]], types: frozenset[str]) -> _Compared:
    """A span that is told twice is told once; a type that the product does not look for keeps its own name."""
    told = {
        PersonalSpan(product_type(each["type"], types) or each["type"], each["start"], each["end"])
        for each in seen.case.given["spans"]
    }
    return _Compared(sorted(told, key=lambda each: (each.start, each.end, each.type)), seen.said)


def _only(text: _Compared, types: Collection[str]) -> _Compared:
    return _Compared(
        [each for each in text.told if each.type in types], [each for each in text.found if each.type in types]
    )


def _called(seen: Sequence[Seen[Any]], types: frozenset[str]) -> dict[str, str]:
    """What the file calls otherwise than the product."""
    told = {span["type"] for each in seen for span in each.case.given["spans"]}
    mapped = {name: product_type(name, types) for name in sorted(told)}
    return {name: other for name, other in mapped.items() if other and other != name}


def _figures(texts: Sequence[_Compared]) -> dict[str, Any]:
    told, found = sum(len(each.told) for each in texts), sum(len(each.found) for each in texts)
    made = {same.__name__: sum(pairs(each.told, each.found, same) for each in texts) for same in (exact, overlapping)}
    return {"told": told, "found": found, **{name: _scores(told, found, some) for name, some in made.items()}}


def _scores(told: int, found: int, made: int) -> dict[str, Any]:
    return {
        "precision": share([True] * made + [False] * (found - made), "none was found"),
        "recall": share([True] * made + [False] * (told - made), "none is told"),
        "f1": _f1(told + found - made, made),
    }


def _f1(every: int, made: int) -> dict[str, Any]:
    if not every:
        return figure(Estimate(None, None, None, 0), "none is told and none was found")
    shares = (made / every, *wilson(made / every, every))
    value, low, high = (round(2 * each / (1 + each), 4) for each in shares)
    return asdict(Estimate(value, low, high, every))
