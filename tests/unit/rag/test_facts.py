"""Which facts of a sentence its source lacks: the promise that a changed number, date or name is always caught."""

import re

import pytest

from service.rag.facts import missing

SOURCES = (
    "The brass bell of the Harbour weighs 90 grams and costs 1,250 kroner since 3 May 2026.",
    "Niels Bohr was born in Copenhagen on Wednesday, 7 October 1885.",
    "Employees get twenty-five days of leave; the third Monday in August is free.",
    "The RX7 charges to 80% within 1.5 hours, twice as fast as the Corvel 5.",
    "Copenhagen lies on the islands of Zealand and Amager, 35 minutes from Malmö.",
    "The French minister Marisol Touraine met Ada Lovelace at NASA at 3 pm.",
    "Sales rose by 12 per cent to $4.2 million in the second quarter.",
)
SWAPS = {
    "number": {
        "90": "95 900 9 ninety-one 0.9 9,000",
        "1,250": "1,350 125 12,50 1.250.000",
        "3": "4 13 30",
        "2026": "2025 2062 26",
        "1885": "1858 1886 188",
        "twenty-five": "twenty-six twenty thirty fifteen 24",
        "third": "second fourth 5th thirteenth",
        "80%": "90% 8% 88% eighty-one",
        "1.5": "2.5 15 5.1",
        "twice": "thrice",
        "35": "53 25 36",
        "12": "21 13 twenty",
        "$4.2": "$4.3 $42 $2.4",
        "million": "billion thousand",
        "second": "third fourth",
    },
    "date": {
        "May": "June March Jan September",
        "October": "May November Sept",
        "August": "July April",
        "Wednesday": "Thursday Sunday Fri",
        "Monday": "Tuesday Saturday",
        "pm": "am",
    },
    "name": {
        "Harbour": "Ridge Oslo iPhone",
        "Niels": "Aage Harald",
        "Bohr": "Einstein Curie Born-Haber",
        "Copenhagen": "Oslo Stockholm Århus US",
        "RX7": "RX8 RX70 TX7 GX",
        "Corvel": "Corvette Marvel",
        "Zealand": "Jutland Funen",
        "Amager": "Bornholm",
        "Malmö": "Lund Ystad",
        "French": "German Danish",
        "Marisol": "Carla Élodie",
        "Touraine": "Hollande O'Brien",
        "Ada": "Grace",
        "Lovelace": "Hopper",
        "NASA": "ESA UK WHO",
    },
}
EACH_SWAP = [
    (source, re.sub(rf"(?<!\w){re.escape(old)}(?!\w)", new, source, count=1))
    for kinds in SWAPS.values()
    for old, every in kinds.items()
    for source in SOURCES
    for new in every.split()
    if re.search(rf"(?<![\w,.]){re.escape(old)}(?![\w]|[,.]\d)", source)
]


@pytest.mark.parametrize(("source", "changed"), EACH_SWAP)
def test_every_changed_fact_is_caught(source: str, changed: str) -> None:
    """Each number, date and name of a supported sentence, replaced by one that its source does not have."""
    assert changed != source
    assert missing(changed, source, source)


@pytest.mark.parametrize("source", SOURCES)
def test_a_sentence_lacks_nothing_of_itself(source: str) -> None:
    """What stands in the source is there."""
    assert not missing(source, source, source)


def test_every_fact_was_changed() -> None:
    """The table makes a changed sentence of each of its replacements at least."""
    assert len(EACH_SWAP) >= sum(len(every.split()) for kinds in SWAPS.values() for every in kinds.values())


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("Bohr was born there.", "Niels Bohr was born there."),
        ("Mr Bohr was born there.", "Niels Bohr was born there."),
        ("Bohr's model holds.", "The model of Niels Bohr holds."),
        ("The Bohrs' model holds.", "The model of Niels Bohr holds."),
        ("J. K. Rowling wrote it.", "Joanne Kathleen Rowling wrote it."),
        ("Joanne Rowling wrote it.", "J. K. Rowling wrote it."),
        ("Joanne Rowling wrote it.", "J.K. Rowling wrote it."),
        ("The WHO says so.", "The World Health Organization says so."),
        ("The World Health Organization says so.", "The WHO says so."),
        ("It was sold in the US.", "It was sold in the United States."),
        ("It was sold in the U.S.", "It was sold in the US."),
        ("The Danish bell rings.", "The bell from Denmark rings."),
        ("The bell from France rings.", "The French bell rings."),
        ("The Americans ring.", "America rings."),
        ("It is in Malmo.", "It is in Malmö."),
        ("The Nasa bell rings.", "The NASA bell rings."),
        ("World War II began.", "World War Two began."),
        ("World War 2 began.", "World War II began."),
        ("The Bells ring.", "The bell rings."),
        ("It costs EUR 12.50.", "It costs €12.50."),
        ("It costs 12.5 in USD.", "It costs $12.50."),
        ("However, the bell rings.", "The bell rings."),
        ("Yes, I'm sure the bell rings.", "The bell rings."),
        ("The RX7 rings.", "The RX 7 rings."),
        ("The RX-7 rings.", "The RX 7 rings."),
        ("Al-Azhar rings.", "al Azhar rings."),
    ],
)
def test_a_name_is_the_same_in_another_form(text: str, source: str) -> None:
    """Part of a name, inflected, shortened, with a title, as a people or a place, in other letters and with points."""
    assert not missing(text, source, source)


def test_a_name_told_in_part_may_stand_further_away() -> None:
    """The first name of somebody whose surname stands near may stand anywhere in the hit; both together may not."""
    near, hit = "Presley was born in Tupelo.", "Elvis is here. Oslo is far. Presley was born in Tupelo."
    assert not missing("Elvis Presley was born in Tupelo.", near, hit)
    assert missing("He was born in Oslo.", near, hit) == {"Oslo"}
    assert missing("Johnny Presley was born in Tupelo.", near, hit) == {"Johnny"}


def test_a_fraction_of_one_character_hides_no_name() -> None:
    """What stands behind it is read at its place."""
    assert missing("It takes ½ Ohm", *["It takes a half."] * 2) == {"Ohm"}
    assert missing("It takes ½", *["It takes a quarter."] * 2) == {"1/2"}


def test_initials_that_are_a_word_abbreviate_nothing() -> None:
    """A name is not told by a word that its initials happen to make, unless it stands in capitals."""
    assert missing("It is in Osaka Francisco.", *["The bell of San Francisco."] * 2) == {"Osaka"}
    assert not missing("It is in Osaka Francisco.", *["The bell is in OF."] * 2)


def test_what_opens_a_sentence_alone_may_stand_anywhere_in_the_hit() -> None:
    """It may be a name or a word: it is missing where the hit has it nowhere."""
    near, hit = "They ring at noon.", "The bells are of brass. They ring at noon."
    assert not missing("Bells ring at noon.", near, hit)
    assert missing("Lamps ring at noon.", near, hit) == {"Lamps"}


def test_names_are_told_by_their_letters() -> None:
    """Capitals, also inside a word, and codes; no title, month, number, "I" or opening word."""
    text = "Moreover, Dr Bohr took an iPhone, a McCoy and the X100 to Élodie's on Monday, and I saw Two."
    assert missing(text, "Monday and 2", "") == {"Bohr", "iPhone", "McCoy", "X100", "Élodie's"}
