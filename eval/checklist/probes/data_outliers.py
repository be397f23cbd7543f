"""Does garbage get in? Noise made of sample pages is put beside them, and what is then in the index is looked up.

The pages are the sample corpus's own, in a space that takes English. Noise is a bad scan, encoded data, letters in
another order, filler, menus and notices, an empty file, a page in another language. Mojibake is left out: cleaning
mends it. The demo's collection is looked up in the same way.
"""

import random
from collections.abc import Mapping
from pathlib import Path

from eval.checklist.lab import Lab, Off
from eval.checklist.planted import write_corpus
from eval.checklist.states import Figure, Finding, PathName, State, share_of
from eval.noise import GARBLED, frame
from service.core.types import Policy

SPACE = "pages"
HELD, KEPT = 0.95, 0.99
# What samples/PLANTED.md says is no page in English.
_NO_PAGES = {"pika-manual-scan.md", "press-kit.md", "holiday-hours.md", "lieferung-deutschland.md"}
_MADE = {**{name: make for name, make in GARBLED.items() if name != "mojibake"}, "menus": frame}
_FOREIGN = {
    "german": "# Pflege der Kette\n\nDie Kette wird alle {number} Kilometer mit einem trockenen Tuch gereinigt und "
    "danach sparsam geölt. Überschüssiges Öl wird abgewischt, weil es sonst Staub bindet.\n",
    "spanish": "# Cuidado de la cadena\n\nLa cadena se limpia cada {number} kilómetros con un paño seco y después "
    "se engrasa con poco aceite. El aceite que sobra se quita, porque de otro modo recoge polvo.\n",
    "french": "# Entretien de la chaîne\n\nLa chaîne se nettoie tous les {number} kilomètres avec un chiffon sec, puis "
    "on la graisse légèrement. L'huile en trop est essuyée, sinon elle retient la poussière.\n",
    "dutch": "# Onderhoud van de ketting\n\nDe ketting wordt elke {number} kilometer met een droge doek schoon "
    "gemaakt en "
    "daarna dun geolied. Olie die blijft staan wordt afgeveegd, omdat er anders stof aan blijft plakken.\n",
}


async def measure(lab: Lab, path: PathName, off: Off = frozenset()) -> Finding:
    """Put noise beside real pages."""
    pages = real_pages(lab.suite.corpus, lab.few(60, 15), lab.seed)
    return _found(lab, path, off, pages, noise(pages, lab.few(6, 2), lab.seed))


async def null_control(lab: Lab) -> Finding:
    """Real pages in the place of noise: none of them may be held back."""
    pages = real_pages(lab.suite.corpus, lab.few(60, 20), lab.seed)
    half = len(pages) // 2
    real, taken_for_noise = dict(list(pages.items())[:half]), dict(list(pages.items())[half:])
    return _found(lab, "production", frozenset(), real, taken_for_noise)


def judged(held: Figure, kept: Figure) -> State:
    """Pass: at least 95% of the noise is kept out, and at least 99% of the real pages are in."""
    return "pass" if held.value >= HELD and kept.value >= KEPT else "fail"


def real_pages(corpus: Path, limit: int, seed: int) -> dict[str, str]:
    """At most `limit` Markdown pages of the sample corpus by file name, drawn with the seed."""
    every = sorted(path for path in corpus.rglob("*.md") if path.name not in _NO_PAGES)
    drawn = random.Random(seed).sample(every, min(limit, len(every)))  # noqa: S311  # no secret
    return {f"{path.parent.name}-{path.name}": path.read_text(encoding="utf-8") for path in drawn}


def noise(pages: Mapping[str, str], each: int, seed: int) -> dict[str, str]:
    """Files of noise by name: `each` of every kind, made of the pages."""
    draw = random.Random(seed)  # noqa: S311  # no secret
    texts = sorted(pages.values())
    made = {"empty": "", "blank": "\n \n\t\n"}
    for number in range(each):
        made |= {f"{kind}-{number}": make(draw.choice(texts)[:3_000], draw) for kind, make in _MADE.items()}
        made |= {f"{kind}-{number}": text.format(number=draw.randint(100, 900)) for kind, text in _FOREIGN.items()}
    return {f"{kind.replace(' ', '-')}.md": text for kind, text in made.items()}


def _found(lab: Lab, path: PathName, off: Off, pages: Mapping[str, str], noisy: Mapping[str, str]) -> Finding:
    if path == "demo":
        with lab.demo(lab.corpus({SPACE: {**pages, **noisy}})) as demo:
            rows = demo.demo.store.get(include=["metadatas"])["metadatas"]
        return _finding({str(row["source"]) for row in rows}, pages, noisy)
    with lab.production({SPACE: pages}, off) as production:
        records, tenant = production.app.records, production.app.settings.tenant
        records.set_policy(tenant, SPACE, Policy(languages=("en",)))
        write_corpus(production.corpus, {SPACE: noisy})
        production.ingest(expecting_problems=True)
        return _finding({each.source for each in records.documents(tenant, [SPACE])}, pages, noisy)


def _finding(sources: set[str], pages: Mapping[str, str], noisy: Mapping[str, str]) -> Finding:
    held = share_of(f"{SPACE}/{name}" not in sources for name in noisy)
    kept = share_of(f"{SPACE}/{name}" in sources for name in pages)
    let_in = sorted(name.removesuffix(".md") for name in noisy if f"{SPACE}/{name}" in sources)
    says = f"Let in: {', '.join(let_in[:6])}{' and others' if len(let_in) > 6 else ''}." if let_in else ""
    return Finding(judged(held, kept), {"noise held back": held, "real pages kept": kept}, says)
