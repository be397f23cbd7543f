"""API keys: what is kept of them, and until when they hold."""

import pytest

from service.core.answers import Caller
from service.core.app import App
from service.core.errors import InvalidName, UnknownKey
from service.core.keys import NewKey, key_hash


@pytest.fixture
def made(fake_app: App) -> NewKey:
    """A key of the tenant `default` for the groups hr and finance."""
    return fake_app.records.keys.create("default", "intranet", "operator", {"hr", "finance"})


def test_whoever_shows_a_key_is_the_caller_that_it_was_made_for(fake_app: App, made: NewKey) -> None:
    """A key found by its hash has the tenant, role and groups that it was made with."""
    found = fake_app.records.keys.by_hash("default", key_hash(made.key))
    assert found == made.kept
    assert found.caller == Caller("default", made.kept.id, "operator", frozenset({"hr", "finance"}))


def test_a_key_is_kept_nowhere(fake_app: App, made: NewKey) -> None:
    """Neither the database's files nor what is printed of a new key hold the key, or its random part."""
    random_part = made.key.removeprefix("rr_")
    fake_app.records.close()
    files = b"".join(each.read_bytes() for each in fake_app.settings.data_folder.iterdir() if each.is_file())
    assert made.kept.id.encode() in files
    assert random_part.encode() not in files
    assert random_part not in repr(made)


def test_no_two_keys_are_alike(fake_app: App) -> None:
    """A hundred keys of one name have a hundred ids, and 43 random characters each that begin differently."""
    made = [fake_app.records.keys.create("default", "same", "reader") for _ in range(100)]
    assert len({each.kept.id for each in made}) == 100
    assert len({each.key[:11] for each in made}) == 100
    assert all(each.key.startswith("rr_") and len(each.key) == 46 for each in made)


def test_a_revoked_key_is_found_no_more(fake_app: App, made: NewKey) -> None:
    """After it was revoked a key is found neither by hash nor by id, and stays in the list with the date."""
    keys = fake_app.records.keys
    assert keys.by_id("default", made.kept.id) == made.kept
    revoked = keys.revoke("default", made.kept.id)
    assert keys.by_hash("default", key_hash(made.key)) is None
    assert keys.by_id("default", made.kept.id) is None
    assert keys.all("default") == [revoked]
    assert revoked.revoked_at is not None
    assert keys.revoke("default", made.kept.id) == revoked


def test_another_tenants_key_is_no_key(fake_app: App, made: NewKey) -> None:
    """For another tenant the key does not exist: it is not found, not listed, and cannot be revoked."""
    keys = fake_app.records.keys
    assert keys.by_hash("other", key_hash(made.key)) is None
    assert keys.by_id("other", made.kept.id) is None
    assert keys.all("other") == []
    with pytest.raises(UnknownKey, match=made.kept.id):
        keys.revoke("other", made.kept.id)
    assert keys.by_id("default", made.kept.id) == made.kept


@pytest.mark.parametrize(
    ("tenant", "name", "groups"),
    [("Default", "intranet", set()), ("default", "in tranet", set()), ("default", "intranet", {"hr", "H R"})],
)
def test_names_keep_to_the_rule(fake_app: App, tenant: str, name: str, groups: set[str]) -> None:
    """A tenant, name or group outside the rule for names makes no key; `*` is a group."""
    with pytest.raises(InvalidName):
        fake_app.records.keys.create(tenant, name, "reader", groups)
    assert fake_app.records.keys.all("default") == []
    assert fake_app.records.keys.create("default", "all", "reader", {"*"}).kept.groups == {"*"}
