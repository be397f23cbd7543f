"""Names and ids."""

import hashlib

import pytest

from service.core.errors import InvalidName
from service.core.names import checked_name, chunk_id, content_hash, document_id
from service.core.types import Index


@pytest.mark.parametrize("name", ["a", "0", "public", "tier-2", "a" * 40])
def test_a_name_within_the_rule_is_kept(name: str) -> None:
    """A name of lower-case letters, digits and inner hyphens is returned as it is."""
    assert checked_name("space", name) == name


@pytest.mark.parametrize("name", ["", "-a", "a-", "A", "a b", "a.b", "a_b", "ä", "a" * 41, "a\n", "../a", '"', "a/b"])
def test_a_name_outside_the_rule_is_refused(name: str) -> None:
    """Anything else is refused by name, with the rule."""
    with pytest.raises(InvalidName) as refused:
        checked_name("space", name)
    assert repr(name) in refused.value.detail
    assert "lower-case letters" in refused.value.remedy


def test_no_two_indexes_share_a_name() -> None:
    """Names may hold no dot, so tenant, space and generation can be told apart in an index's name."""
    indexes = [
        Index("a-b", "c", 1),
        Index("a", "b-c", 1),
        Index("a", "b", 11),
        Index("a", "b-g1", 1),
        Index("a", "b", 1),
    ]
    assert len({each.name for each in indexes}) == len(indexes)


def test_the_longest_index_name_is_one_that_chroma_takes() -> None:
    """Tenant and space of the greatest length stay within 512 characters and begin and end with a letter or digit."""
    name = Index("t" * 40, "s" * 40, 10**9).name
    assert 3 <= len(name) <= 512
    assert name[0].isalnum()
    assert name[-1].isalnum()


def test_ids_depend_on_every_part_and_on_nothing_else() -> None:
    """The same parts give the same id, and parts that differ in any place, or are cut elsewhere, another one."""
    assert document_id("t", "s", "a.md") == document_id("t", "s", "a.md")
    documents = {document_id(*each) for each in [("t", "s", "a"), ("t", "sa", ""), ("ts", "a", ""), ("t", "", "sa")]}
    chunks = {
        chunk_id(*each) for each in [("d", "c", "t", 0), ("d", "c", "t", 1), ("d", "ct", "", 0), ("e", "c", "t", 0)]
    }
    assert (len(documents), len(chunks)) == (4, 4)
    assert all(each.startswith("doc_") and len(each) == 28 for each in documents)


def test_a_content_hash_is_sha256() -> None:
    """The content hash is what sha256sum prints."""
    assert content_hash(b"bike") == hashlib.sha256(b"bike").hexdigest()
