"""Standings on PostgreSQL, as in tests/unit/ingestion/test_standing.py on SQLite."""

from contextlib import closing
from pathlib import Path

from ingestion import pipeline
from service.bootstrap import open_records
from service.core.app import App
from service.core.names import document_id
from service.core.settings import Settings
from tests.fakes import fake_parts

PAGE = (
    "# The lamp\n\nThe lamp is filled every 12 days with oil from the blue can, and its glass is wiped with a dry "
    "cloth before it is lit. The wick is cut when it burns unevenly, and a new one is sold by the workshop.\n"
)


def test_copies_and_outdated_pages_on_postgresql(database_url: str, tmp_path: Path) -> None:
    """A copy and a superseded page have no chunks, and get them back when what stands for them goes."""
    corpus = tmp_path / "shop"
    corpus.mkdir()
    (corpus / "a.md").write_text(PAGE)
    (corpus / "b.md").write_text(PAGE)
    (corpus / "old.md").write_text(PAGE.replace("12", "30"))
    (corpus / "new.md").write_text("---\nsupersedes: old.md\n---\n\n# Rules\n\nLamps are lit by the porter alone.\n")
    settings = Settings(data_folder=tmp_path / "data", database_url=database_url, _env_file=None)
    with closing(open_records(settings)) as records:
        parts = fake_parts(settings, records)
        pipeline.run(parts, [corpus], "shop")
        assert _searched(parts) == {"shop/a.md", "shop/new.md"}
        (corpus / "a.md").unlink()
        (corpus / "new.md").unlink()
        pipeline.run(parts, [corpus], "shop")
        assert _searched(parts) == {"shop/b.md", "shop/old.md"}
        without = fake_parts(settings.model_copy(update={"controls_off": frozenset({"deduplication"})}), records)
        (corpus / "c.md").write_text(PAGE)
        pipeline.run(without, [corpus], "shop")
        assert _searched(parts) == {"shop/b.md", "shop/c.md", "shop/old.md"}
        pipeline.run(without, [corpus], "shop")
        pipeline.run(parts, [corpus], "shop")
        assert _searched(parts) == {"shop/b.md", "shop/old.md"}
        pipeline.run(parts, [corpus], "window", "window")
        kept = records.signatures.originals_elsewhere("default", ["window"])
        assert kept == {"shop": sorted(document_id("default", "shop", f"shop/{each}.md") for each in ("b", "old"))}
        assert records.signatures.originals_elsewhere("default", ["shop"]) == {}


def _searched(parts: App) -> set[str]:
    return {each.source for each in parts.records.documents("default", ["shop"]) if each.chunks}
