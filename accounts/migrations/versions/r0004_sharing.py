"""Sites that anybody may see, and links that show one."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = depends_on = None


def upgrade() -> None:
    op.add_column("site", sa.Column("public", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_table(
        "shared_link",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("site", sa.String(253), sa.ForeignKey("site.id"), nullable=False, index=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False, unique=True),
        sa.Column("password", sa.String(200), nullable=False),
        sa.Column("created", sa.DateTime, nullable=False),
        sa.Column("expires", sa.DateTime),
    )


def downgrade() -> None:
    op.drop_table("shared_link")
    op.drop_column("site", "public")
