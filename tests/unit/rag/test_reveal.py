"""Which personal data an answer may repeat."""

from dataclasses import replace

import pytest

from service.core.personal import Patterns
from service.rag.reveal import may_show, names_a_person

ACCOUNT = "BE68 5390 0754 7034"


@pytest.fixture(scope="module")
def patterns() -> Patterns:
    """The engine, loaded once."""
    return Patterns()


@pytest.fixture
def shown(hits_of, patterns: Patterns):
    """The values of a quote that an answer which repeats it may show; `beside` stands elsewhere in its chunk."""

    def run(quote: str, beside: str = "", source: str = "help/a.md", text: str = "") -> list[str]:
        [hit] = hits_of("bell", f"{quote}\n\n{beside}")
        hit = replace(hit, stored=replace(hit.stored, source=source))
        said = text or quote
        return [said[e.start : e.end] for e in patterns.find(said) if may_show(patterns, e, said, hit, quote)]

    return run


@pytest.mark.parametrize(
    ("quote", "values"),
    [
        ("Call the workshop on +31 555-0157.", ["+31 555-0157"]),
        (
            "Write to help@shop.example or customer.service@shop.example.",
            ["help@shop.example", "customer.service@shop.example"],
        ),
        ("The router answers at 192.168.1.1 and fe80::1.", ["192.168.1.1", "fe80::1"]),
        ("| Cologne | Mon-Fri 08:00-17:00 | +49 555-0156 |", ["+49 555-0156"]),
    ],
)
def test_an_office_s_addresses_are_shown(shown, quote: str, values: list[str]) -> None:
    """What a document gives everybody to call, write to or connect to may be repeated from it."""
    assert shown(quote) == values


@pytest.mark.parametrize(
    "quote",
    [
        f"Our account is {ACCOUNT}.",
        "The card 4111 1111 1111 1111 was used.",
        "Her number is 536-90-4399.",
        "MAC 00:1A:2B:3C:4D:5E belongs to it.",
        "Write to jo.berg@home.example.",
        "You can reach me on +31 555-0161 after four.",
        "My mail is joberg@home.example.",
        "Log in from 192.0.2.201 was checked.",
    ],
)
def test_a_person_s_data_is_not_shown(shown, quote: str) -> None:
    """Accounts, cards and persons' numbers never; a person's mailbox, what is said in the first person, a public IP."""
    assert shown(quote) == []


def test_a_telephone_beside_a_person_s_data_is_not_shown(shown) -> None:
    """In a chunk that holds a person's mailbox or account, telephones and offices' mail are hidden too."""
    quote = "Telephone +31 555-0161, mail help@shop.example"
    assert shown(quote) == ["+31 555-0161", "help@shop.example"]
    assert shown(quote, beside="From: Jo Berg <jo.berg@home.example>") == []
    assert shown(quote, beside=f"Account {ACCOUNT}") == []


def test_a_signature_of_a_mail_is_not_shown(shown) -> None:
    """In a mail, a telephone is shown where the sentence tells to call."""
    assert shown("Jo Berg, Lindenpad 9, Zwolle, +31 555-0161", source="in/7.eml") == []
    assert shown("For help call +31 555-0100.", source="in/7.eml") == ["+31 555-0100"]


def test_what_the_cited_span_does_not_hold_is_not_shown(shown) -> None:
    """A telephone that a model brings along from elsewhere is hidden."""
    assert shown("The workshop has a telephone.", text="Call +31 555-0157.") == []


def test_without_a_source_nothing_is_shown(patterns: Patterns) -> None:
    """A sentence that rests on nothing shows no personal data."""
    text = "Call +31 555-0157."
    [span] = patterns.find(text)
    assert not may_show(patterns, span, text, None, text)


@pytest.mark.parametrize(
    ("mail", "person"),
    [
        ("jo.berg@home.example", True),
        ("j_berg2@home.example", True),
        ("anne-marie.de.vries@home.example", True),
        ("help@shop.example", False),
        ("no-reply@shop.example", False),
        ("press.office@shop.example", False),
        ("riders-north@shop.example", False),
    ],
)
def test_a_mailbox_is_a_person_s_by_its_form(mail: str, person: bool) -> None:
    """First name and surname make a person; a word for an office does not. `joberg@` cannot be told apart."""
    assert names_a_person(mail) is person
