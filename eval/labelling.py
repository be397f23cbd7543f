"""Labels cases in the terminal, one after the other: a key each, on disk before the next one is shown.

It may be stopped at any moment and goes on with the first case that has no label. A person sees nobody else's labels,
but for who adjudicates. The same steps are behind the page of eval.label_page.
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import click
from rich.markup import escape
from rich.panel import Panel

from eval.agreement import agreement
from eval.labels import ADJUDICATED, KEYS, Judgement, annotators, keep, labels_of
from eval.new_suite import GUIDELINE
from eval.suite import Case, read_utf8
from ingestion.load import load
from ingestion.sources import SourceFile
from service.core.errors import DocumentProblem
from service.terminal import out

_AROUND_CHARACTERS = 300
_MAX_BYTES = 50 * 2**20
Keys = Callable[[], str]


@dataclass
class Session:
    """One person's labelling of some cases. With `by` set, disagreements of others are decided in that name."""

    suite: Path
    cases: Sequence[Case]
    annotator: str
    by: str = ""
    notes: dict[str, str] = field(default_factory=dict)

    def pending(self) -> list[Case]:
        """The cases that this person has still to label, in order."""
        done = labels_of(self.suite, self.annotator, self.cases)
        return [case for case in self.cases if case.id not in done]

    def keep(self, case: Case, judgement: Judgement, note: str = "") -> None:
        """Put a label on disk. Raises StorageFull."""
        keep(self.suite, self.annotator, case, judgement, note, self.by)

    def others(self, case: Case) -> Mapping[str, str]:
        """What each annotator said, for who adjudicates; nothing for an annotator."""
        if not self.by:
            return {}
        found = {name: labels_of(self.suite, name, [case]).get(case.id) for name in annotators(self.suite)}
        return {name: f"{each.label} {each.note}".strip() for name, each in found.items() if each}


def session_of(suite: Path, cases: Sequence[Case], annotator: str, *, adjudicate: bool = False) -> Session:
    """A session: an annotator's on all cases, or an adjudicator's on those that annotators differ on."""
    if not adjudicate:
        return Session(suite, cases, annotator)
    differ = {each.case for each in agreement(suite, cases).disagreements}
    return Session(suite, [case for case in cases if case.id in differ], ADJUDICATED, by=annotator)


def guideline(suite: Path) -> str:
    """The suite's guideline; that of new suites where it has none."""
    path = suite / GUIDELINE
    return read_utf8(path) if path.is_file() else new_guideline()


def new_guideline() -> str:
    """The guideline that a new suite gets."""
    return resources.files("eval").joinpath(GUIDELINE).read_text(encoding="utf-8")


def passage(corpus: Path, case: Case) -> str:
    """The text around a case's first quote, to judge it by; why there is none, where there is none."""
    if not case.relevant:
        return "No quote: look whether the documents answer it."
    document, quote = case.relevant[0]
    try:
        text = load(SourceFile(corpus / document, document), _MAX_BYTES).documents[0].text
    except DocumentProblem as error:
        return f"{document} cannot be read: {error.code}."
    words = [re.escape(word) for word in quote.split()]
    found = re.search(r"[\s*_`|]+".join(words), text, re.IGNORECASE)
    start, end = found.span() if found else (0, 0)
    return text[max(0, start - _AROUND_CHARACTERS) : end + _AROUND_CHARACTERS].strip()


def label_in_terminal(session: Session, corpus: Path, keys: Keys) -> int:
    """Show case after case until all are labelled, the person quits or presses Ctrl-C; how many got a label."""
    out.print(Panel(escape(guideline(session.suite)), title="guideline", border_style="dim"))
    done = 0
    with_labels = iter(_asked(session, corpus, keys))
    try:
        for case, judgement in with_labels:
            session.keep(case, judgement, session.notes.pop(case.id, ""))
            done += 1
    except (KeyboardInterrupt, EOFError, click.Abort):  # what was labelled is on disk
        out.print()
    return done


def terminal_keys() -> str:
    """The next key: at once on a terminal, else the next character of standard input that is no blank."""
    if sys.stdin.isatty():
        return click.getchar()
    while (character := sys.stdin.read(1)).isspace():
        pass
    if not character:
        raise EOFError
    return character


def _asked(session: Session, corpus: Path, keys: Keys) -> Iterator[tuple[Case, Judgement]]:
    pending = session.pending()
    for number, case in enumerate(pending, 1):
        out.print(_shown(session, case, f"{number} of {len(pending)}", passage(corpus, case)))
        choices = ", ".join(f"{key} {label}" for key, label in KEYS.items())
        while True:
            out.print(f"[dim]{choices}; t note, g guideline, s skip, q quit[/]")
            key = keys().lower()
            if key in KEYS:
                yield case, KEYS[key]
                break
            if key == "q":
                return
            if key == "s":
                break
            if key == "t":
                session.notes[case.id] = input("note: ")
            elif key == "g":
                out.print(escape(guideline(session.suite)))


def _shown(session: Session, case: Case, place: str, context: str) -> Panel:
    lines = [
        f"[bold]{escape(case.question)}[/]",
        f"spaces {', '.join(case.spaces)}; marked as {'answerable' if case.answerable else 'not answerable'}",
    ]
    lines += [f"answer: {escape(' / '.join(part))}" for part in case.parts]
    lines += [f"quote: {escape(quote)} [dim]{escape(document)}[/]" for document, quote in case.relevant]
    lines += [f"\n[dim]{escape(context)}[/]"]
    lines += [f"[yellow]{escape(name)}: {escape(text)}[/]" for name, text in session.others(case).items()]
    return Panel("\n".join(lines), title=f"{escape(case.id)}, {place}")
