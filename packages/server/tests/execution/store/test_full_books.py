"""Books that grow for years: cash is a balance that is kept, and neither a start nor the jobs of
every second read what is closed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from alembic import command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packages.server.tests.doubles.accounts import paper_account
from sqlalchemy import event, select, text

from tradertape_core.kernel.clock import IST
from tradertape_core.market.calendar import nse_calendar
from tradertape_server.features.execution.errors import OrderDenied
from tradertape_server.features.execution.scheduled.session_clock import ExecutionJobs
from tradertape_server.features.execution.service import ExecutionService, RunRef
from tradertape_server.features.execution.store import repository
from tradertape_server.features.execution.store.models import AccountCash
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.database.schema_migration import alembic_config

BOOKS = "orders|intents|postings|fills|execution_events|execution_positions"
# What may be read of them: rows named by their keys, and the few of a partial index.
PARTIAL = (
    "ix_orders_open",
    "ix_execution_positions_open",
    "ix_intents_unanswered",
    "ix_intents_servers",
)
Said = list[tuple[str, Any]]


@pytest.fixture
def trade(execution: ExecutionService, run: RunRef, order: Any, market: Any) -> Any:
    """Trade shares of INFY at a price; the ids of the order and of its trade."""
    numbers = iter(range(1, 100_000))

    def trade(side: str, quantity: int, price: str, product: str = "MIS") -> tuple[str, str]:
        market.trade("NSE:INFY", price)
        asked = order(transaction_type=side, quantity=quantity, product=product)
        body = execution.place(run, asked, key=f"key-{next(numbers):05}").document
        return body["order_id"], f"{body['order_id']}-1"

    return trade


def kept_and_summed(database: Database, account: int) -> tuple[int | None, int]:
    with database.read() as session:
        kept = session.scalar(select(AccountCash.paise).where(AccountCash.account_id == account))
        return kept, repository.summed_cash(session, account)


STEP = st.one_of(
    st.tuples(
        st.sampled_from(["BUY", "SELL"]), st.integers(1, 20), st.integers(1400, 1600),
        st.sampled_from(["MIS", "CNC"]),
    ),
    st.just("void"),
    st.just("restart"),
)  # fmt: skip


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(STEP, max_size=8))
def test_the_kept_cash_is_always_the_sum_of_the_postings(
    execution: ExecutionService, run: RunRef, trade: Any, database: Database, steps: list[Any]
) -> None:
    """After buys, sells, trades taken back and recoveries from the database, each time."""
    filled: list[tuple[str, str]] = []
    for step in steps:
        if step == "restart":
            execution.trader.stop()
            execution.trader.start()
        elif step == "void":
            if filled:
                execution.void(*filled.pop())
        else:
            with suppress(OrderDenied):  # more than is held, or than the cash can pay
                filled.append(trade(step[0], step[1], f"{step[2]}.00", step[3]))
        kept, summed = kept_and_summed(database, run.account_id)
        assert kept == summed == execution.funds(run.account_id).cash_paise


def test_the_capital_of_a_new_account_is_its_first_balance(
    execution: ExecutionService, user_id: int, database: Database
) -> None:
    account = paper_account(execution, user_id, "kite:paper-b")
    assert execution.funds(account).cash_paise > 0
    kept, summed = kept_and_summed(database, account)
    assert kept in (None, summed)
    assert execution.funds(account).cash_paise == summed


def test_the_migration_keeps_the_cash_of_accounts_that_traded(
    execution: ExecutionService, run: RunRef, trade: Any, database: Database, engine: str
) -> None:
    trade("BUY", 10, "1500.00")
    trade("SELL", 4, "1510.00")
    execution.trader.stop()
    before, _ = kept_and_summed(database, run.account_id)
    config = alembic_config()
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0019")
        assert not tables(connection, engine) & {"account_cash"}
        assert indexes(connection, engine) & {*PARTIAL} == set()
        assert "ix_orders_is_open" in indexes(connection, engine)
        command.upgrade(config, "0020")
        assert {*PARTIAL} <= indexes(connection, engine)
        command.upgrade(config, "head")
    assert kept_and_summed(database, run.account_id) == (before, before)


def tables(connection: Any, engine: str) -> set[str]:
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
        "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
    }[engine]
    return set(connection.scalars(text(query)))


def indexes(connection: Any, engine: str) -> set[str]:
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index'",
        "postgresql": "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'",
    }[engine]
    return set(connection.scalars(text(query)))


@contextmanager
def heard(database: Database) -> Iterator[Said]:
    """What is said to the database meanwhile, with its parameters."""
    said: Said = []

    def hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        said.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", hear)
    yield said
    event.remove(database.engine, "before_cursor_execute", hear)


def scans(database: Database, engine: str, said: Said) -> dict[str, list[str]]:
    """Statements that read a table of the books by anything but a key or a partial index."""
    found: dict[str, list[str]] = {}
    explain = {"sqlite": "EXPLAIN QUERY PLAN ", "postgresql": "EXPLAIN "}[engine]
    with database.engine.connect() as connection:
        if engine == "postgresql":  # of tables as small as these it would read everything
            connection.exec_driver_sql("SET enable_seqscan = off")
        for statement, parameters in said:
            if not re.match(r"SELECT|UPDATE|DELETE", statement.lstrip()):
                continue
            many = isinstance(parameters, list)
            rows = connection.exec_driver_sql(
                explain + statement, parameters[0] if many and parameters else parameters
            )
            lines = [str(row[-1]) for row in rows]
            if wide := [line for line in lines if is_wide(line, engine)]:
                found[statement] = wide
    return found


def is_wide(line: str, engine: str) -> bool:
    if engine == "postgresql":
        read = re.search(rf"(Seq Scan|Index Scan|Index Only Scan).* on ({BOOKS})\b", line)
        return bool(read) and "Seq Scan" in line
    read = re.match(rf"(SCAN|SEARCH) ({BOOKS})\b", line)
    if not read or any(name in line for name in PARTIAL):
        return False
    return read[1] == "SCAN" or "(account_id=?)" in line or "(run_id=?)" in line


def test_a_start_and_every_second_read_only_what_is_open(
    execution: ExecutionService, start: Callable[..., ExecutionService], run: RunRef, trade: Any,
    order: Any, database: Database, engine: str, clock: Any,
) -> None:  # fmt: skip
    trade("BUY", 10, "1500.00")
    resting = order(order_type="LIMIT", price=1450)
    execution.place(run, resting, key="resting-1")
    execution.trader.stop()
    with heard(database) as at_start:
        again = start()
        again.place(run, order(quantity=1), key="first-after")
    assert any("FROM orders" in statement for statement, _ in at_start)
    assert scans(database, engine, at_start) == {}

    jobs = ExecutionJobs(again, nse_calendar(), clock)
    local = clock.now().astimezone(IST)
    clock.advance(hours=15.4 - local.hour - local.minute / 60)  # past the square-off
    with heard(database) as every_second:
        jobs.run_once()
        jobs.run_once()
    assert any("FROM execution_positions" in statement for statement, _ in every_second)
    assert scans(database, engine, every_second) == {}
    clock.advance(seconds=timedelta(days=1).total_seconds())
    with heard(database) as next_day:
        jobs.run_once()
    assert scans(database, engine, next_day) == {}
