"""Sites, their hosts, shields, goals and segments, and keys: what there was before there were migrations.

So it takes over a database that has these tables already, in any form that they ever had, and makes what is missing of them.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = depends_on = None


def upgrade() -> None:
    op.create_table(
        "change",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "site",
        sa.Column("id", sa.String(253), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("week_start", sa.String(9), nullable=False),
        sa.Column("query", sa.JSON, nullable=False),
        sa.Column("identify", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("created", sa.DateTime, nullable=False),
        sa.Column("dropped", sa.Integer),
        if_not_exists=True,
    )
    if "identify" not in {column["name"] for column in sa.inspect(op.get_bind()).get_columns("site")}:
        op.add_column("site", sa.Column("identify", sa.Boolean, nullable=False, server_default=sa.false()))
    _table_of_site("host", sa.Column("name", sa.String(253), primary_key=True), sa.Column("place", sa.Integer, nullable=False))
    _table_of_site("foreign_id", sa.Column("id", sa.String(253), primary_key=True))
    _table_of_site(
        "shield",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(9), nullable=False),
        sa.Column("value", sa.String(500), nullable=False),
    )
    _table_of_site(
        "key",
        sa.Column("name", sa.String(100), primary_key=True),
        sa.Column("sha256", sa.String(64), nullable=False, unique=True),
        sa.Column("rights", sa.JSON, nullable=False),
        sa.Column("created", sa.DateTime, nullable=False),
        nullable=True,
    )
    _table_of_site(
        "goal",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(6), nullable=False),
        sa.Column("path", sa.String(2048), nullable=False),
        sa.Column("event", sa.String(200), nullable=False),
        sa.Column("percent", sa.Integer, nullable=False),
        sa.Column("properties", sa.JSON, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.UniqueConstraint("site", "name"),
    )
    _table_of_site(
        "segment",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("filters", sa.JSON, nullable=False),
        sa.UniqueConstraint("site", "name"),
    )
    op.execute("INSERT INTO change (id, number) SELECT 1, 0 WHERE NOT EXISTS (SELECT 1 FROM change WHERE id = 1)")


def _table_of_site(name: str, *columns: sa.Column[Any] | sa.UniqueConstraint, nullable: bool = False) -> None:
    site = sa.Column("site", sa.String(253), sa.ForeignKey("site.id"), nullable=nullable)
    op.create_table(name, site, *columns, if_not_exists=True)
    op.create_index(f"ix_{name}_site", name, ["site"], if_not_exists=True)


def downgrade() -> None:
    for name in ("segment", "goal", "key", "shield", "foreign_id", "host", "site", "change"):
        op.drop_table(name)
