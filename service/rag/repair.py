"""Repairs the spelling of a question against the vocabulary of the indexes that it is asked of.

A word is repaired when no chunk holds its stem and the encoder has no token for the whole of it, or for what is left
without a common beginning or ending: one letter is dropped, added, changed or exchanged with its neighbour (Norvig,
"How to Write a Spelling Corrector", 2007). Two such slips in one word are not repaired, nor is a name: somebody whom no
document knows is not to become somebody else. Only what the asker may read is looked at, so that a repair tells nothing
of other spaces.
"""

import re
import string
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

from tokenizers import Tokenizer

from service.core.records import Records
from service.core.types import Index
from service.rag.named import phrases
from service.rag.words import stems

# Shorter words have too many neighbours, longer ones are no words.
SHORTEST, LONGEST = 4, 24
# A question with more of them is not in the language of the index.
MOST_UNKNOWN = 4
_WORD = re.compile(r"[^\W\d_]+")
_BEGINNING = re.compile(r"^(?:re|un|non|over|pre|mis)(?=\w{3})")
_ENDING = re.compile(r"(?<=\w{3})(?:e?s|e?d|ing|ly|al|er)$")


def understood(records: Records, tokenizer: Tokenizer, indexes: Sequence[Index], question: str) -> str:
    """The question with its misspelt words repaired; the same where there is none. Blocks."""
    return repaired(question, partial(records.holders, indexes), tokenizer)


def repaired(question: str, holders: Callable[[Collection[str]], Mapping[str, int]], tokenizer: Tokenizer) -> str:
    """The question, each misspelt word replaced by the likeliest word; `holders` counts the chunks that hold a word."""
    words = {each.group() for each in _WORD.finditer(question) if SHORTEST <= len(each.group()) <= LONGEST}
    words -= {word for each in phrases(question) for word in _WORD.findall(each.text)}
    rare = {word for word in words if not _is_word(tokenizer, word.lower())}
    held = holders({word.lower() for word in rare}) if rare else {}
    unknown = sorted(word for word in rare if word.lower() not in held)
    if not unknown or len(unknown) > MOST_UNKNOWN:
        return question
    near = {word: neighbours(word.lower()) for word in unknown}
    known = holders({each for edits in near.values() for each in edits})
    chosen = {word: _likeliest(edits, known, tokenizer) for word, edits in near.items()}
    return _WORD.sub(lambda each: chosen.get(each.group(), each.group()) or each.group(), question)


def neighbours(word: str) -> list[str]:
    """Every string that one slip makes of a word."""
    letters = string.ascii_lowercase
    parts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    made = [left + right[1:] for left, right in parts if right]
    made += [left + right[1] + right[0] + right[2:] for left, right in parts if len(right) > 1]
    made += [left + letter + right[1:] for left, right in parts if right for letter in letters]
    made += [left + letter + right for left, right in parts for letter in letters]
    return [each for each in dict.fromkeys(made) if each != word]


def _likeliest(edits: Sequence[str], held: Mapping[str, int], tokenizer: Tokenizer) -> str:
    """The word that most chunks hold, before others a whole token of the encoder; empty where none is held.

    What is no token is held if it is its own stem: chunks are known to hold stems, and "lesse" has that of "less".
    """
    known = [each for each in edits if each in held]
    whole = [each for each in known if _pieces(tokenizer, each) == 1]
    return max(whole or (each for each in known if stems(each) == (each,)), key=lambda each: held[each], default="")


def _is_word(tokenizer: Tokenizer, word: str) -> bool:
    """Whether the encoder has a token for a word, or for it without a common beginning or ending."""
    bare = (_ENDING.sub("", word), f"{_ENDING.sub('', word)}e", _BEGINNING.sub("", word))
    return any(_pieces(tokenizer, each) == 1 for each in (word, *bare))


def _pieces(tokenizer: Tokenizer, word: str) -> int:
    return len(tokenizer.encode(word, add_special_tokens=False).ids)
