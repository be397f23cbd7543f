"""Questions that rules make of documents."""

from eval.proposals import Page, near_misses, proposed
from eval.suite import plain
from tests.golden import CARE, DELIVERY, RETURNS

PAGES = [
    Page("shop/delivery.md", "Delivery", DELIVERY),
    Page("shop/returns.md", "Returns", RETURNS),
    Page("shop/care.md", "Care of leather", CARE),
]


def test_every_quote_stands_in_its_document() -> None:
    """Each answerable proposal quotes words of its document, and its answer stands in the quote."""
    for page in PAGES:
        found = proposed(page, 20)
        assert found
        for each in found:
            assert each.answerable
            assert plain(each.quote) in plain(page.text)
            assert all(plain(answer) in plain(each.quote) for answer in each.answers)


def test_questions_of_headings_rows_and_facts() -> None:
    """A heading, a table row and a sentence with a number each give the question that their form suggests."""
    asked = {each.question: (each.kind, each.answers) for page in PAGES for each in proposed(page, 20)}
    assert asked["How do I send something back?"] == ("heading", ())
    assert asked["Can I return a gift?"] == ("heading", ())
    assert asked["How long does delivery take?"] == ("fact", ("5 days",))
    assert asked["What is the standard fee?"] == ("fact", ("€12",))
    table = [(question, answers) for question, (kind, answers) in asked.items() if kind == "table"]
    assert any("Islands" in question for question, _ in table)
    assert {answers[0] for _, answers in table} <= {"12 euros", "30 euros", "3", "9"}


def test_the_same_document_gives_the_same_questions() -> None:
    """Proposals do not depend on chance, and fewer are the first of more."""
    assert proposed(PAGES[0], 20) == proposed(PAGES[0], 20)
    assert proposed(PAGES[0], 2) == proposed(PAGES[0], 20)[:2]


def test_near_misses_are_about_what_a_page_lacks() -> None:
    """A near miss asks a page for what another page has a heading on and the page itself does not speak of."""
    found = near_misses(PAGES, 2)
    assert found
    for each in found:
        assert (each.answerable, each.quote, each.answers) == (False, "", ())
        assert each.near in {page.document for page in PAGES}
    assert not any("Cleaning" in each.question and each.near == "shop/care.md" for each in found)


def test_an_empty_document_gives_nothing() -> None:
    """A document without headings, tables and numbers gives no proposal."""
    assert proposed(Page("shop/empty.md", "Empty", ""), 5) == []
    assert proposed(Page("shop/plain.md", "Plain", "Some words without any figure at all."), 5) == []
