"""Loading one file: its text and its title."""

import hashlib
import unicodedata
from collections.abc import Callable
from io import BytesIO

import pytest
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import SimpleDocTemplate, Table, TableStyle

from ingestion.load import LoadedDocument
from tests.files import docx, encrypted_pdf, mail, xlsx

Loader = Callable[[str, bytes | str], LoadedDocument]


def test_markdown_is_kept(loaded: Loader):
    """Markdown comes out as it went in, with its hash and media type."""
    text = "# Leave\n\nYou have *26* days.\n\n- one\n- two"
    document = loaded("leave.md", text)
    assert (document.text, document.title, document.source) == (text, "Leave", "folder/leave.md")
    assert document.media_type == "text/markdown"
    assert document.content_hash == hashlib.sha256(text.encode()).hexdigest()


def test_front_matter(loaded: Loader):
    """YAML front matter leaves the text, and its title is the document's."""
    document = loaded("a.md", '---\ntitle: "Leave: the rules"\ntags:\n  - hr\n---\n\n# Other\n\nText')
    assert (document.title, document.text) == ("Leave: the rules", "# Other\n\nText")


def test_rule_is_no_front_matter(loaded: Loader):
    """A thematic break on the first line with prose under it is text."""
    assert loaded("a.md", "---\nSome prose here.\n---\nMore").text.startswith("---\nSome prose")


@pytest.mark.parametrize(
    ("content", "title"),
    [
        ("Intro\n\n## Second\n\n# First\n\nText", "First"),
        ("## Only second level\n\nText", "Only second level"),
        ("Setext *title*\n=====\n\nText", "Setext title"),
        ("```\n# a comment\n```\n\nText", "a comment"),
        ("The first line\n\nText", "The first line"),
        ("x" * 300, "x" * 120),
        ("# [Link](http://example.com) `code`\n\nText", "Link code"),
    ],
)
def test_title(loaded: Loader, content: str, title: str):
    """The title is the first heading of level 1, else the first heading, else the first line, cut to 120 characters."""
    assert loaded("a-b_c.md", content).title == title


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_encodings(loaded: Loader, encoding: str):
    """A Western text is read in the usual encodings, without its byte order mark."""
    text = "Où êtes-vous? Le café crème est à la carte, déjà réglé."
    assert loaded("a.txt", text.encode(encoding)).text == text


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        (
            "cp1250",
            "Zażółć gęślą jaźń. Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw.",
        ),
        ("cp1251", "Все люди рождаются свободными и равными в своем достоинстве и правах."),
        ("shift_jis", "すべての人間は、生まれながらにして自由である。"),
    ],
)
def test_other_encodings(loaded: Loader, encoding: str, text: str):
    """A text in a legacy encoding of another script is guessed right."""
    assert loaded("a.txt", text.encode(encoding)).text == text


def test_normalised(loaded: Loader):
    """Newlines, trailing spaces, blank lines, control characters and Unicode forms come out in one spelling."""
    raw = "caf" + unicodedata.normalize("NFD", "é") + "  \r\nb\x07\rc\n\n\n\n\n\nd\u2028e\t\n"
    assert loaded("a.txt", raw).text == "café\nb\nc\n\n\nd\ne"


def test_html(loaded: Loader):
    """HTML becomes Markdown without scripts and styles."""
    page = (
        "<html><head><title>Lease | Site</title><style>p{color:red}</style></head><body><script>steal()</script>"
        "<h1>Lease &amp; buy</h1><p>A <b>bike</b>.</p><table><tr><th>Model</th></tr><tr><td>Tarn</td></tr></table>"
        '<img src="data:image/png;base64,AAAA" alt="a bike"></body></html>'
    )
    document = loaded("lease.html", page)
    assert document.title == "Lease & buy"
    assert "A **bike**." in document.text
    assert "| Tarn |" in document.text
    assert not any(word in document.text for word in ("steal", "color", "base64"))


def test_html_title_element(loaded: Loader):
    """Without an h1 the title element is the title."""
    assert loaded("a.htm", "<title>About us</title><body><h2>Menu</h2><p>Text</p>").title == "About us"


def test_html_without_tags(loaded: Loader):
    """An HTML file without any tag is text."""
    assert loaded("a.html", "Just words").text == "Just words"


def test_html_declared_encoding(loaded: Loader):
    """The encoding that a page declares is used."""
    page = '<meta charset="iso-8859-2"><p>Zażółć gęślą</p>'
    assert "Zażółć gęślą" in loaded("a.html", page.encode("iso-8859-2")).text


def test_html_nested_too_deep(loaded: Loader):
    """A page nested deeper than the converter can walk keeps its text."""
    assert loaded("a.html", "<div>" * 5_000 + "at the bottom" + "</div>" * 5_000).text == "at the bottom"


def test_pdf_structure(loaded: Loader):
    """A PDF's larger lines are headings, its paragraphs are apart, and its bullets are a list."""
    buffer = BytesIO()
    canvas = Canvas(buffer)
    for size, top, line in (
        (20, 780, "Warranty"),
        (10, 750, "The frame is covered"),
        (10, 738, "for five years."),
        (10, 710, "The battery is not."),
        (14, 680, "How to claim"),
        (10, 650, "\u2022 Keep the receipt"),
    ):
        canvas.setFont("Helvetica", size)
        canvas.drawString(72, top, line)
    canvas.save()
    document = loaded("warranty.pdf", buffer.getvalue())
    assert document.title == "Warranty"
    paragraphs = ["# Warranty", "The frame is covered\nfor five years.", "The battery is not.", "## How to claim"]
    assert document.text == "\n\n".join([*paragraphs, "- Keep the receipt"])


def test_pdf_table(loaded: Loader):
    """A ruled table in a PDF is a Markdown table."""
    buffer = BytesIO()
    table = Table([["Country", "Turnover"], ["Belgium", "3.8"], ["Spain", "1.6"]], colWidths=120)
    table.setStyle(TableStyle([("GRID", (0, 0), (-1, -1), 0.5, (0, 0, 0))]))
    SimpleDocTemplate(buffer).build([table])
    assert loaded("t.pdf", buffer.getvalue()).text == (
        "| Country | Turnover |\n| --- | --- |\n| Belgium | 3.8 |\n| Spain | 1.6 |"
    )


def test_docx(loaded: Loader):
    """A Word file becomes Markdown with its headings."""
    document = loaded("a.docx", docx("Two signatures.", heading="Who may pay"))
    assert (document.title, document.text) == ("Who may pay", "# Who may pay\n\nTwo signatures.")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "name,price\nbelt,61\nhinge,38\n"),
        ("a.csv", "\ufeffname;price\r\nbelt;61\r\nhinge;38\r\n"),
        ("a.tsv", "name\tprice\nbelt\t61\nhinge\t38\n"),
        ("a.csv", "name|price\nbelt|61\nhinge|38\n"),
    ],
)
def test_csv(loaded: Loader, name: str, content: str):
    """Comma, semicolon, tab and pipe separate the same table."""
    assert loaded(name, content).text == "| name | price |\n| --- | --- |\n| belt | 61 |\n| hinge | 38 |"


def test_csv_cells(loaded: Loader):
    """Pipes and newlines inside a cell do not break the table, short rows are filled, and the file names it."""
    document = loaded("spare-parts_2026.csv", 'name,note\nbelt,"a|b\nc"\nhinge\n')
    assert document.text == "| name | note |\n| --- | --- |\n| belt | a\\|b c |\n| hinge |  |"
    assert document.title == "spare parts 2026"


def test_xlsx(loaded: Loader):
    """A workbook's sheets are tables as their reader sees them, without NaN and empty columns."""
    rows: list[list[object]] = [
        ["Prices of 2026"],
        [],
        [None, "part", "price"],
        [None, "belt", 61.5],
        [None, "bell", None],
    ]
    assert loaded("a.xlsx", xlsx(rows)).text == (
        "## Prices\n\nPrices of 2026\n\n| part | price |\n| --- | --- |\n| belt | 61.5 |\n| bell |  |"
    )


def test_mail(loaded: Loader):
    """A mail gives its headers as lines, its body, and its attachments' names only."""
    message = mail()
    message.add_attachment(b"%PDF-1.7 secret", maintype="application", subtype="pdf", filename="plan.pdf")
    document = loaded("recall.eml", bytes(message))
    assert document.title == "Recall of the hinge"
    assert document.text == (
        "From: Desk <desk@example.com>\nTo: all@example.com\nSubject: Recall of the hinge\n"
        "Date: Tue, 19 May 2026 16:40:00 +0200\nAttachments: plan.pdf\n\nPlease read."
    )


def test_mail_with_odd_headers(loaded: Loader):
    """A mail with encoded, unencoded and malformed headers is read all the same."""
    raw = 'From: =?utf-8?q?J=C3=BCrgen?= <j@example.com>\nTo: <<<>>>,,;"\nSubject: Größe\nDate: soon\n\nWords'
    document = loaded("a.eml", raw)
    assert document.title == "Größe"
    assert document.text.startswith('From: Jürgen <j@example.com>\nTo: <<<>>>,,;"\nSubject: Größe')


def test_mail_in_html(loaded: Loader):
    """A mail with an HTML body only is converted."""
    message = mail()
    message.set_content("<p>Please <b>read</b>.</p>", subtype="html")
    assert loaded("a.eml", bytes(message)).text.endswith("\n\nPlease **read**.")


def test_upper_case_extension(loaded: Loader):
    """The ending's case does not matter."""
    assert loaded("A.TXT", "Words").text == "Words"


def test_pdf_with_restrictions_only(loaded: Loader):
    """A PDF that opens without a password is read, whatever it forbids."""
    assert loaded("a.pdf", encrypted_pdf("", "owner")).text == "Under lock and key"
