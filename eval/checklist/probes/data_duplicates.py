"""Do copies crowd out the answer? Planted copies must stay out of the hits, pages that only look alike must stay in.

A copy that says nothing else costs no room in the index either; one with a sentence of its own is left out of the hits.
Each topic is a space of its own with a page, an exact copy, a near one, one with a sentence of its own, and pages that
are none: a sibling that differs in its figures, and three with other things to say. A question has a place for each
of them. The demo has four places and one collection, so neither pages that stay in nor the room that copies take are
measured there.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace

from eval.checklist.lab import Lab, Off
from eval.checklist.planted import Planted, Spaces
from eval.checklist.states import Figure, Finding, PathName, State, share_of
from eval.target import Target

COPIES = ("exact.md", "near.md", "own.md")
DISTINCT = ("sibling.md", "returns.md", "fitting.md", "storage.md")
FOUND, KEPT = 0.95, 0.99
_MAKERS = ("Vesper", "Alder", "Quill", "Harrow", "Tansy", "Bracken", "Merlin", "Cobble", "Sorrel", "Linnet")
_THINGS = ("pump", "lantern", "kettle", "loom", "press")
_CARE = "Never use solvents, and let every part dry in the open air before it is put together. "
_LOST = "Who has lost the brush asks the caretaker in the hall for one, or comes by later. "


@dataclass(frozen=True)
class Seen:
    """Whether each copy stayed out of the hits, whether each distinct page stayed in, whether each hit is a copy.

    `indexed` tells of pages with equal texts whether each but one of them takes room in the index.
    """

    out: tuple[bool, ...]
    kept: tuple[bool, ...]
    places: tuple[bool, ...]
    indexed: tuple[bool, ...] = ()


async def measure(lab: Lab, path: PathName, off: Off = frozenset()) -> Finding:
    """Plant the topics and ask about each."""
    return await _found(lab, path, off, planted(lab.few(40, 8), lab.seed))


async def null_control(lab: Lab) -> Finding:
    """Pages of the same words in another order in place of the copies: they are none, so none may be found."""
    return await _found(lab, "production", frozenset(), shuffled(planted(lab.few(40, 8), lab.seed), lab.seed))


def judged(found: Figure, kept: Figure | None, indexed: Figure | None = None) -> State:
    """Pass: at least 95% of the copies are found, of equal ones in the index too, and 99% of distinct pages kept.

    What is not measured is not judged.
    """
    enough = found.value >= FOUND and (kept is None or kept.value >= KEPT)
    return "pass" if enough and (indexed is None or indexed.value <= 1 - FOUND) else "fail"


def planted(topics: int, seed: int) -> Spaces:
    """Pages by name by topic."""
    names = [f"{maker} {thing}" for maker in _MAKERS for thing in _THINGS]
    draw = random.Random(seed)  # noqa: S311  # no secret
    return {name.lower().replace(" ", "-"): _pages(name, draw) for name in names[:topics]}


def shuffled(spaces: Spaces, seed: int) -> Spaces:
    """The same pages; what was a copy has its words in another order."""
    draw = random.Random(seed)  # noqa: S311  # no secret
    return {
        space: {name: _in_disorder(text, draw) if name in COPIES else text for name, text in pages.items()}
        for space, pages in spaces.items()
    }


async def _found(lab: Lab, path: PathName, off: Off, spaces: Spaces) -> Finding:
    if path == "demo":
        with lab.demo(lab.corpus(spaces)) as demo:
            return _finding([await _asked(demo, space) for space in spaces], whole=False)
    with lab.production(spaces, off) as production:
        seen = [await _asked(production.target(), space) for space in spaces]
        rooms = [_indexed(production, space) for space in spaces]
        return _finding([replace(each, indexed=room) for each, room in zip(seen, rooms, strict=True)], whole=True)


async def _asked(target: Target, space: str) -> Seen:
    seen = await target.ask(f"What does the manual say about cleaning the {space.replace('-', ' ')}?", (space,))
    hits = [each.source.removeprefix(f"{space}/") for each in seen.hits]
    copies = {*COPIES, "page.md"}
    first = next((each for each in hits if each in copies), None)
    return Seen(
        out=tuple(name not in hits for name in sorted(copies - {first or "page.md"})),
        kept=tuple(name in hits for name in DISTINCT),
        places=tuple(each in copies and each != first for each in hits),
    )


def _indexed(production: Planted, space: str) -> tuple[bool, ...]:
    """Whether the page and its exact copy both take room in the index."""
    documents = production.app.records.documents(production.app.settings.tenant, [space])
    sizes = {each.source.removeprefix(f"{space}/"): each.chunks for each in documents}
    return (all(sizes.get(each, 0) > 0 for each in ("page.md", "exact.md")),)


def _finding(seen: Iterable[Seen], whole: bool) -> Finding:
    asked = list(seen)
    figures = {
        "copies found": share_of(each for topic in asked for each in topic.out),
        "places taken by copies": share_of(each for topic in asked for each in topic.places),
    }
    if not whole:
        return Finding(judged(figures["copies found"], None), figures)
    figures["distinct pages kept"] = share_of(each for topic in asked for each in topic.kept)
    figures["equal pages indexed twice"] = share_of(each for topic in asked for each in topic.indexed)
    state = judged(figures["copies found"], figures["distinct pages kept"], figures["equal pages indexed twice"])
    return Finding(state, figures)


def _pages(name: str, draw: random.Random) -> dict[str, str]:
    page = _manual(name, draw)
    opening, _, rest = page.partition("\n\n")
    sibling = _manual(f"{name} Duo", draw)
    return {
        "page.md": page,
        "exact.md": page,
        "near.md": f"{opening} (copy)\n\nPlease note: {rest.replace('careful', 'patient')}",
        "own.md": page.replace(_CARE, _LOST),
        "sibling.md": sibling,
        "returns.md": (
            f"# Sending back a {name}\n\nA {name} that was never used may be sent back within {draw.randint(10, 60)} "
            "days. The money arrives on the account that it came from; the parcel is paid for by the workshop.\n"
        ),
        "fitting.md": (
            f"# Fitting a {name}\n\nBefore the {name} is fitted, switch off the mains. Two people lift it onto the "
            f"bracket, and the four bolts are tightened to {draw.randint(8, 40)} newton metres, crosswise.\n"
        ),
        "storage.md": (
            f"# Keeping a {name} over winter\n\nEmpty the {name}, leave its lid open, and cover it with a cloth. A "
            f"cellar above {draw.randint(2, 9)} degrees is dry enough; a garden shed is not.\n"
        ),
    }


def _manual(name: str, draw: random.Random) -> str:
    return (
        f"# Cleaning the {name}\n\nThe {name} is cleaned every {draw.randint(3, 30)} days with lukewarm water and a "
        f"soft brush. Be careful with the seal at the bottom: it holds for about {draw.randint(100, 900)} cleanings. "
        f"It is then replaced. {_CARE}"
        f"The workshop cleans a {name} for {draw.randint(20, 90)} euros, pick-up included.\n"
    )


def _in_disorder(text: str, draw: random.Random) -> str:
    title, _, rest = text.partition("\n\n")
    words = rest.split()
    draw.shuffle(words)
    return f"{title}\n\n{' '.join(words)}\n"
