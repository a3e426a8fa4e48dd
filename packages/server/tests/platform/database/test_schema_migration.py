"""Migrations: they create exactly the models, with the right types, and can be repeated."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import BigInteger, Float, Numeric, select, text

from tradertape_server.features.auth.models import User
from tradertape_server.features.brokerage.models import BrokerSession
from tradertape_server.features.execution.store.models import TradingAccount
from tradertape_server.platform.database.engine import Database, DecimalText
from tradertape_server.platform.database.schema_migration import (
    alembic_config,
    all_tables,
    current_revision,
    newest_revision,
    upgrade,
)

KEYS = (
    ("exit_run", "square-off:2026-01-05"),
    ("exit_run", "kill-switch:12:1"),
    ("exit_run", "protection:g1:basket"),
    ("place_order", "protection:g1:leg:0:1:leg:0:NSE:INFY:MIS:0"),
    ("place_order", "square-off-hedge"),
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


def test_the_newest_revision_is_the_head_of_the_chain() -> None:
    """It is read from the names of the files, without Alembic."""
    script = ScriptDirectory.from_config(alembic_config())

    assert newest_revision() == script.get_current_head()


def test_a_start_on_an_up_to_date_database_imports_neither_alembic_nor_redis() -> None:
    """Nor compiled code, nor pandas: each takes a tenth of a second or more of every restart."""
    script = """
import sys
import tradertape_server.main
import tradertape_server.platform.database.schema_migration as schema
schema.newest_revision()
print({"alembic", "redis", "numba", "pandas", "pyarrow"} & sys.modules.keys())
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert done.stdout.strip() == "set()", done.stderr


def test_no_column_holds_money_or_quantities_as_a_float() -> None:
    """FAULTS, R1: floats are durations; amounts have 64 bits, prices are texts of decimals."""
    columns = [column for table in all_tables().tables.values() for column in table.columns]
    floats = {column.name for column in columns if isinstance(column.type, (Float, Numeric))}
    assert floats == {"took_ms", "eta_s", "expires_s"}
    # What brokers' files state is kept as stated: fractional units and shares too.
    stated = [column for column in columns if column.table.name.startswith("imported_")]
    amounts = [
        column
        for column in columns
        if re.search("paise|quantity", column.name) and column not in stated
    ]
    prices = [
        column
        for column in columns
        if "price" in column.name or (column in stated and column.name == "quantity")
    ]
    assert amounts
    assert prices
    assert all(isinstance(column.type, BigInteger) for column in amounts)
    assert all(isinstance(column.type, DecimalText) for column in prices)


def test_upgrading_twice_changes_nothing(database_url: str) -> None:
    database = Database(database_url)
    upgrade(database.engine)
    assert current_revision(database.engine) == newest_revision()
    database.close()


def test_keys_of_the_servers_own_commands_are_renamed(database_url: str) -> None:
    """An exit that a stop began before the upgrade is found under its key after it."""
    database = Database(database_url)
    config = alembic_config()
    now = datetime(2026, 1, 5, tzinfo=UTC)
    with database.write() as session:
        session.add(User(id=1, email="trader@example.com", created_at=now))
        session.flush()
        session.add(
            TradingAccount(id=1, user_id=1, scope="kite:paper-a", opening_paise=0, created_at=now)
        )
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0014")
        for kind, key in KEYS:
            connection.execute(
                text(
                    "INSERT INTO intents (account_id, run_id, key, kind, venue, request_hash, "
                    "details, created_at) VALUES (1, 'r', :key, :kind, 'paper', '', '{}', "
                    "'2026-01-01')"
                ),
                {"key": key, "kind": kind},
            )
        command.upgrade(config, "head")
        renamed = list(connection.scalars(text("SELECT key FROM intents ORDER BY id")))
    database.close()
    assert renamed == [*(f"server:{key}" for _, key in KEYS[:4]), KEYS[4][1]]


def test_accounts_and_runs_are_named_by_what_their_orders_move(database_url: str) -> None:
    """By the account's last login; of the built-in sandbox, by its name; unknown ones as real."""
    scopes = {
        1: ("paper", "kite:paper-a"),
        2: ("broker", "kite:SB0001"),  # of the built-in sandbox; another account took its place
        3: ("broker", "kite:AB1234"),  # signed in
        4: ("broker", "upstox:SB0007"),  # nobody knows
    }
    database = Database(database_url)
    config = alembic_config()
    now = datetime(2026, 1, 5, tzinfo=UTC)
    with database.write() as session:
        session.add(User(id=1, email="trader@example.com", created_at=now))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0047")
        for number, (kind, scope) in scopes.items():
            connection.execute(
                text(
                    "INSERT INTO trading_accounts (id, user_id, scope, kind, broker, "
                    "opening_paise, created_at) VALUES (:id, 1, :scope, :kind, 'zerodha', 0, "
                    "'2026-01-01')"
                ),
                {"id": number, "scope": scope, "kind": kind},
            )
        connection.execute(
            text(
                "INSERT INTO broker_sessions (user_id, broker, environment, broker_user_id, "
                "generation, token, logged_in_at, expires_at) VALUES (1, 'kite', 'live', "
                "'AB1234', 1, '', '2026-01-01', '2026-01-02')"
            )
        )
        command.upgrade(config, "head")
        found = dict(connection.execute(text("SELECT id, environment FROM trading_accounts")).all())
    database.close()
    assert found == {1: "paper", 2: "sandbox", 3: "live", 4: None}


def test_watch_lists_whose_names_became_equal_are_numbered(database_url: str) -> None:
    names = ["École", "ÉCOLE", "école (2)", "x" * 39 + "É", "x" * 39 + "é", "Mine"]
    database = Database(database_url)
    config = alembic_config()
    now = datetime(2026, 1, 5, tzinfo=UTC)
    with database.write() as session:
        session.add(User(id=1, email="trader@example.com", created_at=now))
        session.add(User(id=2, email="other@example.com", created_at=now))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0021")
        insert = text(
            "INSERT INTO watchlists (user_id, name, instruments, created_at, updated_at) "
            "VALUES (:user, :name, '[]', '2026-01-01', '2026-01-01')"
        )
        for user, name in [*((1, name) for name in names), (2, "École")]:
            connection.execute(insert, {"user": user, "name": name})
        command.upgrade(config, "head")
        found = list(connection.scalars(text("SELECT name FROM watchlists ORDER BY id")))
    database.close()
    longest = "x" * 39 + "É", "x" * 36 + " (2)"
    assert found == ["École", "ÉCOLE (3)", "école (2)", *longest, "Mine", "École"]


def test_sessions_of_obfuscated_accounts_are_ended(database_url: str) -> None:
    """A server that stopped between the setting and the ends left tokens of the broker."""
    database = Database(database_url)
    config = alembic_config()
    now = datetime(2026, 1, 5, tzinfo=UTC)
    with database.write() as session:
        for number, email in enumerate(("hidden@example.com", "open@example.com"), start=1):
            session.add(User(id=number, email=email, created_at=now))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0052")
        for user, hidden in ((1, True), (2, False)):
            values = {"user": user, "hidden": hidden, "token": b"token"}
            for statement in (
                "INSERT INTO agent_settings (user_id, obfuscation, changed_at) "
                "VALUES (:user, :hidden, '2026-01-01')",
                "INSERT INTO broker_sessions (user_id, broker, environment, broker_user_id, "
                "generation, token, logged_in_at, expires_at) VALUES (:user, 'kite', 'live', "
                "'AB1234', 1, :token, '2026-01-01', '2026-01-02')",
                "INSERT INTO agent_tokens (user_id, kind, broker, token, created_at) "
                "VALUES (:user, 'access', 'kite', :token, '2026-01-01')",
            ):
                connection.execute(text(statement), values)
        command.upgrade(config, "head")
    with database.read() as session:
        rows = session.scalars(select(BrokerSession).order_by(BrokerSession.user_id)).all()
        left = [(bytes(row.token), row.ended_at is None, row.end) for row in rows]
        tokens = list(session.scalars(text("SELECT user_id FROM agent_tokens")))
    database.close()
    assert left == [(b"", False, "disconnected"), (b"token", True, None)]
    assert tokens == [2]
