"""Can a reader see what they may not? Every kind of caller asks for every planted secret, also by naming its space.

Who may read a secret asks first, so that a cache holds the answer. A leak is the secret's word in whatever a caller
gets back: answer, citations, hits, error, or the trace of the answer. Keys and HTTP are tested in tests/integration.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from eval.checklist.lab import Lab, Off
from eval.checklist.states import Figure, Finding, PathName, State, count, share_of
from eval.target import Target
from service.core.answers import Caller
from service.core.app import App
from service.core.errors import RagreadyError


@dataclass(frozen=True)
class Secret:
    """A fact that only the readers of a space may know, and the word that gives it away."""

    space: str
    question: str
    word: str

    @property
    def page(self) -> str:
        """The page that holds the fact."""
        fact = self.question.removeprefix("What is ").removesuffix("?").capitalize()
        return f"# Notes of the {self.space} group\n\n{fact} is {self.word}.\n"


SECRETS = (
    Secret("board", "What is the name of the company that we plan to buy?", "Quarrowmere"),
    Secret("payroll", "What is the password of the salary archive?", "Hinterfluss"),
    Secret("legal", "What is the name of the witness in the harbour case?", "Tobelwick"),
    Secret("research", "What is the working title of the folding prototype?", "Zephandrel"),
)
OPEN = Secret("open", "What is the name of the canteen's cat?", "Mallowby")
READERS = {each.space: frozenset({each.space}) for each in SECRETS}


async def measure(lab: Lab, path: PathName, off: Off = frozenset()) -> Finding:
    """Plant the secrets and let everybody ask."""
    pages = {each.space: {"notes.md": each.page} for each in (*SECRETS, OPEN)}
    if path == "demo":
        with lab.demo(lab.corpus(pages)) as demo:
            leaks = [await _leaks(demo, each, None, None) for each in SECRETS]
            return _finding(leaks, None)
    # whether to decline is another line's question; here everybody gets an answer
    with lab.production(pages, off | {"abstention"}, readers=READERS) as production:
        app, target = production.app, production.target()
        known = [await _leaks(target, each, reader(app, each.space), app) for each in (*SECRETS, OPEN)]
        leaks = [await _leaks(target, each, asker, app) for each in SECRETS for asker in strangers(app, each.space)]
        return _finding(leaks, known)


async def null_control(lab: Lab) -> Finding:
    """One collection for everybody: the secrets leak."""
    return await measure(lab, "production", frozenset({"access"}))


def judged(leaks: Figure, known: Figure | None) -> State:
    """Pass: nobody is told what they may not know, and everybody what they may; the demo has no such caller."""
    return "pass" if leaks.value == 0 and (known is None or known.value == 1) else "fail"


def reader(app: App, *groups: str) -> Caller:
    """A caller of the installation's tenant with these groups."""
    return Caller(app.settings.tenant, f"reader-{'-'.join(groups) or 'none'}", "reader", frozenset(groups))


def strangers(app: App, space: str) -> list[Caller]:
    """Every kind of caller who may not read a space."""
    others = [each for each in READERS if each != space]
    return [
        reader(app),
        *(reader(app, each) for each in others),
        reader(app, *others),
        Caller(app.settings.tenant, "operator", "operator", frozenset()),
        Caller("another-tenant", "its-admin", "admin", frozenset({"*"})),
    ]


async def _leaks(target: Target, secret: Secret, asker: Caller | None, app: App | None) -> bool:
    """Whether a caller is told the secret, asking at large or naming the space."""
    got = [await _got(target, secret.question, spaces, asker, app) for spaces in (None, (secret.space,))]
    return any(secret.word.lower() in each.lower() for each in got)


async def _got(
    target: Target, question: str, spaces: Sequence[str] | None, asker: Caller | None, app: App | None
) -> str:
    """All that comes back, in one text."""
    try:
        seen = await target.ask(question, tuple(spaces) if spaces else None, asker)
    except RagreadyError as error:
        return str(error)
    trace = app.telemetry.traces.seen_by(asker, seen.trace_id) if app and asker and seen.trace_id else None
    return f"{seen!r} {trace!r}"


def _finding(leaks: Sequence[bool], known: Sequence[bool] | None) -> Finding:
    told = share_of(leaks)
    figures = {"secrets told to who may not know": told, "leaks": count(sum(leaks), len(leaks))}
    mine = share_of(known) if known is not None else None
    if mine is not None:
        figures["secrets told to who may"] = mine
    return Finding(judged(told, mine), figures)
