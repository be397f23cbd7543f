"""How many chunks and lexemes each index of PostgreSQL's holds, so that no search has to count them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Count what is there; SQLite's table stays empty, as its postings are."""
    op.create_table(
        "lexical_sizes",
        sa.Column("index_name", sa.String(160), primary_key=True),
        sa.Column("chunks", sa.BigInteger, nullable=False),
        sa.Column("lexemes", sa.BigInteger, nullable=False),
    )
    op.execute(
        "INSERT INTO lexical_sizes (index_name, chunks, lexemes) SELECT index_name, count(*), sum(length) "
        "FROM (SELECT DISTINCT index_name, chunk_id, length FROM postings) AS each GROUP BY index_name"
    )


def downgrade() -> None:
    """The version before counted at every search."""
    op.drop_table("lexical_sizes")
