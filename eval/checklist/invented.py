"""Personal data of nobody, by type: reserved ranges and invented banks, with check digits that are right, or wrong."""

import random
from collections.abc import Mapping

_NETWORKS = ("192.0.2", "198.51.100", "203.0.113")
_AREAS = (206, 212, 303, 312, 404, 415, 512, 617, 702, 813)
_NAMES = ("quill", "tansy.hobb", "merlin_rook", "bo-harrow", "a.linnet", "sorrel")


def values(draw: random.Random) -> Mapping[str, str]:
    """One value of each type that patterns look for and a document may hold, by Presidio's name of it."""
    digits = "".join(draw.choices("0123456789", k=12))
    account = draw.choice((iban("NL", f"RGRD{digits[:10]}"), iban("DE", f"000000{digits}"), iban("BE", digits)))
    number = card(f"411111{digits[:9]}")
    grouped = draw.random() < 0.5
    return {
        "EMAIL_ADDRESS": f"{draw.choice(_NAMES)}{digits[:5]}@example.{draw.choice(('com', 'org', 'net'))}",
        "IBAN_CODE": in_fours(account) if grouped else account,
        "CREDIT_CARD": in_fours(number) if grouped else number,
        "PHONE_NUMBER": draw.choice(("+1 {} 555-01{}", "({}) 555-01{}", "+1-{}-555-01{}")).format(
            draw.choice(_AREAS), digits[:2]
        ),
        "IP_ADDRESS": f"{draw.choice(_NETWORKS)}.{draw.randint(100, 254)}",
    }


def lookalikes(draw: random.Random) -> Mapping[str, str]:
    """What is none of it, in the same places: wrong check digits, an order, a version, an address in words."""
    digits = "".join(draw.choices("0123456789", k=12))
    account, number = iban("NL", f"RGRD{digits[:10]}"), card(f"411111{digits[:9]}")
    return {
        "EMAIL_ADDRESS": f"{draw.choice(_NAMES)}{digits[:5]} at example dot com",
        "IBAN_CODE": account[:2] + f"{(int(account[2:4]) + 1) % 97:02d}" + account[4:],
        "CREDIT_CARD": number[:-1] + str((int(number[-1]) + 1) % 10),
        "PHONE_NUMBER": f"order VQ-2026-{digits[:6]}",
        "IP_ADDRESS": f"version {digits[0]}.{digits[1]}.{digits[2]}.{digits[3]}",
    }


def iban(country: str, account: str) -> str:
    """An IBAN with its check digits (ISO 13616: remainder 1 by 97)."""
    number = "".join(str(int(each, 36)) for each in f"{account}{country}00")
    return f"{country}{98 - int(number) % 97:02d}{account}"


def card(digits: str) -> str:
    """A card's number with its check digit (ISO/IEC 7812: Luhn's)."""
    doubled = [int(each) * (2 if place % 2 == 0 else 1) for place, each in enumerate(reversed(digits))]
    return f"{digits}{-sum(each - 9 if each > 9 else each for each in doubled) % 10}"


def in_fours(number: str) -> str:
    """A number as people write it."""
    return " ".join(number[place : place + 4] for place in range(0, len(number), 4))
