"""What Alembic runs: the migrations, on the connection that accounts/migrate.py hands over, in its transaction."""

from alembic import context

from accounts.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,  # SQLite changes a table by making it anew
)
context.run_migrations()
