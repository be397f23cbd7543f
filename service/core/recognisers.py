"""Which of Presidio's recognisers look for personal data, what a text must hold for one to be asked, and what counts.

Left out, because they take ordinary numbers for theirs: national numbers that are digits alone, licence plates,
postcodes, dates. Names, places and organisations have no pattern: a recogniser of the operator's own may be added for
them. docs/decisions/0007-guards.md has the figures.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, TypeAlias

from service.core import presidio

# A match below this counts only right after one of its recogniser's words for it; Presidio's own figure for those.
LEAST_SCORE = 0.4
_BEFORE_CHARACTERS = 40

Analyse: TypeAlias = Callable[[str, list[str], None], list[Any]]


@dataclass(frozen=True)
class Recogniser:
    """A recogniser of Presidio: asked where `worth` is found, not believed where `unless` stands right before."""

    types: tuple[str, ...]
    analyse: Analyse
    worth: re.Pattern[str]
    context: re.Pattern[str]
    unless: re.Pattern[str]

    def matches(self, text: str) -> list[Any]:
        """Presidio's results that count, each with `entity_type`, `start`, `end` and `score`."""
        if not self.worth.search(text):
            return []
        return [each for each in self.analyse(text, list(self.types), None) if self._counts(text, each)]

    def _counts(self, text: str, found: Any) -> bool:
        before = text[max(0, found.start - _BEFORE_CHARACTERS) : found.start]
        if self.unless.search(before) or not self.worth.search(text[found.start : found.end]):
            return False
        return found.score >= LEAST_SCORE or bool(self.context.search(before))


# Class, module, what a text must hold. The cheap search saves the dear one: a telephone costs 2 ms to look for.
_USED = (
    ("CreditCardRecognizer", "generic.credit_card_recognizer", r"(?:\d[ -]?){12}"),
    ("IbanRecognizer", "generic.iban_recognizer", r"[A-Za-z]{2}\d\d[ -]?[A-Za-z0-9]{4}"),
    ("UsSsnRecognizer", "country_specific.us.us_ssn_recognizer", r"\d{3}[- .]?\d\d[- .]?\d{4}"),
    ("UkNinoRecognizer", "country_specific.uk.uk_nino_recognizer", r"[A-Za-z]{2} ?(?:\d\d ?){3}[A-Da-d]\b"),
    ("EsNifRecognizer", "country_specific.spain.es_nif_recognizer", r"\d{7}-?[A-Za-z]\b"),
    ("EsNieRecognizer", "country_specific.spain.es_nie_recognizer", r"[X-Zx-z]\d{7}-?[A-Za-z]\b"),
    ("ItFiscalCodeRecognizer", "country_specific.italy.it_fiscal_code_recognizer", r"[A-Za-z]{6}[A-Za-z0-9]{10}"),
    (
        "FiPersonalIdentityCodeRecognizer",
        "country_specific.finland.fi_personal_identity_code_recognizer",
        r"\d{6}[-+A-Fa-fU-Yu-y]\d{3}[A-Za-z0-9]",
    ),
    (
        "DeSocialSecurityRecognizer",
        "country_specific.germany.de_social_security_recognizer",
        r"\d{8}[A-Za-z]\d{3}",
    ),
    ("IpRecognizer", "generic.ip_recognizer", r"\d\.\d{1,3}\.\d|:[0-9A-Fa-f]{0,4}:"),
    ("MacAddressRecognizer", "generic.mac_recognizer", r"(?:[0-9A-Fa-f]{2}[:-]){2}|(?:[0-9A-Fa-f]{4}\.){2}"),
    ("CryptoRecognizer", "generic.crypto_recognizer", r"(?:bc1|[13])[A-Za-z0-9]{25}"),
    ("PhoneRecognizer", "generic.phone_recognizer", r"\d(?:[ ().\-/]{0,3}\d){6}"),
)
_NEVER = "(?!)"
# Words right before a match that make it something else.
_UNLESS = {
    "IP_ADDRESS": r"(?:version|firmware|release|build|software|section|chapter|\bv)\W{0,3}\Z",
    "PHONE_NUMBER": r"[^\W\d_]-?\Z|(?:order|claim|case|ticket|contract|invoice|serial|frame|code|reference|version|iban"
    r"|card)\W{0,3}(?:(?:no|nr|number|id|is)\W{0,3})?\Z",
}
# Presidio's own, with bounds: mail allows 64 characters before the @. No list of public suffixes: a mailbox of an
# internal domain is a person's too.
_MAIL = r"[\w!#$%&'*+/=?^`{|}~.-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_][\w-]{1,62}\b"
# Presidio's own for a card takes any four numbers in a row, as in a list of references, and knows no card with a 2.
_CARDS = {
    "unbroken": r"\b[2-6]\d{13,18}\b",
    "in fours": r"\b[2-6]\d{3}(?:[ -]\d{4}){3}(?:[ -]\d{1,3})?\b",
    "in four, six, five": r"\b3\d{3}[ -]\d{6}[ -]\d{4,5}\b",
}
# Presidio's own for an account reads capitals alone. Its recogniser tries group after group as the end.
_FOUR = r"((?:[ -][A-Za-z0-9]{4})?)"
_ACCOUNTS = {
    "unbroken": r"(?<![A-Za-z0-9])([A-Za-z]{2}\d\d[A-Za-z0-9]{11,30})(?![A-Za-z0-9])",
    "in fours": rf"(?<![A-Za-z0-9])([A-Za-z]{{2}}\d\d(?:[ -][A-Za-z0-9]{{4}}){{2}}){_FOUR * 5}"
    r"((?:[ -][A-Za-z0-9]{1,3})?)(?![A-Za-z0-9])",
}
_SEPARATOR = r"[ ().\-/\u00a0\u2011]{0,2}"
_NUMBER = (
    # neither a date nor opening hours
    r"(?<![\d-])(?!(?:(?:19|20)\d\d[-./ ]\d\d?[-./ ]\d\d?|\d\d?[-./ ]\d\d?[-./ ](?:19|20)\d\d)(?!\d))"
    r"(?!\d\d?\.\d\d ?- ?\d\d?\.\d\d(?!\d))"
    rf"(?:\(\d{{2,4}}\)|\d)(?:{_SEPARATOR}\d){{6,13}}(?:x\d{{1,5}})?(?!-?\d)"
)
# Presidio knows the valid numbers of eight countries. These know what is called one, and any with a country's code.
_TELEPHONES = {
    "with country code": rf"(?<![\w+])\+[1-9]\d{{0,2}}[ (.\-/](?:{_SEPARATOR}\d){{6,14}}(?:x\d{{1,5}})?(?!\d)",
    "unbroken": r"(?<![\w+])(?:\+|00)[1-9]\d{8,13}(?!\d)",
    "after a word": r"(?<=\b(?:(?:tele)?phone|tel|telefo?o?n[oa]?|call|calling|called|mobile|fax|ring|dial"
    r"|whatsapp|answering|reach)\b(?:(?!order|claim|case|ticket|contract|invoice|serial|frame|code)[^\d\n]){0,25})"
    + _NUMBER,
    "before a word": _NUMBER + r"(?=[ \-(]{1,2}(?:office|fax|mobile|home|work)\b)",
}


def recognisers() -> tuple[Recogniser, ...]:
    """Every recogniser that is used, in the order of trust. Imports Presidio's modules; raises ImportError."""
    classes = presidio.load(*(module for _, module, _ in _USED))
    pattern, by_pattern = classes["Pattern"], classes["PatternRecognizer"]

    def patterns(expressions: Mapping[str, str]) -> list[Any]:
        return [pattern(name, each, LEAST_SCORE) for name, each in expressions.items()]

    options: dict[str, dict[str, Any]] = {
        "CreditCardRecognizer": {"patterns": patterns(_CARDS)},
        "IbanRecognizer": {"patterns": patterns(_ACCOUNTS)},
        # digits grouped as the country groups them: 4 false in 6,897 lines of text instead of 21
        "PhoneRecognizer": {"leniency": 2},
    }
    return (
        *(_recogniser(classes[name](**options.get(name, {})), worth) for name, _, worth in _USED),
        _recogniser(by_pattern("EMAIL_ADDRESS", patterns=patterns({"mail": _MAIL})), "@"),
        _recogniser(by_pattern("PHONE_NUMBER", patterns=patterns(_TELEPHONES)), _USED[-1][2]),
    )


def added(names: Sequence[str]) -> tuple[Recogniser, ...]:
    """The recognisers that `module:attribute` names: each one of Presidio's kind, or what makes one without arguments.

    They are asked about every text, without Presidio's linguistic artefacts, and believed at LEAST_SCORE. Raises
    ImportError for a name that leads to none.
    """
    return tuple(_added(name) for name in names)


def _added(name: str) -> Recogniser:
    module, _, attribute = name.partition(":")
    try:
        made = getattr(import_module(module), attribute)
        made = made if hasattr(made, "supported_entities") else made()
        types = tuple(str(each) for each in made.supported_entities)
        return Recogniser(types, made.analyze, re.compile(""), re.compile(_NEVER), re.compile(_NEVER))
    # what an operator's module raises is not known here; each of it means that nothing can be checked
    except Exception as error:
        raise ImportError(f"{name} gives no recogniser: {type(error).__name__}.") from error


def _recogniser(made: Any, worth: str) -> Recogniser:
    [type_] = made.supported_entities
    unless = re.compile(_UNLESS.get(type_, _NEVER), re.IGNORECASE)
    return Recogniser((type_,), made.analyze, re.compile(worth), _any_word(made.context or ()), unless)


def _any_word(words: Iterable[str]) -> re.Pattern[str]:
    escaped = [re.escape(each.strip()) for each in words]
    return re.compile(rf"\b(?:{'|'.join(escaped)})\b" if escaped else _NEVER, re.IGNORECASE)
