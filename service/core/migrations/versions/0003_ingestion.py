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


def downgrade() -> None:
    """Drop them; documents that had no chunks of their own are forgotten and come back with the next ingestion."""
    op.drop_table("manifest")
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
