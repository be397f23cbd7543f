"""Personal data found by patterns, and an engine that loads little, fetches nothing and does not fail in silence.

The numbers are published test numbers or lie in ranges set aside for examples.
"""

import json
import logging
import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest

from service.core import personal as personal_module
from service.core import presidio
from service.core.personal import Patterns, PersonalSpan, masked
from service.core.recognisers import recognisers

ROOT = Path(__file__).parents[3]
# What a fresh interpreter loads, opens and connects to when the engine runs.
WATCH = """
import json, sys
found = []

def watch(event, args):
    if event in {"socket.connect", "socket.getaddrinfo", "subprocess.Popen"}:
        found.append(event)
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        found.append(f"opens {args[0]} for writing")

sys.dont_write_bytecode = True
sys.addaudithook(watch)
from service.core.personal import Patterns
before = [name for name in sys.modules if name.startswith(("presidio", "phonenumbers", "tldextract"))]
spans = Patterns().find("Mail jo@home.example or call +31 555-0199 from 2001:db8::7.")
print(json.dumps({"before": before, "found": found, "types": [each.type for each in spans],
                  "loaded": sorted({name.split(".")[0] for name in sys.modules})}))
"""


@pytest.fixture(scope="module")
def patterns() -> Patterns:
    """The engine, loaded once."""
    return Patterns()


def found(patterns: Patterns, text: str) -> list[tuple[str, str]]:
    """Type and value of each span, in order."""
    return [(each.type, text[each.start : each.end]) for each in patterns.find(text)]


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("EMAIL_ADDRESS", "jo.berg@home.example"),
        ("EMAIL_ADDRESS", "o'neil+bikes@mail.corp.internal"),
        ("IBAN_CODE", "NL91 ABNA 0417 1643 00"),
        ("IBAN_CODE", "be68539007547034"),
        ("CREDIT_CARD", "4111 1111 1111 1111"),
        ("CREDIT_CARD", "3782 822463 10005"),
        ("CREDIT_CARD", "2221000000000009"),
        ("PHONE_NUMBER", "+31 555-0199"),
        ("PHONE_NUMBER", "0049 30 12345678"),
        ("PHONE_NUMBER", "(212) 555-0142"),
        ("IP_ADDRESS", "192.0.2.201"),
        ("IP_ADDRESS", "2001:db8::8a2e:370:7334"),
        ("MAC_ADDRESS", "00:1A:2B:3C:4D:5E"),
        ("US_SSN", "536-90-4399"),
        ("UK_NINO", "AB 12 34 56 C"),
        ("ES_NIF", "12345678Z"),
        ("ES_NIE", "X1234567L"),
        ("IT_FISCAL_CODE", "RSSMRA85T10A562S"),
        ("FI_PERSONAL_IDENTITY_CODE", "131052-308T"),
        ("DE_SOCIAL_SECURITY", "15070649C103"),
        ("CRYPTO", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"),
    ],
)
@pytest.mark.parametrize("around", ["{}", "Is {} mine?", "Please call me about {}, today."])
def test_each_type_is_found(patterns: Patterns, type_: str, value: str, around: str) -> None:
    """A value of each type is found as exactly itself: alone, within a sentence, and before a comma."""
    assert found(patterns, around.format(value)) == [(type_, value)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "How long is the warranty?",
        "We met on 2026-05-12, 12.05.2026 and 12/05/2026.",
        "Call us on 2026-05-12 between 08.00-19.00.",
        "Call about order 20481193, please.",
        "Frame PF25-041000 and order VQ-2026-118204 belong together.",
        "The budget rose from 2480000 to 2760000, or by 280 000.",
        "Firmware 4.6.1.2 replaces version 4.6.0.11.",
        "4111 1111 1111 1112 fails the check digit, as NL92 ABNA 0417 1643 00 does.",
        "Mol Biol 1996 144 2001 2014",
        "Loma @ 7 a.m., see std::vector and a@b",
        "x" * 2_000,
    ],
)
def test_ordinary_numbers_are_none(patterns: Patterns, text: str) -> None:
    """Dates, hours, orders, frames, sums, versions, references and wrong check digits are no personal data."""
    assert patterns.find(text) == []


def test_a_weak_number_counts_after_its_word(patterns: Patterns) -> None:
    """Nine digits are a social security number only right after the word for one."""
    assert found(patterns, "My SSN is 536904399.") == [("US_SSN", "536904399")]
    assert found(patterns, "Part 536904399 is sold out.") == []


def test_spans_stand_in_reading_order_and_apart(patterns: Patterns) -> None:
    """Several values come in the order of the text, and no two of them overlap."""
    text = "From 192.0.2.7: card 4111111111111111, IBAN BE68 5390 0754 7034 when +31 555-0199 rings, jo@home.example"
    spans = patterns.find(text)
    types = ["IP_ADDRESS", "CREDIT_CARD", "IBAN_CODE", "PHONE_NUMBER", "EMAIL_ADDRESS"]
    assert [each.type for each in spans] == types
    assert all(before.end <= after.start for before, after in pairwise(spans))


def test_overlapping_spans_become_one() -> None:
    """Where two recognisers claim overlapping text, all of it is hidden under the more trusted type."""
    joined = personal_module._apart(
        [(0.4, PersonalSpan("PHONE_NUMBER", 0, 12)), (1.0, PersonalSpan("CREDIT_CARD", 4, 20))]
    )
    assert joined == [PersonalSpan("CREDIT_CARD", 0, 20)]


def test_masking_leaves_nothing_of_a_value(patterns: Patterns) -> None:
    """Each value is replaced by its type, and what stands around it stays."""
    text = "Mail jo@home.example, pay BE68 5390 0754 7034."
    assert masked(text, patterns.find(text)) == "Mail <EMAIL_ADDRESS>, pay <IBAN_CODE>."


def test_the_engine_loads_little_and_fetches_nothing() -> None:
    """Importing our module loads nothing of it; running it loads no spaCy, asks no host and writes nothing."""
    done = subprocess.run([sys.executable, "-c", WATCH], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stderr == ""
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["before"] == []
    assert told["found"] == []
    assert told["types"] == ["EMAIL_ADDRESS", "PHONE_NUMBER", "IP_ADDRESS"]
    assert {"spacy", "torch", "transformers", "tldextract"} & set(told["loaded"]) == set()


def test_presidio_itself_stays_importable() -> None:
    """The shells that stand in while loading are gone afterwards."""
    presidio.load("generic.iban_recognizer")
    assert [name for name in sys.modules if name.split(".")[0] == "presidio_analyzer"] == []


def test_a_missing_recogniser_is_an_error_not_an_empty_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that cannot be loaded raises at every question; it never answers that nothing was found."""
    monkeypatch.setattr(presidio, "_ROOT", "presidio_that_is_not_there")
    broken = Patterns()
    broken.load_ahead()
    for thread in threading.enumerate():
        if thread.name == "personal-data":
            thread.join()
    for _ in range(2):
        with pytest.raises(ImportError):
            broken.find("Nothing personal here.")


def test_a_pattern_that_times_out_is_an_error_not_an_empty_answer() -> None:
    """Presidio logs a time-out and goes on; here it ends the check."""
    recognisers()
    logger = logging.getLogger("presidio-analyzer")
    with pytest.raises(TimeoutError):
        logger.warning("Regex pattern '%s' timed out after %s seconds, skipping.", "mail", 60)


def test_presidio_does_not_log_what_it_matched(patterns: Patterns) -> None:
    """No log record of Presidio's, which may quote a value, reaches the handlers of the process."""
    reached: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = reached.append  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    patterns.find("Pay NL91 ABNA 0417 1643 00")
    logging.getLogger("presidio-analyzer").error("Failed to validate text %s", "NL91 ABNA 0417 1643 00")
    logging.getLogger().removeHandler(handler)
    assert reached == []


def test_who_asks_while_it_loads_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two questions during the load both get the answer of the loaded engine, which is loaded once."""
    loads, allowed = [], threading.Event()

    def slowly():
        loads.append(1)
        allowed.wait(10)
        return recognisers()

    monkeypatch.setattr(personal_module, "recognisers", slowly)
    engine = Patterns()
    engine.load_ahead()
    answers = []
    asking = [threading.Thread(target=lambda: answers.append(engine.find("jo@home.example"))) for _ in range(2)]
    for each in asking:
        each.start()
    assert answers == []
    allowed.set()
    for each in asking:
        each.join()
    assert [[span.type for span in each] for each in answers] == [["EMAIL_ADDRESS"]] * 2
    assert loads == [1]


@pytest.mark.parametrize(
    "text",
    [
        "1 " * 1_000,
        "12.12." * 333,
        "4111 " * 400,
        "(1)" * 660,
        "a.a" * 660 + "@",
        "a@" * 1_000,
        "::" * 1_000,
        "+1" * 999,
    ],
    ids=lambda text: text[:6],
)
def test_no_text_of_2000_characters_takes_long(patterns: Patterns, text: str) -> None:
    """Texts made to keep the patterns busy end far from Presidio's limit of 60 seconds, after which it would skip."""
    started = time.process_time()
    patterns.find(text)
    assert time.process_time() - started < 10
