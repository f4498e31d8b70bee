"""Funnels of sites."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = depends_on = None


def upgrade() -> None:
    op.create_table(
        "funnel",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("site", sa.String(253), sa.ForeignKey("site.id"), nullable=False, index=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("steps", sa.JSON, nullable=False),
        sa.UniqueConstraint("site", "name"),
    )


def downgrade() -> None:
    op.drop_table("funnel")
