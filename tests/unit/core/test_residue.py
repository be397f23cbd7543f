"""What is kept in memory and in the records can be looked through, and let go of."""

from pathlib import Path

import pytest

from service.core.cache import InProcessCache
from service.core.database import open_database
from service.core.receipts import Receipts
from service.core.residue import Residue, Rows


def test_a_cache_gives_everything_that_it_keeps() -> None:
    """Entries are found by what they say, and gone once removed; removing one that is not there is no failure."""
    cache = InProcessCache(10)
    cache.set("a", b"one", 60)
    cache.set("b", b"two", 60)
    assert dict(cache.entries()) == {"a": b"one", "b": b"two"}
    cache.remove(["a", "never"])
    assert dict(cache.entries()) == {"b": b"two"}
    assert cache.get("a") is None


def test_blocked_contents_are_the_tenants_own(tmp_path: Path) -> None:
    """A content that one tenant blocked is free to another, and blocking it twice is no failure."""
    receipts = Receipts(open_database(None, tmp_path))
    receipts.block("ours", ["a" * 64, "b" * 64])
    receipts.block("ours", ["a" * 64])
    assert receipts.blocked("ours", ["a" * 64, "c" * 64]) == {"a" * 64}
    assert receipts.blocked("theirs", ["a" * 64]) == set()


def test_receipts_are_kept_as_they_are(tmp_path: Path) -> None:
    """A receipt comes back letter for letter, for its tenant alone."""
    receipts = Receipts(open_database(None, tmp_path))
    receipts.put("ours", "rcp_1", '{"form":  1}')
    assert receipts.get("ours", "rcp_1") == '{"form":  1}'
    assert receipts.get("theirs", "rcp_1") is None
    assert receipts.all("ours") == ['{"form":  1}']


@pytest.mark.parametrize(("tenant", "found"), [("ours", 1), ("theirs", 0)])
def test_a_text_is_found_in_any_table_of_its_tenant(tmp_path: Path, tenant: str, found: int) -> None:
    """Every table with text is looked through; another tenant's rows are not."""
    engine = open_database(None, tmp_path)
    Receipts(engine).put("ours", "rcp_1", "the word is quallivor")
    rows = Residue(engine).rows_holding(tenant, lambda said: "quallivor" in said, lambda said: "quallivor" in said)
    assert rows['"receipts"'] == Rows(found, found)
    assert sum(each.found for each in rows.values()) == found


def test_scrubbing_takes_deleted_text_out_of_the_file(tmp_path: Path) -> None:
    """A deleted row stands in the file's bytes until the file is scrubbed."""
    engine = open_database(None, tmp_path)
    Receipts(engine).put("ours", "rcp_1", "the word is quallivor")
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM receipts")
    assert any(b"quallivor" in each.read_bytes() for each in tmp_path.glob("records*"))
    Residue(engine).scrub()
    assert not any(b"quallivor" in each.read_bytes() for each in tmp_path.glob("records*"))
