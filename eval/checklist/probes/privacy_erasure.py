"""Can a person be forgotten, provably? People are planted, erased, and looked for in the bytes of every file.

Each person stands in three texts, in three spellings, one of which is held back; the probe searches the files by itself
and asks no store of the product. In the demo the person's pieces are deleted from its collection, which is all that it
offers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.checklist.lab import Lab, Off
from eval.checklist.states import Figure, Finding, PathName, State, count, share_of
from ingestion.erasure.erase import Erasure, erase
from ingestion.erasure.plan import Request
from ingestion.erasure.receipt import open_key, verified
from service.core.app import App
from service.core.errors import NothingToErase
from service.core.types import Quarantined

SPACE = "staff"
_FIRST = ("Ásta", "Björn", "Chloé", "Dagný", "Émile", "François", "Gísli", "Hélène", "Ítalo", "Jürgen", "Kıvanç", "Léa")
_LAST = ("Quarnhøj", "Veldström", "Ombrazié", "Tüftelwick", "Drövmark", "Zépharin", "Hjálmbru", "Wøldgaard")
BYSTANDER = "The ferry to the island leaves at nine and at noon from the eastern pier, and dogs travel for free."


@dataclass(frozen=True)
class Person:
    """Somebody invented, and the words that stand in their texts and nowhere else."""

    name: str
    number: int

    @property
    def words(self) -> tuple[str, ...]:
        """One for each text."""
        return tuple(f"{kind}{self.number:03d}wick" for kind in ("harrow", "tansy", "cobble"))

    @property
    def pages(self) -> dict[str, str]:
        """The texts that are ingested: the name as it is, and in capitals with its parts turned round."""
        first, last = self.name.split()
        about, at_work = self.words[:2]
        return {
            f"{self.number}-about.md": f"# About {self.name}\n\n{self.name} collects {about} stamps.\n",
            f"{self.number}-work.md": (
                f"# Hall {self.number}\n\nThe key of hall {self.number} is kept by {last.upper()}, {first.upper()}, "
                f"whose desk is the {at_work} one.\n"
            ),
        }

    @property
    def held(self) -> Quarantined:
        """The text that is held back."""
        text = f"Minutes of meeting {self.number}: {self.name.lower()} brought the {self.words[2]} cake."
        source = f"{SPACE}/{self.number}-minutes.md"
        return Quarantined(SPACE, source, f"{self.number:064d}", "garbled-text", "planted", title="Minutes", text=text)


async def measure(lab: Lab, path: PathName, off: Off = frozenset()) -> Finding:
    """Plant people, erase each of them, search the disk."""
    planted = people(lab.few(12, 4))
    pages = {SPACE: {"boats.md": f"# Boats\n\n{BYSTANDER}\n", **_pages(planted)}}
    if path == "demo":
        return _demo(lab, planted, pages)
    # what the gates and the search for copies make of short pages is other lines' question
    with lab.production(pages, off | {"quality-gates", "deduplication"}) as production:
        for each in planted:
            production.app.records.quarantine.hold(production.app.settings.tenant, each.held)
        folder = production.app.settings.data_folder
        _check_planted(folder, [word for each in planted for word in each.words])
        for each in planted:
            await production.target().ask(f"What does {each.name} collect?", (SPACE,))
        return _finding(folder, planted, [erased(production.app, each) for each in planted], production.app)


async def null_control(lab: Lab) -> Finding:
    """People whom no text mentions are erased: nothing of them is on the disk, and there must be no receipt of it."""
    pages = {SPACE: {"boats.md": f"# Boats\n\n{BYSTANDER}\n"}}
    strangers = people(lab.few(12, 4))
    with lab.production(pages) as production:
        done = [erased(production.app, each) for each in strangers]
        return _finding(production.app.settings.data_folder, strangers, done, production.app)


def judged(left: Figure, proved: Figure, kept: bool) -> State:
    """Pass: no planted text is left, every erasure has a receipt that is valid and complete, and other texts stay."""
    return "pass" if left.value == 0 and proved.value == 1 and kept else "fail"


def people(number: int) -> list[Person]:
    """People of different names."""
    names = [f"{first} {last}" for last in _LAST for first in _FIRST]
    return [Person(name, place) for place, name in enumerate(names[:number])]


def erased(app: App, each: Person) -> Erasure | None:
    """What an erasure gives; None where the product says that there is nothing to erase."""
    try:
        return erase(app, Request("person", (each.name,), "ragready check"))
    except NothingToErase:
        return None


def _finding(folder: Path, planted: Sequence[Person], done: Sequence[Erasure | None], app: App) -> Finding:
    words = [word for each in planted for word in each.words]
    left = share_of(on_disk(folder, words))
    [kept] = on_disk(folder, [BYSTANDER])
    proved = share_of(_is_proof(each, app) for each in done)
    figures = {"planted texts left on disk": left, "erasures with a valid and complete receipt": proved}
    lines = [
        line for each in done if each and each.receipt for line in each.receipt.stores if line.state != "unsupported"
    ]
    if lines:
        figures["stores read back"] = share_of(line.state in {"searched", "reported"} for line in lines)
        figures["found before, in all stores"] = count(sum(line.found for line in lines), len(lines))
    return Finding(judged(left, proved, kept), figures)


def _demo(lab: Lab, planted: Sequence[Person], pages: dict[str, dict[str, str]]) -> Finding:
    corpus = lab.corpus(pages)
    before = set(lab.scratch.glob("demo-*"))
    with lab.demo(corpus) as target:
        [folder] = set(lab.scratch.glob("demo-*")) - before
        words = [word for each in planted for word in each.words[:2]]
        _check_planted(folder, words)
        store = target.demo.store
        kept = store.get(include=["metadatas"])
        gone = {f"{SPACE}/{name}" for name in _pages(planted)}
        sources = [str(each["source"]) for each in kept["metadatas"]]
        store.delete([each for each, source in zip(kept["ids"], sources, strict=True) if source in gone])
    left = share_of(on_disk(folder, words))
    return Finding(
        "fail",
        {"planted texts left on disk": left},
        "Deleted pieces stay in the files of the collection, and nothing tells that they are gone."
        if left.value
        else "Nothing tells that the pieces are gone.",
    )


def _is_proof(done: Erasure | None, app: App) -> bool:
    if done is None or done.receipt is None:
        return False
    return done.receipt.complete and verified(done.signed, open_key(app.settings.data_folder).public_pem) == "valid"


def on_disk(folder: Path, words: Sequence[str]) -> list[bool]:
    """For each word, whether it stands in the bytes of a file below a folder."""
    data = [each.read_bytes() for each in _files(folder)]
    return [any(word.encode() in each for each in data) for word in words]


def _files(folder: Path) -> Iterator[Path]:
    yield from (
        each for each in folder.rglob("*") if each.is_file() and "encoder" not in each.relative_to(folder).parts
    )


def _pages(planted: Sequence[Person]) -> dict[str, str]:
    return {name: text for each in planted for name, text in each.pages.items()}


def _check_planted(folder: Path, words: Sequence[str]) -> None:
    """Raise RuntimeError unless every word is on the disk: what was never there cannot be erased."""
    missing = [word for word, there in zip(words, on_disk(folder, words), strict=True) if not there]
    if missing:
        raise RuntimeError(f"planted texts are not on the disk before the erasure: {', '.join(missing)}")
