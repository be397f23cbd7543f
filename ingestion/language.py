"""Which language a text is in, told by py3langid from its letters; nothing is downloaded. A short text stays undecided.

It does not say whether the text is any good, and of a text in two languages it gives the one with more of it.
"""

import lzma
import re
from array import array
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

# Enough to tell a language; more would take longer and say the same.
READ_CHARACTERS = 6_000
# Of texts with fewer letters and words, or less of a lead, the code is a guess: docs/ingestion-quality.md.
MIN_LETTERS = 60
MIN_WORDS = 12
MIN_LEAD = 0.08
# Norwegian is written as Bokmål; the data has both codes.
_SAME = {"nb": "no", "nn": "no"}
_NOT_PROSE = re.compile(r"```.*?```|`[^`\n]*`|\]\([^)\s]*\)|https?://\S+|\S+@\S+|<[^>\n]*>|[#*_|>\\-]+", re.DOTALL)
# Thai, Lao, Khmer, Burmese, Japanese and Chinese put no spaces between words, which have about two signs.
_WORD = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]{1,2}"
    r"|[^\W\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]+"
)


@dataclass(frozen=True)
class Language:
    """A language and how much the text is of it.

    `code` is of ISO 639-1, empty where undecided. `strength` is by how much the text is likelier in it than in the
    middle one of all languages, in nats a character: 1 to 2 for prose in Latin letters, above 2 in other scripts.
    """

    code: str
    strength: float


def words_in(text: str) -> int:
    """How many words a text has, in any script."""
    return sum(1 for _ in _WORD.finditer(text))


def language_of(text: str) -> Language:
    """The language of the text's beginning."""
    prose = _NOT_PROSE.sub(" ", text[:READ_CHARACTERS])
    if not prose.strip():
        return Language("", 0.0)
    ranked = _identifier().rank(prose)
    scores = [score for _, score in ranked]
    (first, _), *_ = ranked
    characters = len(prose)
    lead = next(upper - lower for upper, lower in pairwise(scores)) / characters
    enough = sum(map(str.isalpha, prose)) >= MIN_LETTERS or words_in(prose) >= MIN_WORDS
    decided = enough and lead >= MIN_LEAD
    return Language(_SAME.get(first, first) if decided else "", (scores[0] - median(scores)) / characters)


@lru_cache(maxsize=1)
def _identifier() -> "LanguageIdentifier":
    """Reads 4 MB, once a process. Languages without a code of two letters are left out: policies cannot name them.

    Unpacked in memory: py3langid would write a temporary file, which a full disk refuses.
    """
    from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier  # noqa: PLC0415  # takes .5 s

    with lzma.open(MODEL_DIR / MODEL_FILE) as packed, np.load(BytesIO(packed.read()), allow_pickle=False) as model:
        tables = (_table(model["nextmove"]), model["out_feat"].tolist())
        weights = (model["ptc"], model["pc"], model["classes"].tolist())
        made = LanguageIdentifier(*weights, *tables, tk_row=_table(model["nextmove_row"]))
    made.set_languages([code for code in dict.fromkeys(made.nb_classes) if len(code) == 2])
    return made


def _table(numbers: NDArray[np.unsignedinteger]) -> "array[int]":
    """The same numbers, which the identifier reads one by one, as Python's own array."""
    return array({2: "H", 4: "I", 8: "L"}[numbers.itemsize], numbers.tobytes())
