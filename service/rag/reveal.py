"""Which personal data an answer may repeat from the document that it cites.

Numbers that name a person, an account or a card: never. Mail, telephone and network addresses: where they stand in the
cited span, and nothing beside them says that they are a private person's. Patterns cannot tell a company's own account
from a customer's, a person's mailbox without a dot in it from a department's, or a private telephone that stands alone.
docs/decisions/0007-guards.md says what that costs.
"""

import ipaddress
import re
from functools import lru_cache

from service.core.answers import Hit
from service.core.personal import PersonalData, PersonalSpan

_CONTACT = frozenset({"EMAIL_ADDRESS", "PHONE_NUMBER", "IP_ADDRESS"})
# hanneke.drostveld@, anne-marie_b2@; not help@, not customer.service@, not riders-north@
_PERSONS_MAILBOX = re.compile(r"[^\W\d_](?:[^\W\d_]|-)*\d*(?:[._][^\W\d_](?:[^\W\d_]|-)*\d*)+")
_OFFICES = frozenset(
    word
    for line in (
        "account accounts admin billing booking care careers claims contact customer data dealer dealers desk",
        "finance help helpdesk hr info invoice invoices jobs lease legal list mail marketing media news",
        "newsletter no office order orders partner partners people press privacy protection reply returns safety",
        "sales security service shop support team web",
    )
    for word in line.split()
)
# Small letters only where a capital would make it a day of the week.
_FIRST_PERSON = re.compile(r"\b(?:I|I['’]\w+|[Mm]ine|[Mm][ye]|[Mm]ijn|[Mm]ein\w*|mis?|mon|mes)\b(?!\.)")
# In a mail, a telephone that nobody is told to call is part of the sender's signature.
_MAILS = (".eml", ".msg", ".mbox")
_CALL = re.compile(r"\b(?:call|ring|tele(?:ph|f)on|phone|dial|hotline|line|desk)\w*", re.IGNORECASE)
_INSIDE = tuple(
    ipaddress.ip_network(each)
    for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "fc00::/7", "fe80::/10", "::1/128")
)


def may_show(personal: PersonalData, found: PersonalSpan, text: str, hit: Hit | None, quote: str) -> bool:
    """Whether an answer that cites `quote`, a span of `hit`, may repeat `text[found.start:found.end]`."""
    value = text[found.start : found.end]
    if hit is None or found.type not in _CONTACT or value not in quote or _FIRST_PERSON.search(quote):
        return False
    if found.type == "IP_ADDRESS":
        return _names_a_device(value)
    if found.type == "EMAIL_ADDRESS" and names_a_person(value):
        return False
    if found.type == "PHONE_NUMBER" and hit.stored.source.endswith(_MAILS) and not _CALL.search(quote):
        return False
    return not _about_a_person(personal, hit.stored.text)


def names_a_person(mail: str) -> bool:
    """Whether a mailbox is written like a person's name and not like an office."""
    mailbox = mail.rpartition("@")[0].lower()
    return bool(_PERSONS_MAILBOX.fullmatch(mailbox)) and not _OFFICES & set(re.split(r"[._-]", mailbox))


def _names_a_device(value: str) -> bool:
    """An address of an internal network; one of the internet may lead to a household."""
    address = ipaddress.ip_interface(value.partition("%")[0]).ip
    return any(address in network for network in _INSIDE if network.version == address.version)


@lru_cache(maxsize=1_024)
def _about_a_person(personal: PersonalData, passage: str) -> bool:
    """Whether a passage holds an account, a card, a person's number or mailbox: then its telephones are private too."""
    return any(
        each.type not in _CONTACT or (each.type == "EMAIL_ADDRESS" and names_a_person(passage[each.start : each.end]))
        for each in personal.find(passage)
    )
