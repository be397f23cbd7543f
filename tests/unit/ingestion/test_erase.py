"""What an erasure recognises: people in texts, texts in bytes, and its own receipts."""

import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from ingestion.erasure.mentions import mentions_of, normalised
from ingestion.erasure.needles import WINDOW, Needles, windows_around, windows_of
from ingestion.erasure.receipt import FORM, KEY_FILE, Receipt, StoreLine, now, open_key, parsed, tells_of, verified
from service.core.errors import InvalidReceipt, InvalidRequest, InvalidSettings

TEXT = (
    "The gardener of the Quarzlingen estate grows nine kinds of radish behind the old orangery, and sells them on "
    "Saturdays. Her cat, whose name nobody may say, sleeps on the seed boxes until the first frost comes."
)


@pytest.mark.parametrize(
    "text",
    [
        "Mila Jørgensen",
        "MILA  JØRGENSEN's bicycle",
        "signed: mila\njorgensen",
        "Mila Joergensen",
        "Jørgensen, Mila",
        "mila-jørgensen.pdf",
        "Mila Jør\u00adgensen",
        'in JSON: "Mila J\\u00f8rgensen"',
        "account DE89370400440532013000",
        "account DE89 3704 0044 0532 0130 00.",
        "call +49-170-555-0142 now",
        "write to MILA@example.com.",
    ],
)
def test_a_person_is_found_in_every_spelling(text: str) -> None:
    """Case, accents, order, line breaks, soft hyphens and the grouping of digits do not hide a person."""
    found = mentions_of(["Mila Jørgensen", "DE89 3704 0044 0532 0130 00", "+49 170 5550142", "mila@example.com"])
    assert found.found_in(text)


@pytest.mark.parametrize(
    "text",
    ["Camila Jørgensen", "Mila Jørgensens", "Mila and Ole Jørgensen", "DE893704004405320130001", "xmila@example.com"],
)
def test_others_are_not_found(text: str) -> None:
    """A term matches whole words: who has a longer name, or a longer number, is somebody else."""
    found = mentions_of(["Mila Jørgensen", "DE89 3704 0044 0532 0130 00", "mila@example.com"])
    assert not found.found_in(text)


def test_a_term_that_would_match_everything_is_refused() -> None:
    """Two letters are no person, and punctuation is none either."""
    for term in ("Al", "- -", ""):
        with pytest.raises(InvalidRequest):
            mentions_of([term])


def test_masking_keeps_every_offset() -> None:
    """A mention is blacked out character for character, so that pages and chunks begin where they began."""
    text = "Dear Mila Jør\u00adgensen, the ﬁnal word is MÜLLER's."
    masked = mentions_of(["Mila Jørgensen", "Müller"]).masked(text)
    assert masked == "Dear ███████████████, the ﬁnal word is ██████'s."
    assert len(masked) == len(text)


def test_one_form_stands_for_all_spellings() -> None:
    """What a receipt hashes is the same however the term was typed."""
    assert normalised(" MILA  Jørgensen ") == normalised("mila-jorgensen")
    assert normalised("DE89 3704 0044") == normalised("de8937040044")


def test_text_is_found_in_bytes_by_hashes_alone() -> None:
    """Each window is found wherever it lies, across a block's border too, and no text stands in what is kept."""
    needles = Needles(b"k" * 32).with_windows(windows_of(TEXT))
    assert len(needles.windows) >= 3
    assert needles.found_in(os.urandom(70_000) + TEXT.encode() + b"\x00" * 99) == set(needles.windows)
    block = 4 * 1024 * 1024
    assert needles.found_in(b"\x00" * (block - 10) + TEXT.encode()) == set(needles.windows)
    assert not needles.found_in(TEXT.upper().encode() + os.urandom(200_000))
    assert "radish" not in repr(needles)


def test_part_of_a_text_is_found() -> None:
    """What is left of a text when a part of it is overwritten is found."""
    needles = Needles(b"k" * 32).with_windows(windows_of(TEXT))
    assert 0 < len(needles.found_in(TEXT.encode()[80:])) < len(needles.windows)


def test_text_is_found_as_json_writes_it() -> None:
    """Letters that JSON writes as escapes do not hide a text."""
    text = "Überströmende Freude herrschte gestern in der Gärtnerei am Köhlerweg, sagte man später."
    needles = Needles(b"k" * 32).with_windows(windows_of(text))
    assert needles.found_in(json.dumps({"text": text}).encode())
    assert needles.found_in(text.encode())


def test_windows_around_a_mention_hold_a_part_of_it() -> None:
    """Once the mention is blacked out, none of its windows is found."""
    text = f"It was Mila Jensen who said so. {TEXT}"
    found = mentions_of(["Mila Jensen"])
    needles = Needles(b"k" * 32).with_windows(windows_around(text, found.spans(text)))
    assert needles.found_in(text.encode())
    assert not needles.found_in(found.masked(text).encode())
    assert all(len(each) == WINDOW for each in windows_around(text, found.spans(text)))


@pytest.fixture
def receipt() -> Receipt:
    """A receipt of some erasure."""
    line = StoreLine("records", "searched", 10, 2, 2, 0)
    return Receipt(
        "rcp_1",
        FORM,
        now(),
        "default",
        "ticket 7",
        "person",
        "removed",
        False,
        (),
        (),
        2,
        5,
        (line,),
        True,
        "1",
        "",
        0.5,
    )


def test_a_signed_receipt_is_valid(tmp_path: Path, receipt: Receipt) -> None:
    """What was signed verifies with the folder's public key, whatever the order of fields and the space between."""
    key = open_key(tmp_path)
    text = key.signed(receipt)
    assert verified(text, key.public_pem) == "valid"
    assert verified(json.dumps(json.loads(text), sort_keys=True), open_key(tmp_path).public_pem) == "valid"


@pytest.mark.parametrize("change", [{"complete": False}, {"at": "2020-01-01"}, {"stores": []}, {"extra": 1}])
def test_a_changed_receipt_is_tampered(tmp_path: Path, receipt: Receipt, change: dict[str, object]) -> None:
    """A field that was changed, added or emptied after signing shows."""
    key = open_key(tmp_path)
    found = json.loads(key.signed(receipt))
    found["body"] |= change
    assert verified(json.dumps(found), key.public_pem) == "tampered"


def test_another_key_is_named(tmp_path: Path, receipt: Receipt) -> None:
    """A receipt of another installation is told apart from one that was changed, also with our key put into it."""
    ours, other = open_key(tmp_path / "ours"), open_key(tmp_path / "other")
    text = other.signed(receipt)
    assert verified(text, ours.public_pem) == "other key"
    forged = json.dumps({**json.loads(text), "public_key": ours.public_pem})
    assert verified(forged, ours.public_pem) == "tampered"
    exchanged = json.dumps({**json.loads(ours.signed(receipt)), "public_key": other.public_pem})
    assert verified(exchanged, ours.public_pem) == "tampered"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"body": 1, "public_key": "", "signature": ""}', "no JSON"])
def test_what_is_no_receipt_is_refused(tmp_path: Path, text: str) -> None:
    """A file of another form is an error and no verdict."""
    with pytest.raises(InvalidReceipt):
        parsed(text)
    with pytest.raises(InvalidReceipt):
        verified(text, open_key(tmp_path).public_pem)


def test_the_key_is_its_owners_alone(tmp_path: Path) -> None:
    """The key is made once, with mode 600, and one that is damaged is not replaced."""
    first = open_key(tmp_path).public_pem
    path = tmp_path / KEY_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert open_key(tmp_path).public_pem == first
    assert [each.name for each in tmp_path.iterdir()] == [KEY_FILE]
    path.write_text("nothing")
    with pytest.raises(InvalidSettings):
        open_key(tmp_path)


def test_a_receipt_tells_nothing_and_can_be_matched(tmp_path: Path, receipt: Receipt) -> None:
    """Terms stand in a receipt as keyed hashes: who knows one and has the key finds it, another key finds nothing."""
    key = open_key(tmp_path)
    text = key.signed(replace(receipt, requested=(key.hashed(normalised("Mila Jensen")),)))
    assert "mila" not in text.lower()
    assert tells_of(text, key, [normalised("MILA JENSEN")])
    assert not tells_of(text, key, [normalised("Ole Jensen")])
    assert not tells_of(text, open_key(tmp_path / "other"), [normalised("Mila Jensen")])
