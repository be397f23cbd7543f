"""Is personal data in the index? Documents that hold it are ingested into four spaces, one for each policy.

Then every store is read back: records, chunks, vectors, quarantine, and the files of the data folder, lexical rows in
them. Each value is planted once: in prose, a table, a web page, titles and names of files. Names and places are not
planted: patterns do not find them.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from eval.checklist.invented import lookalikes, values
from eval.checklist.lab import Lab, Off
from eval.checklist.states import Figure, Finding, PathName, State, share_of
from ingestion.worker import ingest_spaces
from service.bootstrap import open_app
from service.core.app import App
from service.core.types import PersonalPolicy

if TYPE_CHECKING:
    from eval.demo_target import DemoTarget

POLICIES: Sequence[PersonalPolicy] = get_args(PersonalPolicy)
FOUND, LEFT_ALONE = 0.95, 0.99
# The documents are alike and short, which is other lines' question.
_OTHERS: Off = frozenset({"quality-gates", "deduplication", "supersession"})
_FORMS = ("page.md", "list.csv", "page.html", "note.txt")


@dataclass(frozen=True)
class Page:
    """A document in the space of a policy: values by type, and a word that has to stay."""

    policy: PersonalPolicy
    name: str
    held: Mapping[str, str]
    ordinary: Mapping[str, str]
    word: str

    @property
    def text(self) -> str:
        """The document in the form that its name tells."""
        held, told = self.held, ", ".join(self.ordinary.values())
        if self.name.endswith(".csv"):
            head = "mail,account,card,telephone,address,shelf,remarks"
            row = ",".join(f'"{each}"' for each in held.values())
            return f'{head}\n{row},{self.word},"{told}"\n'
        lines = [
            f"Ticket of {held['EMAIL_ADDRESS']}",
            f"Paid with card {held['CREDIT_CARD']}. Pay back to {held['IBAN_CODE']}, please.",
            f"Call back on {held['PHONE_NUMBER']}. Seen from {held['IP_ADDRESS']} last night.",
            f"The parcel waits on shelf {self.word}. Remarks: {told}.",
        ]
        if self.name.endswith(".html"):
            return f"<h1>{lines[0]}</h1>" + "".join(f"<p>{each}</p>" for each in lines[1:])
        return "\n\n".join([f"# {lines[0]}", *lines[1:]]) + "\n"


@dataclass(frozen=True)
class Stored:
    """All that a system keeps, as plain text: of each space its index, chunks and quarantine; and every file."""

    indexed: Mapping[str, str]
    chunks: Mapping[str, str]
    held: Mapping[str, str]
    files: str


async def measure(lab: Lab, path: PathName, off: Off = frozenset()) -> Finding:
    """Plant documents with personal data and read every store back."""
    return _found(lab, path, off, pages(lab.few(24, 4), lab.seed))


async def null_control(lab: Lab) -> Finding:
    """Documents without personal data, in its place what only looks like it: nothing may be found."""
    return _found(lab, "production", frozenset(), pages(lab.few(24, 4), lab.seed, harmless=True))


def judged(found: Mapping[str, Figure], obeyed: Mapping[str, Figure], left_alone: Figure) -> State:
    """Pass: 95% of each type found, every document treated as its policy says, and 99% of the rest left alone."""
    recall = all(each.value >= FOUND for each in found.values())
    return (
        "pass"
        if recall and all(each.value == 1 for each in obeyed.values()) and left_alone.value >= LEFT_ALONE
        else "fail"
    )


def pages(each: int, seed: int, *, harmless: bool = False) -> list[Page]:
    """So many documents for each policy; harmless ones hold nothing personal. Every fourth has a mail in its name."""
    draw = random.Random(seed)  # noqa: S311  # no secret
    made: list[Page] = []
    used: set[str] = set()
    for policy in POLICIES:
        for number in range(each):
            held = lookalikes(draw) if harmless else _unused(draw, used)
            form = _FORMS[number % len(_FORMS)]
            named = f"{number}-{held['EMAIL_ADDRESS']}-{form}" if form == "note.txt" else f"{number}-{form}"
            word = "".join(draw.choices("bdfgklmnprstvz", k=8))
            made.append(Page(policy, named, held, lookalikes(draw), word))
    return made


def _unused(draw: random.Random, used: set[str]) -> Mapping[str, str]:
    """Values that no other document holds: some of the reserved ranges are small."""
    while used & set((made := values(draw)).values()):
        pass
    used.update(made.values())
    return made


def _found(lab: Lab, path: PathName, off: Off, planted: Sequence[Page]) -> Finding:
    spaces: dict[str, dict[str, str]] = {}
    for each in planted:
        spaces.setdefault(each.policy, {})[each.name] = each.text
    corpus = lab.corpus(spaces)
    if path == "demo":
        with lab.demo(corpus) as demo:
            return _of_demo(demo, planted)
    tables = [f'[{policy}]\npersonal = "{policy}"\n' for policy in POLICIES]
    (corpus / "spaces.toml").write_text("\n".join(tables), encoding="utf-8")
    folder = lab.folder()
    with open_app(lab.adapted(folder, off | _OTHERS), holder="ragready check", writes=True) as app:
        for _ in ingest_spaces(app, corpus):
            pass
        stored = _stored(app)
    return _finding(stored, planted)


def _of_demo(demo: "DemoTarget", planted: Sequence[Page]) -> Finding:
    kept = demo.demo.store.get()
    text = _plain(repr(kept["documents"]) + repr(kept["metadatas"]))
    figures = {
        "values that are not in the index": share_of(_plain(v) not in text for p in planted for v in p.held.values())
    }
    state: State = "pass" if figures["values that are not in the index"].value == 1 else "fail"
    return Finding(state, figures)


def _stored(app: App) -> Stored:
    indexed, texts, held = {}, {}, {}
    for space in app.records.spaces(app.settings.tenant):
        documents = [
            app.records.document(space.tenant, each.id) for each in app.records.documents(space.tenant, [space.name])
        ]
        ids = app.records.chunk_ids(space.index)
        if app.vectors.ids(space.index) != ids:
            raise RuntimeError(f"vectors and records of {space.name} disagree, so nothing can be told of them")
        chunks = app.records.chunks([space.index], sorted(ids))
        indexed[space.name] = _plain(repr(documents) + repr([each.chunk for each in chunks.values()]))
        texts[space.name] = _plain(" ".join(each.text for each in chunks.values()))
        kept = app.records.quarantine.of(space.tenant, [space.name])
        held[space.name] = _plain(repr([app.records.quarantine.get(space.tenant, each.id) for each in kept]))
    files = (each.read_bytes() for each in app.settings.data_folder.rglob("*") if each.is_file())
    return Stored(indexed, texts, held, _plain(b" ".join(files).decode(errors="replace")))


def _finding(stored: Stored, planted: Sequence[Page]) -> Finding:
    found: dict[str, list[bool]] = {}
    obeyed: dict[str, list[bool]] = {}
    left: list[bool] = []
    for page in planted:
        indexed, held = stored.indexed[page.policy], stored.held[page.policy]
        waits = page.policy == "quarantine"
        for type_, value in page.held.items():
            if page.policy in {"mask", "drop"}:
                found.setdefault(type_, []).append(_plain(value) not in stored.files)
        obeyed.setdefault(page.policy, []).append(_obeyed(page, indexed, stored.chunks[page.policy], held))
        if not waits:
            left += [_plain(each) in indexed for each in (*page.ordinary.values(), page.word)]
    recall = {f"found: {type_}": share_of(seen) for type_, seen in sorted(found.items())}
    policies = {f"documents treated as {name} says": share_of(seen) for name, seen in obeyed.items()}
    figures = {**recall, **policies, "ordinary values left alone": share_of(left)}
    return Finding(judged(recall, policies, figures["ordinary values left alone"]), figures)


def _obeyed(page: Page, indexed: str, chunks: str, held: str) -> bool:
    """Whether a document is where its policy says, with placeholders where it says so; values are another figure."""
    there, waits = page.word in indexed, page.word in held
    if page.policy == "quarantine":
        return waits and not there
    placed = [_plain(f"<{type_}>") in chunks for type_ in page.held]
    kept = [_plain(each) in indexed for each in page.held.values()]
    wanted = {"keep": all(kept) and not any(placed), "mask": all(placed), "drop": not any(placed) and not any(kept)}
    return there and not waits and wanted[page.policy]


def _plain(text: str) -> str:
    return "".join(text.split()).lower()
