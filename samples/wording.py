"""How the questions are worded: what they share with their answers, and what would give unanswerable ones away."""

import re
from collections.abc import Sequence
from functools import cache

import Stemmer
from golden import CORPUS, Case, converted, normal

# An area under the ROC curve is 0.5 by chance. Outside these bounds, a classifier that sees only familiar words, or the
# length, would look as if it knew when to abstain.
BOUNDS = {
    "share without common word": (0.52, 1.0),
    "area of known words": (0.40, 0.65),
    "area of length": (0.40, 0.65),
}
STEMMER = Stemmer.Stemmer("english")
# The words which may stand in a question and in its answer without making the search easy: small words, and names.
STOP_TEXT = """
a about after again all also am an and any are as at be because been before being below between both but by can
cannot could did do does doing done down during each ever every few for from get gets getting give go goes got had has
have having he her here him his how i if in into is it its itself just let long many may me might more most much must
my need no nor not now of off on once one only or other our out over own per same shall she should so some still such
take takes than that the their them then there these they this those through to too under until up us use want was we
were what when where which while who whom whose why will with within without would yes yet you your
"""
NAME_TEXT = """
velquist corvel tarn x xr loma cargo pika fold ridge pack s m l xs eco tour sport boost utrecht groningen eindhoven
ghent antwerp cologne bremen valencia netherlands belgium germany spain bronze silver gold basic plus hubra deskline
bike bikes
"""
STOP_WORDS = frozenset(STOP_TEXT.split())
NAMES = frozenset(NAME_TEXT.split())


def content_stems(text: str) -> set[str]:
    """The stems of the words that carry meaning: no stop words, names, numbers or codes."""
    words = re.findall(r"[^\W\d_]+", re.sub(r"\b\w*\d\w*\b", " ", text.lower()))
    return {STEMMER.stemWord(word) for word in words if word not in STOP_WORDS | NAMES and len(word) > 1}


def sentence_around(quote: str, document: str) -> str:
    """The sentence or table row of the document that holds the quote; the quote itself where none does."""
    lines = converted(document).splitlines()
    paragraphs = re.split(r"\n\s*\n", converted(document)) if document.endswith((".pdf", ".eml")) else lines
    for paragraph in paragraphs:
        if normal(quote) in normal(paragraph):
            pieces = re.split(r"(?<=[.!?:;])\s+|\s*\|\s*\n", normal(paragraph))
            return " ".join(piece for piece in pieces if piece in normal(quote) or normal(quote) in piece) or quote
    return quote


@cache
def shared_stems(case: Case) -> set[str]:
    """The content stems that the question has in common with the sentences that answer it."""
    answering: set[str] = set()
    for place in case.relevant:
        answering |= content_stems(sentence_around(place.quote, place.document))
    return content_stems(case.question) & answering


@cache
def stems_of_space(space: str) -> frozenset[str]:
    """The content stems of all documents of a space."""
    return frozenset(s for path in (CORPUS / space).iterdir() for s in content_stems(converted(f"{space}/{path.name}")))


def known_share(case: Case) -> float:
    """The share of the question's content stems that occur in the spaces which the asker may read; 1 if it has none."""
    stems = content_stems(case.question)
    known = [stem for stem in stems if any(stem in stems_of_space(space) for space in case.spaces)]
    return len(known) / len(stems) if stems else 1.0


def area_under_curve(values: Sequence[float], others: Sequence[float]) -> float:
    """How often a value of the first group lies above one of the second, ties half; NaN if a group is empty."""
    wins = [(value > other) + (value == other) / 2 for value in values for other in others]
    return sum(wins) / len(wins) if wins else float("nan")


def figures(cases: Sequence[Case]) -> dict[str, float]:
    """The figures of BOUNDS for these cases; the areas are those of answerable cases against the others."""
    yes, no = ([case for case in cases if case.answerable is answerable] for answerable in (True, False))
    lengths = ([len(case.question.split()) for case in group] for group in (yes, no))
    values = (
        sum(not shared_stems(case) for case in yes) / len(yes) if yes else float("nan"),
        area_under_curve([known_share(case) for case in yes], [known_share(case) for case in no]),
        area_under_curve(*lengths),
    )
    return dict(zip(BOUNDS, values, strict=True))
