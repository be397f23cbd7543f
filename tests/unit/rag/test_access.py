"""Which spaces a question may be answered from, and what a caller may read."""

import asyncio
import re
from collections.abc import Awaitable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from ingestion import pipeline as ingestion
from service.core.answers import Caller, Question, local_caller
from service.core.app import App
from service.core.errors import InvalidName, UnknownDocument, UnknownSpace
from service.core.names import document_id
from service.core.types import Space
from service.rag import access
from service.rag.access import chosen_spaces
from service.rag.controls import Controls

ROOT = Path(__file__).parents[3]
T = TypeVar("T")

SPACES = [Space("t", "hr", 1, 3), Space("t", "public", 2, 5)]


def names(*asked: str) -> list[str]:
    """Names of the spaces that a question to `asked` is answered from."""
    return [each.name for each in chosen_spaces(asked, SPACES)]


def test_without_a_choice_every_space_is_read() -> None:
    """A question that names no space is answered from all that the caller may read."""
    assert chosen_spaces(None, SPACES) == SPACES


def test_a_choice_opens_only_what_it_names() -> None:
    """Only the named spaces are read, each once, in the order asked."""
    assert names("public") == ["public"]
    assert names("public", "hr", "public") == ["public", "hr"]


def test_a_choice_of_nothing_opens_nothing() -> None:
    """An empty choice is not the same as none."""
    assert names() == []


def test_an_unknown_space_is_named_beside_those_that_exist() -> None:
    """One unknown space refuses the question, even beside known ones."""
    with pytest.raises(UnknownSpace) as refused:
        names("public", "secret")
    assert "'secret'" in refused.value.detail
    assert "hr, public" in refused.value.remedy


def test_without_any_space_the_remedy_says_so() -> None:
    """Where nothing was ingested yet, the error says that."""
    with pytest.raises(UnknownSpace) as refused:
        chosen_spaces(("public",), [])
    assert "ingest documents first" in refused.value.remedy


def test_a_name_outside_the_rule_is_refused_as_such() -> None:
    """A name that no space can have is refused by the rule."""
    with pytest.raises(InvalidName):
        names("Not A Name")


def run(waited: Awaitable[T]) -> T:
    """The result of a coroutine."""

    async def result() -> T:
        return await waited

    return asyncio.run(result())


def caller(*groups: str, tenant: str = "default") -> Caller:
    """A reader of some groups."""
    return Caller(tenant, "key_1", groups=frozenset(groups))


@pytest.mark.parametrize(
    ("groups", "readable"),
    [
        ((), {"lobby"}),
        (("hr",), {"lobby", "hr"}),
        (("management", "stranger"), {"lobby", "hr", "ledger"}),
        (("*",), {"lobby", "hr", "ledger", "sealed"}),
    ],
)
def test_a_caller_reads_the_spaces_of_its_groups(groups: tuple[str, ...], readable: set[str]) -> None:
    """Everyone reads what is everyone's; a group, what names it; only the group of all, what names nobody."""
    readers = {"lobby": {"everyone"}, "hr": {"hr", "management"}, "ledger": {"management"}, "sealed": set()}
    spaces = [Space("default", name, 1, 1, frozenset(each)) for name, each in readers.items()]
    assert {each.name for each in access.readable(caller(*groups), spaces)} == readable
    assert access.readable(caller("*", tenant="other"), spaces) == []


@pytest.fixture
def filled(fake_app: App, tmp_path: Path) -> App:
    """A document in each of three spaces: one open, one for the group hr, and one of another tenant."""
    for tenant, space, readers in (("default", "lobby", None), ("default", "hr", {"hr"}), ("other", "lobby", None)):
        folder = tmp_path / tenant / space
        folder.mkdir(parents=True)
        (folder / "page.md").write_text(f"# Page\n\nThis is the page of {tenant} {space}.\n")
        of_tenant = replace(fake_app, settings=fake_app.settings.model_copy(update={"tenant": tenant}))
        ingestion.run(of_tenant, [folder], space, readers=readers)
    return fake_app


IDS = {
    "open": document_id("default", "lobby", "lobby/page.md"),
    "restricted": document_id("default", "hr", "hr/page.md"),
    "another tenant's": document_id("other", "lobby", "lobby/page.md"),
    "nobody's": "doc_000000000000000000000000",
}


def test_a_document_is_there_for_its_readers(filled: App) -> None:
    """Who may read a document's space gets its text."""
    assert "default hr" in run(access.document_for(filled, caller("hr"), IDS["restricted"])).text
    assert "other lobby" in run(access.document_for(filled, caller(tenant="other"), IDS["another tenant's"])).text


@pytest.mark.parametrize("which", ["restricted", "another tenant's", "nobody's"])
def test_a_document_that_may_not_be_read_is_one_that_is_not_there(filled: App, which: str) -> None:
    """A restricted document, another tenant's and none at all are refused in the same words, naming what was asked."""
    with pytest.raises(UnknownDocument) as refused:
        run(access.document_for(filled, caller(), IDS[which]))
    assert refused.value.detail == f"There is no document {IDS[which]!r}."
    assert refused.value.remedy == "GET /v1/documents lists those that you may read."


def test_lists_hold_what_the_caller_may_read(filled: App) -> None:
    """Spaces, their sizes and documents of other readers are in no list, and cannot be named."""
    assert [each.name for each in run(access.spaces_for(filled, caller()))] == ["lobby"]
    assert [each.space.name for each in run(access.sizes_for(filled, caller()))] == ["lobby"]
    assert [each.id for each in run(access.documents_for(filled, caller()))] == [IDS["open"]]
    assert len(run(access.documents_for(filled, caller("hr")))) == 2
    with pytest.raises(UnknownSpace) as refused:
        run(access.documents_for(filled, caller(), ["hr"]))
    assert refused.value.remedy == "Spaces: lobby."


@pytest.mark.parametrize("off", [False, True])
def test_only_the_switch_opens_every_space(filled: App, off: bool) -> None:
    """With the control on a question opens the asker's spaces; with it off, every tenant's, and says that it is off."""
    controls = Controls(frozenset({"access"}) if off else frozenset(), filled.telemetry)
    opened = run(access.reach(filled, Question("Why?", caller()), controls)).spaces
    assert [(each.tenant, each.name) for each in opened] == (
        [("default", "hr"), ("default", "lobby"), ("other", "lobby")] if off else [("default", "lobby")]
    )
    assert controls.decisions[0].decision == ("off" if off else "allow")


def test_the_command_line_reads_everything_of_its_tenant(filled: App) -> None:
    """Whoever may read the data folder reads every space of the tenant and of no other."""
    assert [each.name for each in run(access.spaces_for(filled, local_caller("default")))] == ["hr", "lobby"]


def test_api_and_page_read_records_through_access_alone() -> None:
    """No module of API or page asks the records itself, but for keys: what it forgot to check could be read."""
    modules = [path for room in ("api", "console") for path in (ROOT / "service" / room).glob("*.py")]
    asking = {path.name: re.findall(r"records\.(\w+)", path.read_text()) for path in modules}
    assert {each for found in asking.values() for each in found} == {"keys"}
    assert asking["keys.py"]
