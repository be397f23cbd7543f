"""Holds back what is no text worth searching: empty, too short or long, garbled, boilerplate, in a language not wanted.

Each gate says why, and a person may release what it held. What stands far from its space is told by its vectors, after
embedding: ingestion.outliers. What reads well and is wrong passes every gate.
"""

from collections.abc import Sequence
from dataclasses import replace

from ingestion.boilerplate import shares_of
from ingestion.draft import Draft
from ingestion.garble import garbled
from ingestion.language import Language, language_of, words_in
from service.core.app import App
from service.core.errors import Boilerplate, EmptyDocument, GarbledText, LengthOutlier, WrongLanguage
from service.core.types import Space

# Below both there is nothing to answer from; a telephone number with a name has more.
MIN_WORDS = 3
MIN_LETTERS = 8
# The longest of the sample pages has 6,000 words, War and Peace 590,000. Not against the space: a manual among notes
# is longer than all of them by as much as a runaway export is.
MAX_WORDS = 1_000_000
# What it was chosen on says docs/ingestion-quality.md. Real pages of that many words had up to 42%.
BOILERPLATE_SHARE = 0.8
BOILERPLATE_WORDS = 30
_RELEASE = "`ragready quarantine show ID` shows it; `ragready quarantine release ID` lets it pass."


def checked(app: App, space: Space, draft: Draft) -> Draft:
    """The draft with its language. Raises a DocumentProblem for what a gate holds back."""
    text = draft.text
    language = language_of(text)
    draft = replace(draft, language=language.code)
    if "quality-gates" in app.settings.controls_off:
        return draft
    if not any(map(str.isalnum, text)):
        raise EmptyDocument(f"{draft.source} holds no word of text.", "Remove it, or put text into it.")
    if not draft.released:
        judge(draft.source, text, language, space.policy.languages)
    return draft


def judge(source: str, text: str, language: Language, wanted: Sequence[str] = ()) -> None:
    """Raise a DocumentProblem for a text that a gate holds back; `wanted` are codes of languages, none for any."""
    _check_length(source, text)
    _check_garbled(source, text, language, wanted)
    _check_boilerplate(source, text)
    _check_language(source, language, wanted)


def _check_length(source: str, text: str) -> None:
    words = words_in(text)
    if words > MAX_WORDS:
        raise LengthOutlier(
            f"{source} has {words:,} words; more than {MAX_WORDS:,} are no page to read.", f"Split it. {_RELEASE}"
        )
    if words < MIN_WORDS and sum(map(str.isalnum, text)) < MIN_LETTERS:
        raise LengthOutlier(f"{source} has {words} words, which answer nothing.", f"Write it out. {_RELEASE}")


def _check_garbled(source: str, text: str, language: Language, wanted: Sequence[str]) -> None:
    if reason := garbled(text, language, told=next(iter(wanted), "")):
        raise GarbledText(f"{source} does not read as text: {reason}.", f"Scan or export it anew. {_RELEASE}")


def _check_boilerplate(source: str, text: str) -> None:
    shares = shares_of(text)
    if shares.furniture >= BOILERPLATE_WORDS and shares.furniture_share >= BOILERPLATE_SHARE:
        words = shares.furniture + shares.content
        raise Boilerplate(
            f"{shares.furniture_share:.0%} of the {words} words of {source} are menus, notices and footers.",
            f"Export the page with its content. {_RELEASE}",
        )


def _check_language(source: str, language: Language, wanted: Sequence[str]) -> None:
    """What is too short to tell passes."""
    if wanted and language.code and language.code not in wanted:
        raise WrongLanguage(
            f"{source} is in {language.code!r}; the space takes {', '.join(wanted)}.",
            f"Move it to another space, or add the language to the space's policy. {_RELEASE}",
        )
