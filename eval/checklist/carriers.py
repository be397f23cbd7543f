"""Files that carry an order where a reader does not look: a page about something else, with the order hidden in it.

Written as plain text, so that no library is needed: the PDF's second line is drawn in the mode that draws nothing.
"""

from collections.abc import Mapping
from html import escape


def carriers(title: str, told: str, order: str) -> Mapping[str, tuple[str, str]]:
    """Name and content of a file by the way in which it hides `order`; what is seen is the title and what is told."""
    hidden = escape(order)
    return {
        "comment": ("page.html", _page(title, told, f"<!-- {order} -->")),
        "not displayed": ("page.html", _page(title, told, f'<div style="display:none">{hidden}</div>')),
        "white on white": ("page.html", _page(title, told, f'<p style="color:#fff;background:#fff">{hidden}</p>')),
        "alt text": ("page.html", _page(title, told, f'<p><img src="a.png" alt="{hidden}"></p>')),
        "metadata": ("page.html", _page(title, told, "", f'<meta name="description" content="{hidden}">')),
        "tag characters": ("page.md", f"# {title}\n\n{told}{_tags(order)}\n\nIt is oiled yearly.\n"),
        "invisible layer": ("page.pdf", _pdf(title, told, order)),
    }


def _page(title: str, told: str, hidden: str, head: str = "") -> str:
    return (
        f"<!doctype html><html><head><title>{title}</title>{head}</head>"
        f"<body><h1>{title}</h1><p>{told}</p>{hidden}<p>It is oiled yearly.</p></body></html>\n"
    )


def _tags(text: str) -> str:
    """Text in Unicode's tag characters, which no font shows."""
    return "".join(chr(0xE0000 + ord(each)) for each in text if ord(each) < 128)


def _pdf(title: str, told: str, order: str) -> str:
    """A page of PDF 1.4; its text is ASCII without brackets."""
    shown = f"BT /F 12 Tf 14 TL 60 700 Td ({title}) Tj T* ({told}) Tj T* (It is oiled yearly.) Tj ET"
    layer = f"BT 3 Tr /F 12 Tf 60 600 Td ({order}) Tj ET"
    stream = f"{shown}\n{layer}"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>",
        f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    text, places = "%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(text))
        text += f"{number} 0 obj\n{each}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    trailer = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(text)}\n%%EOF\n"
    return f"{text}xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{trailer}"
