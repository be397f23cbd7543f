"""What ingestion keeps: policies, a manifest of files, standing and findings of documents, texts in quarantine."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_SPACE = ("tenant", "space")


def upgrade() -> None:
    """Add the columns and tables; every document that is there is current and from the file of its source."""
    op.add_column("spaces", sa.Column("policy", sa.JSON, nullable=False, server_default="{}"))
    for column in (
        sa.Column("origin", sa.Text, nullable=False, server_default=""),
        sa.Column("standing", sa.String(16), nullable=False, server_default="current"),
        sa.Column("in_favour_of", sa.String(32)),
        sa.Column("language", sa.String(8), nullable=False, server_default=""),
        sa.Column("pages", sa.JSON, nullable=False, server_default="[]"),
        sa.Column("meta", sa.JSON, nullable=False, server_default="{}"),
        sa.Column("findings", sa.JSON, nullable=False, server_default="{}"),
    ):
        op.add_column("documents", column)
    op.execute("UPDATE documents SET origin = source")
    op.add_column("chunks", sa.Column("page", sa.Integer))
    _extend_quarantine()
    for column in (
        sa.Column("state", sa.String(16), nullable=False, server_default="ready"),
        sa.Column("encoder", sa.Text, nullable=False, server_default=""),
        sa.Column("splitter", sa.String(32), nullable=False, server_default="structure"),
        sa.Column("max_chunk_tokens", sa.Integer, nullable=False, server_default="200"),
    ):
        op.add_column("generations", column)
    op.create_index("documents_by_origin", "documents", ["tenant", "space", "origin"])
    op.create_index("documents_by_favour", "documents", ["in_favour_of"])
    _create_manifest()
    _create_signatures()
    _create_jobs()
    _create_receipts()


def _extend_quarantine() -> None:
    # What was held back before had no text kept; the next ingestion holds it back again, with its text.
    op.execute("DELETE FROM quarantine")
    for column in (
        sa.Column("id", sa.String(32), nullable=False, server_default=""),
        sa.Column("origin", sa.Text, nullable=False, server_default=""),
        sa.Column("state", sa.String(16), nullable=False, server_default="held"),
        sa.Column("decided_by", sa.String(64)),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("title", sa.Text, nullable=False, server_default=""),
        sa.Column("text", sa.Text, nullable=False, server_default=""),
        sa.Column("media_type", sa.String(128), nullable=False, server_default=""),
        sa.Column("language", sa.String(8), nullable=False, server_default=""),
        sa.Column("pages", sa.JSON, nullable=False, server_default="[]"),
        sa.Column("meta", sa.JSON, nullable=False, server_default="{}"),
        sa.Column("findings", sa.JSON, nullable=False, server_default="{}"),
    ):
        op.add_column("quarantine", column)


def _create_manifest() -> None:
    op.create_table(
        "manifest",
        *(sa.Column(name, sa.String(64), primary_key=True) for name in _SPACE),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("recipe", sa.String(64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("outcome", sa.JSON, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(_SPACE, ["spaces.tenant", "spaces.name"], ondelete="CASCADE"),
    )


def _create_signatures() -> None:
    op.create_table(
        "signatures",
        sa.Column("document_id", sa.String(32), sa.ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
        *(sa.Column(name, sa.String(64), nullable=False) for name in (*_SPACE, "text_hash")),
        sa.Column("minhash", sa.LargeBinary, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("file", "series", "rank")),
        sa.Column("rules", sa.String(64), nullable=False),
        sa.Index("signatures_by_text", "tenant", "text_hash"),
        sa.Index("signatures_by_series", "tenant", "series"),
        sa.Index("signatures_by_file", "tenant", "file"),
        sa.Index("signatures_by_rules", "tenant", "space", "rules"),
    )
    for name, key, kind in (("signature_bands", "band", sa.BigInteger), ("supersessions", "target", sa.Text)):
        op.create_table(
            name,
            sa.Column("tenant", sa.String(64), primary_key=True),
            sa.Column(key, kind, primary_key=True),
            sa.Column(
                "document_id",
                sa.String(32),
                sa.ForeignKey("signatures.document_id", ondelete="CASCADE"),
                primary_key=True,
            ),
            sa.Index(f"{name}_by_document", "document_id"),
        )


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(32), primary_key=True),
        *(sa.Column(name, sa.String(64), nullable=False) for name in _SPACE),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("submitted_by", sa.String(64), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False, server_default="1"),
        *(
            sa.Column(name, sa.Integer, nullable=False, server_default="0")
            for name in ("files", "files_done", "chunks")
        ),
        sa.Column("problems", sa.JSON, nullable=False, server_default="[]"),
        sa.Column("error", sa.JSON),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(_SPACE, ["spaces.tenant", "spaces.name"], ondelete="CASCADE"),
        sa.Index("jobs_by_state", "tenant", "state"),
    )
    op.create_table(
        "uploads",
        sa.Column("job", sa.String(32), sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        *(sa.Column(name, sa.String(64), nullable=False) for name in _SPACE),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("chunks", sa.Integer, nullable=False, server_default="0"),
        sa.Index("uploads_by_source", "tenant", "space", "source"),
    )


def _create_receipts() -> None:
    op.create_table(
        "erased_contents",
        sa.Column("tenant", sa.String(64), primary_key=True),
        sa.Column("content_hash", sa.String(64), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "receipts",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("receipt", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Drop them; documents that had no chunks of their own are forgotten and come back with the next ingestion."""
    op.drop_table("uploads")
    op.drop_table("jobs")
    op.drop_index("documents_by_origin", "documents")
    op.drop_table("receipts")
    op.drop_table("erased_contents")
    for table in ("supersessions", "signature_bands", "signatures"):
        op.drop_table(table)
    op.drop_index("documents_by_favour", "documents")
    op.drop_table("manifest")
    for column in ("state", "encoder", "splitter", "max_chunk_tokens"):
        op.drop_column("generations", column)
    op.execute("DELETE FROM quarantine")
    for column in ("id", "origin", "state", "decided_by", "decided_at", "title", "text", "media_type"):
        op.drop_column("quarantine", column)
    for column in ("language", "pages", "meta", "findings"):
        op.drop_column("quarantine", column)
        op.drop_column("documents", column)
    op.drop_column("chunks", "page")
    op.execute("DELETE FROM documents WHERE standing <> 'current'")
    for column in ("origin", "standing", "in_favour_of"):
        op.drop_column("documents", column)
    op.drop_column("spaces", "policy")
