"""LaTeX to Markdown by its common commands: sections, lists, tables, emphasis. Formulas stay as they are written."""

import re

from ingestion.formats import Converted, Hidden
from ingestion.formats.table import markdown_table
from ingestion.formats.text import decoded

_COMMENT = re.compile(r"(?<!\\)%(.*)$", re.M)
_BODY = re.compile(r"\\begin\{document\}(.*?)(?:\\end\{document\}|\Z)", re.S)
_TITLE = re.compile(r"\\title\{([^{}]*)\}")
_SECTION = re.compile(r"\\(chapter|section|subsection|subsubsection|paragraph)\*?\{([^{}]*)\}")
_LEVELS = {"chapter": 1, "section": 2, "subsection": 3, "subsubsection": 4, "paragraph": 5}
_TABLE = re.compile(r"\\begin\{(tabular[x*]?)\}(?:\{[^{}]*\})*(.*?)\\end\{\1\}", re.S)
_RULES = re.compile(r"\\(?:hline|toprule|midrule|bottomrule|cline\{[^}]*\})")
_ITEM = re.compile(r"\\item(?:\[([^\]]*)\])?\s*")
_KEPT = re.compile(
    r"\\(?:textbf|textit|emph|texttt|underline|text|caption|footnote|title|author|href\{[^{}]*\})\{([^{}]*)\}"
)
_DROPPED = re.compile(
    r"\\(?:label|usepackage|documentclass|bibliographystyle|bibliography|vspace|hspace)(?:\[[^\]]*\])?\{[^{}]*\}"
)
_REFERENCE = re.compile(r"\\(?:cite\w*|ref|eqref|pageref)(?:\[[^\]]*\])?\{([^{}]*)\}")
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\{(?!equation|align|gather|math|displaymath)[^{}]*\}(?:\[[^\]]*\])?")
_SPACING = re.compile(
    r"\\(?:maketitle|tableofcontents|centering|noindent|newpage|clearpage|par|bigskip|medskip|smallskip)\b"
)
_ESCAPED = re.compile(r"\\([%&#_${}])")


def convert(data: bytes, source: str) -> Converted:
    """Markdown of a LaTeX document's body; comments are hidden text. Raises MislabelledFile."""
    text = decoded(data, source)
    hidden = tuple(Hidden("comment", match[1]) for match in _COMMENT.finditer(text) if match[1].strip())
    text = _COMMENT.sub("", text)
    title = _TITLE.search(text)
    body = match[1] if (match := _BODY.search(text)) else text
    if title and "\\maketitle" in body:
        body = f"# {title[1]}\n\n{body}"
    body = _TABLE.sub(lambda match: f"\n\n{_table(match[2])}\n\n", body)
    body = _SECTION.sub(lambda match: f"\n\n{'#' * _LEVELS[match[1]]} {match[2]}\n\n", body)
    body = _REFERENCE.sub(r"[\1]", _DROPPED.sub("", body))
    while (kept := _KEPT.sub(r"\1", body)) != body:
        body = kept
    body = _ITEM.sub(lambda match: f"\n- {match[1] or ''}", body)
    body = _SPACING.sub("", _ENVIRONMENT.sub("\n", body))
    lines = (line.strip() if line.strip().startswith(("#", "|", "-")) else line for line in body.split("\n"))
    return Converted(_ESCAPED.sub(r"\1", "\n".join(lines)), title[1] if title else None, hidden=hidden)


def _table(body: str) -> str:
    rows = (row.split("&") for row in _RULES.sub("", body).replace("\n", " ").split("\\\\"))
    return markdown_table([[cell.strip() for cell in row] for row in rows])
