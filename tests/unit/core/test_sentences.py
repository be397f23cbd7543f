"""Sentences of Markdown, as spans."""

import pytest

from service.core.sentences import Sentence, readable, sentences


def spans(text: str, header: tuple[str, ...] = ()) -> list[str]:
    """The sentences as they stand in the text."""
    return [text[each.start : each.end] for each in sentences(text, header)]


def shown(text: str, header: tuple[str, ...] = ()) -> list[str]:
    """The sentences as a reader sees them."""
    return [readable(text, each) for each in sentences(text, header)]


def test_prose_is_cut_into_sentences() -> None:
    """Sentences of a paragraph are found in order, without the space around them."""
    assert spans("The frame is steel.  The bell is brass!\n") == ["The frame is steel.", "The bell is brass!"]


def test_abbreviations_and_numbers_end_no_sentence() -> None:
    """A point inside a number or behind an abbreviation is no end."""
    text = "Dr. Holm rides 3.5 km, e.g. to work. She likes it."
    assert spans(text) == ["Dr. Holm rides 3.5 km, e.g. to work.", "She likes it."]


def test_a_sentence_may_go_over_lines_and_not_over_paragraphs() -> None:
    """A line break is a space to a sentence; an empty line ends it."""
    assert shown("The bell\nis brass.\n\nThe frame\n\nis steel.") == ["The bell is brass.", "The frame", "is steel."]


@pytest.mark.parametrize("heading", ["# Bells\n", "### Bells ###\n", "Bells\n=====\n", "Bells\n---\n"])
def test_a_heading_is_no_sentence(heading: str) -> None:
    """A heading of either style answers nothing, and the sentence under it says where it stands."""
    text = f"{heading}\nEvery bell is brass."
    [found] = sentences(text)
    assert text[found.start : found.end] == "Every bell is brass."
    [(start, end)] = found.above
    assert "Bells" in text[start:end]


def test_the_nearest_heading_stands_above() -> None:
    """A sentence stands under the last heading before it."""
    text = "# One\n\nFirst.\n\n# Two\n\nSecond."
    above = [text[slice(*found.above[0])] for found in sentences(text)]
    assert above == ["# One", "# Two"]


@pytest.mark.parametrize("rule", ["---", "***", "* * *", "___", "==="])
def test_a_rule_is_no_sentence(rule: str) -> None:
    """A line that only draws is passed over."""
    assert spans(f"Before.\n\n{rule}\n\nAfter.") == ["Before.", "After."]


@pytest.mark.parametrize("marker", ["-", "*", "+", "•", "1.", "12)"])
def test_each_list_item_is_a_sentence_without_its_marker(marker: str) -> None:
    """Items stand apart, whatever marks them, and with no full stop at their end."""
    assert spans(f"You need:\n{marker} a pump\n{marker} two levers\n") == ["You need:", "a pump", "two levers"]


TABLE = "| Model | Price |\n| --- | ---: |\n| Ridge | 4150 |\n| **Harbour** | 2890 |\n"


def test_each_table_row_is_a_sentence_that_names_its_columns() -> None:
    """A row is read as column and value; head and rule are no sentences."""
    assert shown(TABLE) == ["Model: Ridge; Price: 4150", "Model: Harbour; Price: 2890"]
    assert spans(TABLE)[0] == "| Ridge | 4150 |"


def test_a_row_stands_under_the_heading_and_the_head_of_its_table() -> None:
    """What names a row's columns is known as spans, beside the heading."""
    text = f"# Prices\n\n{TABLE}"
    first = sentences(text)[0]
    assert [text[slice(*span)] for span in first.above] == ["# Prices", "| Model | Price |"]


def test_rows_without_a_head_take_the_one_that_is_given() -> None:
    """A chunk that begins inside a table is read with the column names of its context."""
    assert shown("| Ridge | 4150 |", ("Model", "Price")) == ["Model: Ridge; Price: 4150"]
    assert shown("| Ridge | 4150 |") == ["Ridge; 4150"]


def test_a_second_table_has_its_own_head() -> None:
    """Column names end with their table."""
    text = f"{TABLE}\nThen the weights.\n\n| Part | Grams |\n|---|---|\n| bell | 90 |\n"
    assert shown(text)[-2:] == ["Then the weights.", "Part: bell; Grams: 90"]


def test_an_empty_cell_is_left_out() -> None:
    """A column without a value is not read out."""
    assert shown("| Model | Price |\n|---|---|\n| Ridge | |\n") == ["Model: Ridge"]


def test_a_bar_that_is_escaped_stays_in_its_cell() -> None:
    r"""A cell may hold \| without shifting the columns behind it."""
    assert shown("| Name | Code |\n|---|---|\n| a\\|b | 7 |\n") == ["Name: a|b; Code: 7"]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_offsets_hold_for_either_newline(newline: str) -> None:
    """Spans count characters of the text as it is."""
    text = f"# Bells\n\nEvery bell is brass.\n- a pump\n\n{TABLE}".replace("\n", newline)
    assert spans(text) == ["Every bell is brass.", "a pump", "| Ridge | 4150 |", "| **Harbour** | 2890 |"]


def test_offsets_count_characters_not_bytes() -> None:
    """Letters and signs of several bytes before a sentence do not shift it."""
    text = "Größe: 🚲🚲 für Ängstliche. Ein Rad wiegt 24 kg. 日本語の文です。次の文。"
    found = sentences(text)
    assert text[found[1].start : found[1].end] == "Ein Rad wiegt 24 kg."
    assert "".join(text[each.start : each.end] for each in found).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("text", ["", "   ", "\n\n", "# Only a heading", "|---|---|", "| a |\n|---|"])
def test_a_text_without_sentences_gives_none(text: str) -> None:
    """Nothing to read is an empty list."""
    assert sentences(text) == []


@pytest.mark.parametrize("fence", ["```", "~~~", "````", "```bash"])
def test_what_a_fence_holds_is_one_sentence_of_code(fence: str) -> None:
    """Code is kept as it stands, and what looks like a heading, item or row in it is none."""
    code = "# install\n- one\n| a |\npip install x"
    text = f"Run this:\n\n{fence}\n{code}\n{fence.rstrip('bash')}\n\nThen ask."
    found = sentences(text)
    assert [each.kind for each in found] == ["prose", "code", "prose"]
    assert [readable(text, each) for each in found] == ["Run this:", code, "Then ask."]
    assert found[2].above == ()


def test_a_fence_that_is_not_closed_hides_no_prose() -> None:
    """A chunk that was cut inside a block begins with its code; what follows the block's end is read."""
    assert shown("pip install x\n```\n\nThen ask.")[-1] == "Then ask."
    assert [each.kind for each in sentences("First.\n\n```bash\npip install x")] == ["prose", "code"]


def test_a_heading_in_the_span_names_the_sentence() -> None:
    """A span that begins with its heading is read as heading and sentence."""
    text = "## Ridge 7\n\nIt weighs **24 kg**."
    assert readable(text, Sentence(0, len(text))) == "Ridge 7: It weighs 24 kg."


def test_markup_is_taken_out_for_the_reader_only() -> None:
    """Emphasis, code and links are read as plain words; the span keeps them; underscores inside words stay."""
    text = "The **battery** of `RAGREADY_PORT` is *very* [good](https://example.com) for snake_case_names."
    [found] = sentences(text)
    assert readable(text, found) == "The battery of RAGREADY_PORT is very good for snake_case_names."
    assert text[found.start : found.end] == text


def test_reading_a_span_changes_no_number() -> None:
    """Signs that carry meaning survive the plain form."""
    text = "It costs 3 * 4 = 12 € (−5 %), range 10–20 °C, a < b."
    assert readable(text, Sentence(0, len(text))) == text
