"""Facts in invented words, one a space, and a walk that asks for each as every kind of caller and returns what leaked.

The walk decides by its own table who may read what, and asks the code under test for nothing but answers.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import httpx
from fastapi.testclient import TestClient

from ingestion import pipeline as ingestion
from service.api.app import create_api
from service.core.answers import Role
from service.core.app import App
from service.core.names import document_id


@dataclass(frozen=True)
class Fact:
    """A fact of one space: words that stand in the file's name, in the title and in the text, and nowhere else."""

    tenant: str
    space: str
    readers: frozenset[str]
    file: str
    title: str
    word: str

    @property
    def words(self) -> tuple[str, ...]:
        """What must not reach who may not read it."""
        return (self.file, self.title, self.word)

    def question(self, beginning: str) -> str:
        """A question that holds none of these words."""
        return f"{beginning} the password of the {self.space} of the house {self.tenant}?"

    @property
    def document(self) -> str:
        """Id of the document."""
        return document_id(self.tenant, self.space, f"{self.space}/{self.file}.md")


FACTS = (
    Fact("north", "lobby", frozenset({"everyone"}), "drelvin", "Ombratch", "quassifol"),
    Fact("north", "staff", frozenset({"hr"}), "thurbock", "Wexlimon", "yubratine"),
    Fact("north", "vault", frozenset({"finance", "board"}), "splorvex", "Kimbrulat", "zentroph"),
    Fact("south", "lobby", frozenset({"everyone"}), "gralpine", "Hovertisk", "malquend"),
    Fact("south", "staff", frozenset({"hr"}), "fennokit", "Jastrobel", "pluvendor"),
    Fact("south", "vault", frozenset({"finance", "board"}), "crimbold", "Natrevic", "vorshaket"),
)
TENANTS = ("north", "south")


@dataclass(frozen=True)
class Asker:
    """Who asks: `tenant` None has no key that holds."""

    name: str
    key: str | None
    tenant: str | None = None
    groups: frozenset[str] = frozenset()

    def may_read(self, fact: Fact) -> bool:
        """By this file's own rule, not by that of the code under test."""
        if self.tenant != fact.tenant:
            return False
        return "*" in self.groups or "everyone" in fact.readers or bool(self.groups & fact.readers)


@dataclass(frozen=True)
class Leak:
    """A planted word that reached somebody who may not read it, and where it stood."""

    asker: str
    where: str
    word: str


@dataclass(frozen=True)
class Walk:
    """What leaked, and the facts that reached who may read them: a walk that finds nothing proves nothing."""

    leaks: tuple[Leak, ...]
    found: frozenset[Fact]


def plant(app: App, folder: Path) -> None:
    """Write each fact into its space of its tenant."""
    for fact in FACTS:
        corpus = folder / fact.tenant / fact.space
        corpus.mkdir(parents=True)
        (corpus / f"{fact.file}.md").write_text(
            f"# {fact.title}\n\nThe password of the {fact.space} of the house {fact.tenant} is {fact.word}.\n"
        )
        ingestion.run(_of_tenant(app, fact.tenant), [corpus], fact.space, readers=fact.readers)


def walk(app: App, stored: Callable[[], Mapping[str, bytes]] = dict) -> Walk:
    """Ask for every fact as every kind of caller, at both tenants' services, which share every store.

    The first round goes from strangers to admins; the second goes back with questions that nobody asked before, so that
    everybody asks what somebody who may read more has asked. `stored` tells at the end what the cache then holds.
    """
    leaks: list[Leak] = []
    found: set[Fact] = set()
    askers = list(_askers(app))
    apis = {each: create_api(_of_tenant(app, each), _settings_key(each)) for each in TENANTS}
    with TestClient(apis["north"]) as north, TestClient(apis["south"]) as south:
        rounds = ((asker, "What is") for asker in askers), ((asker, "Who knows what is") for asker in askers[::-1])
        for asker, beginning in chain(*rounds):
            for tenant, client in (("north", north), ("south", south)):
                for where, fact, word in _words_seen(client, asker, beginning):
                    if asker.may_read(fact) and fact.tenant == tenant and where != "/metrics":
                        found.add(fact)
                    else:
                        leaks.append(Leak(asker.name, f"{tenant} {where}", word))
    return Walk((*leaks, *_leaks_of_cache(askers, stored())), frozenset(found))


def _of_tenant(app: App, tenant: str) -> App:
    return replace(app, settings=app.settings.model_copy(update={"tenant": tenant}))


def _settings_key(tenant: str) -> str:
    return f"the-key-of-the-settings-of-{tenant}"


def _askers(app: App) -> Iterator[Asker]:
    """From those who may read nothing to those who may read everything of a tenant."""
    yield Asker("nobody", None)
    yield Asker("a wrong key", "rr_" + "x" * 43)
    for tenant in TENANTS:
        yield replace(_made(app, tenant, "admin", "*"), name=f"{tenant}: revoked admin", tenant=None)
        app.records.keys.revoke(tenant, app.records.keys.all(tenant)[-1].id)
        yield _made(app, tenant, "reader")
        yield _made(app, tenant, "reader", "hr")
        yield _made(app, tenant, "reader", "finance")
        yield _made(app, tenant, "reader", "hr", "board")
        yield _made(app, tenant, "operator")
        yield _made(app, tenant, "admin")
        yield _made(app, tenant, "admin", "*")
        yield Asker(f"{tenant}: settings", _settings_key(tenant), tenant, frozenset({"*"}))


def _made(app: App, tenant: str, role: Role, *groups: str) -> Asker:
    key = app.records.keys.create(tenant, role, role, frozenset(groups)).key
    return Asker(f"{tenant}: {role} {' '.join(groups)}".strip(), key, tenant, frozenset(groups))


def _words_seen(client: TestClient, asker: Asker, beginning: str) -> Iterator[tuple[str, Fact, str]]:
    """Each planted word of each response that a caller can get, and where it came from."""
    for where, text in _everything(client, asker, beginning):
        for fact, word in _words_in(text):
            yield where, fact, word


def _everything(client: TestClient, asker: Asker, beginning: str) -> Iterator[tuple[str, str]]:
    """Every response that a caller can get, by where it came from."""
    client.headers = {} if asker.key is None else {"Authorization": f"Bearer {asker.key}"}
    for fact in FACTS:
        for strategy, spaces in (("hybrid", None), ("naive", None), ("hybrid", [fact.space, "lobby"])):
            asked = {"question": fact.question(beginning), "spaces": spaces, "strategy": strategy}
            answer = client.post("/v1/ask", json=asked)
            yield f"ask {spaces} {strategy}", _text(answer)
            if answer.status_code == 200:
                yield "trace", _text(client.get(f"/v1/traces/{answer.json()['trace_id']}"))
        for path in (f"/v1/documents/{fact.document}", f"/v1/documents?space={fact.space}"):
            yield path, _text(client.get(path))
    for path in ("/v1/documents", "/v1/spaces", "/v1/keys", "/v1/spaces/vault", "/metrics", "/readyz", "/openapi.json"):
        yield path, _text(client.get(path))


def _text(response: httpx.Response) -> str:
    return f"{response.headers}\n{response.text}"


def _words_in(text: str) -> list[tuple[Fact, str]]:
    folded = text.casefold()
    return [(fact, word) for fact in FACTS for word in fact.words if word.casefold() in folded]


def _leaks_of_cache(askers: Sequence[Asker], stored: Mapping[str, bytes]) -> Iterator[Leak]:
    """A planted word in a key, or in a value that no one asker may read in full."""
    for key, value in stored.items():
        for _, word in _words_in(key):
            yield Leak("anybody", "a key of the cache", word)
        held = _words_in(value.decode())
        if not any(all(asker.may_read(fact) for fact, _ in held) for asker in askers):
            yield Leak("anybody", "a cached answer", held[0][1])
