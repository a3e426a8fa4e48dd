"""Migrations: they create exactly the models, with the right types, and can be repeated."""

from __future__ import annotations

import re

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import BigInteger, Float, Numeric

from tradertape_server.platform.database.engine import Database, DecimalText
from tradertape_server.platform.database.schema_migration import (
    all_tables,
    current_revision,
    newest_revision,
    upgrade,
)


def test_the_migrations_make_exactly_the_models(database_url: str) -> None:
    """On both databases: from nothing to the newest, and no difference left."""
    database = Database(database_url)
    assert current_revision(database.engine) == newest_revision()
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, all_tables())
    database.close()
    assert differences == []


def test_no_column_holds_money_or_quantities_as_a_float() -> None:
    """FAULTS, R1: floats are durations; amounts have 64 bits, prices are texts of decimals."""
    columns = [column for table in all_tables().tables.values() for column in table.columns]
    floats = {column.name for column in columns if isinstance(column.type, (Float, Numeric))}
    assert floats == {"took_ms", "eta_s", "expires_s"}
    amounts = [column for column in columns if re.search("paise|quantity", column.name)]
    prices = [column for column in columns if "price" in column.name]
    assert amounts
    assert prices
    assert all(isinstance(column.type, BigInteger) for column in amounts)
    assert all(isinstance(column.type, DecimalText) for column in prices)


def test_upgrading_twice_changes_nothing(database_url: str) -> None:
    database = Database(database_url)
    upgrade(database.engine)
    assert current_revision(database.engine) == newest_revision()
    database.close()
