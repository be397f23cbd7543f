"""The first tables: spaces, generations, sources, documents, chunks, quarantine, postings."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_SPACE = (["tenant", "space"], ["spaces.tenant", "spaces.name"])


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "spaces",
        sa.Column("tenant", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    _create_about_spaces()
    _create_documents_and_chunks()
    op.create_table(
        "postings",
        sa.Column("index_name", sa.String(160), primary_key=True),
        sa.Column("lexeme", sa.Text, primary_key=True),
        sa.Column("chunk_id", sa.String(32), primary_key=True),
        sa.Column("frequency", sa.Integer, nullable=False),
        sa.Column("length", sa.Integer, nullable=False),
    )
    op.create_index("postings_by_chunk", "postings", ["index_name", "chunk_id"])


def _create_about_spaces() -> None:
    op.create_table(
        "generations",
        sa.Column("tenant", sa.String(64), primary_key=True),
        sa.Column("space", sa.String(64), primary_key=True),
        sa.Column("generation", sa.Integer, primary_key=True),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(*_SPACE, ondelete="CASCADE"),
    )
    op.create_table(
        "sources",
        sa.Column("tenant", sa.String(64), primary_key=True),
        sa.Column("space", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(255), primary_key=True),
        sa.Column("path", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(*_SPACE, ondelete="CASCADE"),
    )
    op.create_table(
        "quarantine",
        sa.Column("tenant", sa.String(64), primary_key=True),
        sa.Column("space", sa.String(64), primary_key=True),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(*_SPACE, ondelete="CASCADE"),
    )


def _create_documents_and_chunks() -> None:
    op.create_table(
        "documents",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("space", sa.String(64), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("media_type", sa.String(128), nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("ingested_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(*_SPACE, ondelete="CASCADE"),
    )
    op.create_index("documents_by_source", "documents", ["tenant", "space", "source"], unique=True)
    op.create_table(
        "chunks",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("generation", sa.Integer, primary_key=True),
        sa.Column("document_id", sa.String(32), sa.ForeignKey("documents.id", ondelete="CASCADE"), nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("start", sa.Integer, nullable=False),
        sa.Column("end", sa.Integer, nullable=False),
        sa.Column("context", sa.Text, nullable=False),
        sa.Column("token_vectors", sa.LargeBinary, nullable=False),
        sa.Column("token_spans", sa.LargeBinary, nullable=False),
    )
    op.create_index("chunks_by_document", "chunks", ["document_id", "generation"])


def downgrade() -> None:
    """Drop every table; the FTS5 tables of SQLite go with the file."""
    for name in ("postings", "chunks", "documents", "quarantine", "sources", "generations", "spaces"):
        op.drop_table(name)
