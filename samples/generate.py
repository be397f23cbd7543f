"""Renders samples/sources/<space>/*.md with samples/facts.toml into samples/corpus/<space>/.

    python samples/generate.py            writes the corpus
    python samples/generate.py --check    exits 1 and names the files that differ from what is there

A source is a jinja2 template (undefined names are errors): YAML front matter, then a Markdown body. Every table of
facts.toml is a name in the template: {{ models.tarnx.price | euro }}, {{ lease.notice_months }}, {% for e in errors %}.
Filters: `euro` (1899 -> "€ 1,899", 2.4 -> "€ 2.40"), `number` (46000 -> "46,000"). The front matter is rendered too.

Front matter, all formats:
    title     required; becomes the first-level heading (not in csv, xlsx, eml, raw), so bodies start at "##"
    format    required: md, html, pdf, docx, csv, xlsx, eml, raw or copy
    file      optional name of the output; default: the source's stem with the format as ending
    heading   optional; false leaves the title heading out
By format:
    md        emit: a mapping which is written as the page's own front matter (owner, updated, supersedes, ...)
    html      nav: false leaves out navigation, cookie note and footer; lang: the page's language; raw HTML is kept
    pdf       hidden_layer: text drawn invisibly (render mode 3) on the first page
    xlsx      each "## Name" opens a sheet; tables and paragraphs become rows; cells of digits become numbers
    csv       only the tables of the body are written; delimiter: default ","
    eml       from, to, cc, date, reply-to, subject (default: title); the body is the plain text, headings and all
    raw       text: the exact content (default: the body); `file` is required
    copy      of: "<space>/<file>" of the corpus, copied byte for byte
Tables are Markdown pipe tables. In a jinja loop over table rows write {%- for %} so that no line stays blank.
This script does not judge the pages: which are planted stands in PLANTED.md.
"""

import argparse
import sys
import tomllib
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import yaml
from jinja2 import Environment, StrictUndefined
from writers import office, pdf, text, web
from writers.page import Page

HERE = Path(__file__).resolve().parent
SOURCES, CORPUS, FACTS = HERE / "sources", HERE / "corpus", HERE / "facts.toml"
WRITERS: Mapping[str, Callable[[Page], bytes]] = {
    "md": text.markdown,
    "raw": text.raw,
    "eml": text.mail,
    "html": web.html,
    "pdf": pdf.pdf,
    "docx": office.docx,
    "xlsx": office.xlsx,
    "csv": office.comma_separated,
}


def euro(amount: float) -> str:
    """An amount as the pages print it; cents only where there are some."""
    return f"€ {amount:,.0f}" if float(amount).is_integer() else f"€ {amount:,.2f}"


def number(value: float) -> str:
    """A number with commas between the thousands."""
    return f"{value:,}"


def environment() -> Environment:
    """The template language with our two filters; an unknown name stops the run."""
    # The templates are Markdown and the facts are ours: nothing to escape.
    made = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701
    made.filters["euro"] = euro
    made.filters["number"] = number
    return made


def read_page(source: Path, templates: Environment, facts: Mapping[str, object]) -> Page:
    """The page of one source with its placeholders filled; ValueError names a source without front matter or title."""
    rendered = templates.from_string(source.read_text(encoding="utf-8")).render(facts)
    if not rendered.startswith("---\n"):
        raise ValueError(f"{source}: no front matter")
    head, _, body = rendered[4:].partition("\n---\n")
    options = yaml.safe_load(head)
    if not isinstance(options, dict) or not {"title", "format"} <= options.keys():
        raise ValueError(f"{source}: front matter needs title and format")
    return Page(str(options["title"]), body.strip("\n") + "\n", {**options, "stem": source.stem})


def render_all() -> dict[str, bytes]:
    """The whole corpus in memory: "<space>/<file>" to bytes. Two sources with one output raise ValueError."""
    facts = tomllib.loads(FACTS.read_text(encoding="utf-8"))
    templates = environment()
    files: dict[str, bytes] = {}
    copies: dict[str, str] = {}
    for source in sorted(SOURCES.glob("*/*.md")):
        page = read_page(source, templates, facts)
        kind = page.text_option("format")
        name = f"{source.parent.name}/{page.text_option('file', f'{source.stem}.{kind}')}"
        if name in files or name in copies:
            raise ValueError(f"{source}: {name} is written by another source too")
        if kind == "copy":
            copies[name] = page.text_option("of")
        else:
            files[name] = WRITERS[kind](page)
    return files | {name: files[original] for name, original in copies.items()}


def content(name: str, data: bytes) -> object:
    """What counts as equal: the members of an Office file (compression may differ), else the bytes."""
    if not name.endswith((".docx", ".xlsx")):
        return data
    with ZipFile(BytesIO(data)) as archive:
        return {member: archive.read(member) for member in archive.namelist()}


def differing(files: Mapping[str, bytes]) -> list[str]:
    """The names which are missing, left over or different in the corpus folder."""
    there = {path.relative_to(CORPUS).as_posix(): path for path in CORPUS.glob("*/*") if path.is_file()}
    odd = set(files) ^ set(there)
    odd |= {
        name
        for name in set(files) & set(there)
        if content(name, files[name]) != content(name, there[name].read_bytes())
    }
    return sorted(odd)


def write(files: Mapping[str, bytes]) -> None:
    """Writes what differs and removes what no source makes any more."""
    for name in differing(files):
        target = CORPUS / name
        if name not in files:
            target.unlink()
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(files[name])


def main() -> int:
    """Writes or checks; returns the exit status."""
    parser = argparse.ArgumentParser(description="Renders the sample corpus.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the corpus is out of date")
    arguments = parser.parse_args()
    files = render_all()
    if not arguments.check:
        write(files)
        print(f"{len(files)} documents")
        return 0
    odd = differing(files)
    print("\n".join(odd) if odd else f"{len(files)} documents, all as committed")
    return 1 if odd else 0


if __name__ == "__main__":
    sys.exit(main())
