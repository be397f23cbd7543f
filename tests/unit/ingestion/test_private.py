"""Personal data in documents by policy: counted always, never repeated, never waved through unchecked.

Numbers are published test numbers or lie in ranges set aside for examples.
"""

import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from types import ModuleType

import pytest

from ingestion import masking, pipeline, private
from ingestion.draft import Draft
from ingestion.prepare import Known, prepare, recipe
from ingestion.sources import SourceFile
from service.core import presidio
from service.core.app import App
from service.core.errors import CouldNotCheck, PersonalDataHeld
from service.core.personal import Patterns
from service.core.types import Policy, Space

MAIL, IBAN, CARD = "jo.berg@home.example", "NL91 ABNA 0417 1643 00", "4111 1111 1111 1111"
TABLE = f"| Card | State |\n|---|---|\n| {CARD} | open |"
TEXT = f"# Ticket of {MAIL}\n\nPay {IBAN} today. Write to {MAIL}, or call.\n\n{TABLE}"
MASKED = TEXT.replace(MAIL, "<EMAIL_ADDRESS>").replace(IBAN, "<IBAN_CODE>").replace(CARD, "<CREDIT_CARD>")
COUNTS = {"EMAIL_ADDRESS": 2, "IBAN_CODE": 1, "CREDIT_CARD": 1}


@pytest.fixture(scope="module")
def engine() -> Patterns:
    """The engine, loaded once."""
    return Patterns()


@pytest.fixture
def app(fake_app: App, engine: Patterns) -> App:
    """Empty stores and the loaded engine."""
    return replace(fake_app, personal=engine)


def space(policy: str) -> Space:
    """A space with this policy for personal data."""
    return Space("default", "support", 1, 0, policy=Policy(personal=policy))


def draft(text: str = TEXT, **more: object) -> Draft:
    """A document of one page."""
    made = Draft("support/ticket.md", "support/ticket.md", f"Ticket of {MAIL}", (text,), False, "text/markdown", "hash")
    return replace(made, **more)


class Broken:
    """An engine that dies, with the text in its last words."""

    def find(self, text: str) -> list:
        raise ValueError(text)


def everything(thing: object) -> str:
    """All that a value holds, as text."""
    return repr(thing)


@pytest.mark.parametrize("policy", ["keep", "mask", "drop"])
def test_counts_are_those_of_the_text_and_never_values(app: App, policy: str) -> None:
    """Each policy that lets a document pass counts by type; a title that repeats the text does not count again."""
    treated = private.treated(app, space(policy), draft())
    assert treated.findings == {"personal": COUNTS}
    assert not any(value in everything(treated.findings) for value in (MAIL, IBAN, CARD))


def test_keep_changes_nothing(app: App) -> None:
    """Text, title and meta stay as they were."""
    before = draft(meta={"contact": MAIL})
    after = private.treated(app, space("keep"), before)
    assert replace(after, findings={}) == before


def test_mask_writes_the_type_everywhere(app: App) -> None:
    """Text, title and what the file says of itself hold a placeholder in the place of each value."""
    after = private.treated(app, space("mask"), draft(meta={"contact": MAIL}))
    assert after.title == "Ticket of <EMAIL_ADDRESS>"
    assert after.meta == {"contact": "<EMAIL_ADDRESS>"}
    assert after.text == TEXT.replace(MAIL, "<EMAIL_ADDRESS>").replace(IBAN, "<IBAN_CODE>").replace(
        CARD, "<CREDIT_CARD>"
    )


def test_drop_leaves_no_trace(app: App) -> None:
    """Values go without a placeholder and without a doubled blank; the cell of a table stays, empty."""
    after = private.treated(app, space("drop"), draft())
    assert after.text == "# Ticket of\n\nPay today. Write to, or call.\n\n| Card | State |\n|---|---|\n|  | open |"
    assert after.title == "Ticket of"


def test_quarantine_holds_back_and_says_how_much(app: App) -> None:
    """The refusal counts by type, in words and as findings, and repeats no value."""
    with pytest.raises(PersonalDataHeld) as raised:
        private.treated(app, space("quarantine"), draft())
    assert raised.value.detail == "It holds personal data: 1 CREDIT_CARD, 2 EMAIL_ADDRESS, 1 IBAN_CODE."
    assert raised.value.findings == {"personal": COUNTS}


def test_what_a_person_released_passes_as_it_is(app: App) -> None:
    """A released document is counted and kept, though the policy is to hold back."""
    after = private.treated(app, space("quarantine"), draft(released=True))
    assert (after.text, after.findings) == (TEXT, {"personal": COUNTS})


@pytest.mark.parametrize("policy", ["keep", "mask", "drop", "quarantine"])
def test_a_text_without_personal_data_is_left_alone(app: App, policy: str) -> None:
    """Nothing is found, changed or held back in an ordinary page."""
    before = replace(draft("# Bells\n\nThe bell costs 12 euros, order 20481193 of 2026-05-12."), title="Bells")
    assert private.treated(app, space(policy), before) == before


@pytest.mark.parametrize("policy", ["mask", "drop"])
def test_a_document_of_nothing_else_is_held_back(app: App, policy: str) -> None:
    """Where only placeholders or blanks would be left, a person is to look; nothing vanishes in silence."""
    with pytest.raises(PersonalDataHeld):
        private.treated(app, space(policy), draft(f"{MAIL}\n\n{IBAN}"))


def test_the_switch_counts_nothing_and_keeps_all(app: App) -> None:
    """With the control off, even a space that holds back takes the document as it is."""
    off = replace(app, settings=app.settings.model_copy(update={"controls_off": {"personal-policy"}}))
    assert private.treated(off, space("quarantine"), draft()) == draft()


@pytest.mark.parametrize("policy", ["keep", "mask", "drop", "quarantine"])
def test_an_engine_that_dies_is_no_clean_document(app: App, policy: str) -> None:
    """Whatever it raises becomes CouldNotCheck, which quotes nothing of its message."""
    with pytest.raises(CouldNotCheck) as raised:
        private.treated(replace(app, personal=Broken()), space(policy), draft())
    assert "ValueError" in raised.value.detail
    assert MAIL not in str(raised.value)


def test_unchecked_documents_wait(app: App, tmp_path: Path) -> None:
    """While the engine cannot run nothing is indexed or remembered as done, and the report says so; then all is."""
    (tmp_path / "page.md").write_text(TEXT)
    broken = replace(app, personal=Broken())
    report = pipeline.run(broken, [tmp_path], "support")
    assert [each.code for each in report.problems] == ["could-not-check"]
    [held] = app.records.quarantine.of("default", ["support"])
    assert (held.code, held.text, held.title) == ("could-not-check", "", "")
    assert app.records.documents("default", ["support"]) == []
    assert pipeline.run(app, [tmp_path], "support").documents.added == 1


@pytest.fixture
def stored(app: App, tmp_path: Path) -> Callable[[str], str]:
    """Ingests a folder whose files, names and front matter hold personal data; returns all that the database holds."""

    def ingest(policy: str) -> str:
        folder = tmp_path / "desk"
        (folder / MAIL).mkdir(parents=True)
        (folder / f"{MAIL}.md").write_text(
            f"---\ncontact: {MAIL}\n---\n{TEXT}\n\n## Again {MAIL}\n\nThe bell is brass."
        )
        (folder / MAIL / "notes.md").write_text("# Notes\n\nThe saddle is red.")
        report = pipeline.run(app, [folder], "support", policy=Policy(personal=policy))
        app.records._engine.dispose()
        files = b"".join(each.read_bytes() for each in (tmp_path / "data").rglob("*") if each.is_file())
        return files.decode("utf-8", "replace") + everything(asdict(report))

    return ingest


def test_keep_keeps(stored: Callable[[str], str]) -> None:
    """The values are in the stores: what the next test looks for can be found."""
    held = stored("keep")
    assert all(value in held for value in (MAIL, IBAN, CARD))


@pytest.mark.parametrize("policy", ["mask", "drop"])
def test_no_store_and_no_report_holds_a_value(stored: Callable[[str], str], policy: str) -> None:
    """Neither texts, titles, contexts, names of files and folders, meta, lexical rows nor the report repeat a value."""
    held = stored(policy)
    assert not [value for value in (MAIL, IBAN, CARD) if value in held]
    assert "The saddle is red" in held


def test_a_changed_policy_brings_the_document_in_anew(app: App, tmp_path: Path) -> None:
    """What was kept is masked at the next ingestion, though no file changed; its old name is gone."""
    (tmp_path / f"{MAIL}.md").write_text(TEXT)
    pipeline.run(app, [tmp_path], "support")
    report = pipeline.run(app, [tmp_path], "support", policy=Policy(personal="mask"))
    [document] = app.records.documents("default", ["support"])
    assert MAIL not in everything(document)
    assert (report.documents.added, report.documents.removed) == (1, 1)
    assert pipeline.run(app, [tmp_path], "support").documents.unchanged == 1


def test_names_stay_apart_and_keep_their_ending(engine: Patterns) -> None:
    """Two files whose names differ only in a value keep two names, the same ones every time."""
    names = [masking.name(engine, f"in/{each}.eml") for each in (MAIL, "an@home.example", MAIL)]
    assert names[0] == names[2] != names[1]
    assert all(each.startswith("in/<EMAIL_ADDRESS>~") and each.endswith(".eml") for each in names)


def test_an_attachment_is_renamed_too(app: App) -> None:
    """The name of a file inside a file holds no value either; the outer name is not touched."""
    inside = draft(source=f"support/mail.eml/{MAIL}.txt", origin="support/mail.eml")
    assert MAIL not in private.renamed(app, space("mask"), inside).source
    assert private.renamed(app, space("keep"), inside) == inside


def test_why_a_file_cannot_be_read_repeats_no_value(app: App) -> None:
    """What a parser says of a file is masked; where the engine cannot run it is not said at all."""
    said = f"The part {MAIL} is damaged."
    assert private.discreet(app, space("mask"), said) == "The part <EMAIL_ADDRESS> is damaged."
    assert private.discreet(app, space("keep"), said) == said
    assert MAIL not in private.discreet(replace(app, personal=Broken()), space("mask"), said)


def test_what_a_space_allows_is_no_personal_data(app: App) -> None:
    """Mailboxes of the company's domain and its own numbers stay, however they are grouped, and count as nothing."""
    allowed = Policy("mask", allowed=("@company.example", "+31 555-0100", "NL91ABNA0417164300"))
    text = f"Write to help@company.example or {MAIL}, call +31 5550100 or +31 555-0199, pay {IBAN}."
    after = private.treated(app, replace(space("mask"), policy=allowed), draft(text, title="Help"))
    assert after.text == text.replace(MAIL, "<EMAIL_ADDRESS>").replace("+31 555-0199", "<PHONE_NUMBER>")
    assert after.findings == {"personal": {"EMAIL_ADDRESS": 1, "PHONE_NUMBER": 1}}
    assert masking.name(masking.engine(app, replace(space("mask"), policy=allowed)), "help@company.example") == (
        "help@company.example"
    )


def test_another_domain_that_ends_alike_is_not_allowed(app: App) -> None:
    """A domain is allowed as a whole: neither a longer one nor one below it."""
    allowed = replace(space("mask"), policy=Policy("mask", allowed=("@company.example",)))
    for address in ("jo@other-company.example", "jo@mail.company.example"):
        assert (
            private.treated(app, allowed, draft(f"To {address} now.", title="Help")).text == "To <EMAIL_ADDRESS> now."
        )


@pytest.fixture
def surnames(monkeypatch: pytest.MonkeyPatch) -> str:
    """A module of the operator's own with a recogniser of Presidio that denies two names."""
    module = ModuleType("our_names")

    def recogniser() -> object:
        return presidio.load()["PatternRecognizer"]("PERSON", deny_list=["Drostveld", "Luttikhuizen"])

    module.surnames = recogniser
    monkeypatch.setitem(sys.modules, "our_names", module)
    return "our_names:surnames"


def test_a_recogniser_of_names_can_be_added(app: App, surnames: str) -> None:
    """What a recogniser beside the patterns finds is counted and masked like the rest."""
    named = replace(app, personal=Patterns([surnames]))
    after = private.treated(named, space("mask"), draft(f"Hanneke Drostveld, {MAIL}, has paid."))
    assert after.text == "Hanneke <PERSON>, <EMAIL_ADDRESS>, has paid."
    assert after.findings["personal"]["PERSON"] == 1


@pytest.mark.parametrize("name", ["no_such_module:x", "json:no_such_attribute", "json:dumps"])
def test_a_recogniser_that_is_none_stops_every_document(app: App, name: str) -> None:
    """A misspelt name is no engine with fewer recognisers: nothing can be checked."""
    with pytest.raises(CouldNotCheck):
        private.treated(replace(app, personal=Patterns([name])), space("keep"), draft())


def test_another_recogniser_is_another_recipe(app: App, tmp_path: Path, surnames: str) -> None:
    """Files are looked at anew when recognisers are added: they may hold what was not looked for before."""
    (tmp_path / "page.md").write_text(TEXT)
    file = SourceFile(tmp_path / "page.md", "page.md")
    done = prepare(app, space("keep"), file, Known({}, {}))
    assert prepare(app, space("keep"), file, Known({"page.md": done.entry}, {})) is None
    changed = app.settings.model_copy(update={"personal_recognisers": (surnames,)})
    assert recipe(replace(app, settings=changed), space("keep")) != recipe(app, space("keep"))
