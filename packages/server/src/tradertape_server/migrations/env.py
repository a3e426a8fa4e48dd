"""Run by Alembic: compares or upgrades the database with the models of every feature."""

from __future__ import annotations

from alembic import context

from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.database.schema_migration import all_tables
from tradertape_server.settings import Settings


def run(connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=all_tables(),
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        compare_server_default=True,
        user_module_prefix="database.",
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with Database(Settings().effective_database_url).engine.begin() as own:
        run(own)
