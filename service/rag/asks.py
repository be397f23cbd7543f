"""What a question asks for: which kind of value, how many things, a list, or code. By its wording alone.

English wordings. A question that none of them fits asks for nothing in particular, and the reader goes by likeness.
"""

import re

from service.rag.words import content_words

_AMOUNT = (
    r"(?:\d[\d.,]*|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fourteen|fifteen|twenty|thirty"
    r"|forty|sixty|ninety|half an?|few)"
)
_MONTH = r"January|February|March|April|May \d|\d May|June|July|August|September|October|November|December"
STEPS = "steps"
# By kind of value: wordings that ask for it, and what holds one.
_ASKS = {
    "duration": r"how (?:long|soon|quickly|fast|far ahead|old|late|often|frequently)|until when|by when|deadline|notice"
    r"|within what|(?:what|which) (?:period|interval)|after (?:what|which) time"
    r"|how many (?:more )?(?:working )?(?:seconds|minutes|hours|days|weeks|months|years)",
    "date": r"when|(?:what|which) (?:date|days?|month|year|time|hour|weekday)|deadline",
    "money": r"price|priced|costs?|pay|paid|pays|fees?|charged?|deposit|budget|salary|spend|surcharge|expensive"
    r"|cheap(?:er)?|earn|bonus|allowance|worth|refund(?:ed)?|compensation|rebate|discount|interest|reimbursed?|fine"
    r"|penalty|rate|how much (?:money|do|does|is|will|would|can|may|must)",
    "share": r"(?:what|which) (?:share|percentage|percent|proportion|part)|how (?:full|likely)|percent\w*",
    "number": r"how (?:many|far|big|heavy|high|large|tall|deep|wide|hot|cold|warm|strong|strongly|loud|thick)"
    r"|(?:what|which) number|number of|weight|distance|temperature|maximum|minimum|capacity|limit",
    STEPS: r"steps?|procedure|walk me through|instructions|checklist|how (?:do|can|should|must) (?:i|we|you|one)"
    r"|what (?:do|must|should) (?:i|we|you) (?:need|bring|prepare|check|do)",
}
_HOLDS = {
    "duration": rf"\b{_AMOUNT}[ -](?:working |business |calendar |full |more )*"
    r"(?:second|minute|min|hour|day|week|month|year|quarter|night|time)s?\b"
    r"|\b(?:every|each|once|twice|daily|weekly|monthly|yearly|immediately|at once|noon|midnight|\d{1,2}:\d\d)\b",
    "date": rf"\b(?:\d{{1,2}}:\d\d|noon|midnight|(?:1[5-9]|20)\d\d|{_MONTH}"
    r"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?|\d+ (?:hours|days|weeks|months|years))\b",
    "money": r"[€$£]|\d\s*(?:euros?|dollars?|pounds?|cents?|percent|%)"
    r"|\b(?:free|for nothing|no charge|without charge|half)\b",
    "share": r"\d\s*(?:%|percent|per cent)|\b(?:half|third|quarter|out of)\b",
    "number": r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|none|once|twice"
    r"|half|both|dozen)\b",
}
_ASKING = {kind: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for kind, words in _ASKS.items()}
# "may" is a verb: months and days are told by their capitals
_HOLDING = {kind: re.compile(words, 0 if kind == "date" else re.IGNORECASE) for kind, words in _HOLDS.items()}
_VERB = r"is|are|was|were|do|does|did|can|could|may|must|should|shall|will|would|has|have|had"
_WH = r"what|which|who|whom|whose|when|where|why|how"
_ASKS_SOMETHING = re.compile(rf"\b(?:{_WH})\b|^\W*(?:{_VERB})\b", re.IGNORECASE)
_BETWEEN_PARTS = re.compile(
    rf"(?<=[?!.;:])\s+|,?\s+\band\s+(?=(?:{_WH}|{_VERB}|by|from|until|for|at|in|to)\b)|,\s+(?=(?:{_WH})\b)",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"\b(?:command|command line|code|snippet|script|syntax|shell|terminal|curl|json|yaml|toml|sql|function)\b",
    re.IGNORECASE,
)


def kinds_asked(question: str) -> frozenset[str]:
    """The kinds of value that a question asks for: duration, date, money, share, number; steps, which a list holds."""
    return frozenset(kind for kind, pattern in _ASKING.items() if pattern.search(question))


def kinds_held(text: str) -> frozenset[str]:
    """The kinds of value that a text holds. Steps are told by where they stand, not by their wording."""
    return frozenset(kind for kind, pattern in _HOLDING.items() if pattern.search(text))


def parts(question: str) -> list[tuple[int, int]]:
    """The spans of a question that each ask for something, none where there is one only or none."""
    cuts = [match.span() for match in _BETWEEN_PARTS.finditer(question)]
    starts, ends = [0, *(end for _, end in cuts)], [*(start for start, _ in cuts), len(question)]
    asking = [span for span in zip(starts, ends, strict=True) if _asks(question[slice(*span)])]
    return asking if len(asking) > 1 else []


def asks_code(question: str) -> bool:
    """Whether code may be the answer."""
    return bool(_CODE.search(question))


def _asks(text: str) -> bool:
    return bool(_ASKS_SOMETHING.search(text) and content_words(text))
