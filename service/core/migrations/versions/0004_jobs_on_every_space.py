"""Jobs that are about every space: building, swapping and dropping indexes."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let a job have no space. SQLite makes the table anew for that."""
    with op.batch_alter_table("jobs") as table:
        table.alter_column("space", existing_type=sa.String(64), nullable=True)


def downgrade() -> None:
    """Forget such jobs, which the version before could not have."""
    op.execute("DELETE FROM jobs WHERE space IS NULL")
    with op.batch_alter_table("jobs") as table:
        table.alter_column("space", existing_type=sa.String(64), nullable=False)
