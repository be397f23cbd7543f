"""Cleaning takes out what nobody wrote for the reader, and no word that somebody did."""

from bs4 import BeautifulSoup

from ingestion.characters import rejoined, respelled
from ingestion.formats.furniture import take_out_furniture
from ingestion.running import without_running_lines

BODY = "<p>The chain is cleaned every hundred kilometres with a dry cloth and then oiled a little by its rider.</p>"


def left(page: str) -> str:
    soup = BeautifulSoup(page, "html.parser")
    take_out_furniture(soup)
    return soup.get_text(" ")


def test_characters_are_spelled_in_one_way() -> None:
    """Ligatures, soft hyphens and odd spaces become what a search types; ½ and ² mean something of their own."""
    text, changed = respelled("ﬁnd the of\u00adﬁce\u00a010\u202f000 m² at ½")
    assert text == "find the office 10 000 m² at ½"
    assert changed == {"ligatures": 2, "soft-hyphens": 1, "odd-spaces": 2}


def test_mojibake_is_mended_and_letters_of_other_languages_stay() -> None:
    """Only lines that hold it change."""
    assert respelled("BÃ¤tterie â€“ 5 Â°C")[0] == "Bätterie – 5 °C"
    for line in ("l’œuvre à Noël", "Ærø und Ångström", "São João", "ÂNGELA", "Việt Nam là"):
        assert respelled(line) == (line, {})


def test_words_broken_at_a_line_end_are_one_again() -> None:
    """A compound keeps its hyphen, and so does a number."""
    assert rejoined("the informa-\ntion is here", "en")[0] == "the information\nis here"
    assert rejoined("a self-\nmade lamp", "en")[0] == "a self-made\nlamp"
    assert rejoined("type X-\nray 2-\nday", "en") == ("type X-\nray 2-\nday", {})


def test_running_lines_go_and_headings_stay_once() -> None:
    """Headers, footers and page numbers of at least half the pages; sentences and steps that look alike stay."""
    pages = [
        f"Harrow lease guide {n}\n\n# Lease\n\n## Step {n}\n\nPart {n} is tightened.\n| a | b |\n\nPage {n} of 4"
        for n in range(1, 5)
    ]
    cleaned, removed = without_running_lines(pages)
    assert cleaned[0] == "# Lease\n\n## Step 1\n\nPart 1 is tightened.\n| a | b |"
    assert cleaned[3] == "## Step 4\n\nPart 4 is tightened.\n| a | b |"
    assert removed == 4 + 3 + 4


def test_two_pages_have_no_running_lines() -> None:
    """Twice may be chance."""
    pages = ("Harrow 1\n\nA", "Harrow 2\n\nB")
    assert without_running_lines(pages) == (pages, 0)


def test_the_column_names_on_each_page_stay() -> None:
    """They make the rows readable."""
    pages = [f"| Part | Price |\n| --- | --- |\n| P{n} | {n} |" for n in range(5)]
    assert without_running_lines(pages)[1] == 0


def test_the_frame_of_a_web_page_goes() -> None:
    """Menus, the site's header and footer, search and the cookie notice."""
    page = f"""<body><header><a href="/">Harrow</a></header><nav><a href="/b">Bikes</a></nav>
    <div class="cookie-bar">We use cookies</div><div role="search">Find</div>
    <main><h1>Chain</h1>{BODY}</main><footer>Imprint</footer></body>"""
    assert left(page).split() == f"Chain {BODY[3:-4]}".split()


def test_the_content_stays_wherever_it_lies() -> None:
    """A header with the page's title, the footer of an article, and a page that is all within a nav."""
    kept = f"<header><h1>Chain</h1></header><article>{BODY}<footer>By Ada</footer></article>"
    assert "Chain" in left(kept)
    assert "By Ada" in left(kept)
    assert "dry cloth" in left(f"<nav>{BODY}</nav>")
    assert "dry cloth" in left(f"<nav><main>{BODY}</main></nav><p>{'more words here ' * 5}</p>")
