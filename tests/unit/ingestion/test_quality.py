"""The gates hold back noise and let pages pass, whatever they are made of."""

import random
from pathlib import Path

import pytest

from eval.noise import GARBLED, frame
from ingestion.language import language_of
from ingestion.quality import judge
from service.core.errors import DocumentProblem

SAMPLES = Path(__file__).parents[3] / "samples/corpus"
PAGE = (SAMPLES / "public/battery-care.md").read_text()
PASS = {
    "prose": PAGE,
    "table": "| Code | Meaning | Part |\n|---|---|---|\n" + "\n".join(f"| E{n} | motor | BX-{n}7 |" for n in range(99)),
    "figures": "\n".join(f"{n},{n * 7},{n * n}" for n in range(200)),
    "code": "def ask(q):\n    hits = idx.search(enc(q), k=4)\n    return fmt(hits[0].txt, src=hits[0].src)\n" * 3,
    "names": "\n".join(
        ("Zuzana Novotná", "Krzysztof Wójcik", "Þórður Jónsson", "Xabier Etxeberria", "Nguyễn Văn An") * 4
    ),
    "telephone": "Reception: 030 5550134",
    "arabic": "يتم تنظيف السلسلة كل مائة كيلومتر بقطعة قماش جافة ثم تزييتها بقليل من الزيت ومسح الزيت الزائد بعد ذلك.",
    "chinese": "每行驶一百公里,用干布清洁链条,然后少量上油。多余的油要擦掉,否则会沾上灰尘。电池不应在零度以下充电。",
    "german": (SAMPLES / "public/lieferung-deutschland.md").read_text(),
}


def code(text: str, *wanted: str) -> str | None:
    try:
        judge("public/page.md", text, language_of(text), wanted)
    except DocumentProblem as error:
        return error.code
    return None


@pytest.mark.parametrize("kind", PASS)
def test_what_people_write_passes(kind: str) -> None:
    """Tables, figures, code, names and every script are text."""
    assert code(PASS[kind]) is None


@pytest.mark.parametrize("kind", [each for each in GARBLED if each != "mojibake"])
def test_noise_is_held_back(kind: str) -> None:
    """Every kind that eval.noise makes."""
    assert code(GARBLED[kind](PAGE, random.Random(1))) == "garbled-text"


def test_a_page_of_menus_is_held_back() -> None:
    """Menus, notices and footers with nothing between them."""
    held = [code(frame(PAGE, random.Random(seed))) for seed in range(10)]
    assert held.count("boilerplate") >= 9


def test_a_page_with_menus_and_content_passes() -> None:
    """The frame of a page does not make it boilerplate."""
    assert code(f"{frame(PAGE, random.Random(1))}\n\n{PAGE}") is None


@pytest.mark.parametrize(("text", "wanted", "held"), [
    (PASS["german"], ("en",), "wrong-language"),
    (PASS["german"], ("en", "de"), None),
    (PASS["german"], (), None),
    ("Akku leer", ("en",), None),
    (PASS["chinese"], ("en",), "wrong-language"),
])  # fmt: skip
def test_a_space_takes_the_languages_that_its_policy_names(
    text: str, wanted: tuple[str, ...], held: str | None
) -> None:
    """What is too short to tell passes, and without a policy every language does."""
    assert code(text, *wanted) == held


def test_what_answers_nothing_is_held_back() -> None:
    """Two words are no document; a million and one are no page."""
    assert code("To do") == "length-outlier"
    assert code("word " * 1_000_001) == "length-outlier"


def test_a_reason_quotes_nothing_of_the_document() -> None:
    """Lists of what is held are read by more people than the document may be."""
    text = GARBLED["shuffled letters"](f"Zebrafinch {PAGE}", random.Random(1))
    with pytest.raises(DocumentProblem) as raised:
        judge("public/page.md", text, language_of(text))
    words = {word for word in text.split() if len(word) > 6}
    assert not any(word in raised.value.detail for word in words)
