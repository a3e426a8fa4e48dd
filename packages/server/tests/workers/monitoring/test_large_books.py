"""What is asked for every second, beside 300,000 rows of a run that is over: nothing is read whole.

The plans are those the database makes for tables of that size, with their statistics.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text

from tradertape_core.market.calendar import nse_calendar
from tradertape_server.container import Container
from tradertape_server.features.execution.scheduled.session_clock import ExecutionJobs
from tradertape_server.platform.database.engine import Database

pytestmark = pytest.mark.slow
ROWS = 300_000
NUMBERS = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS})"  # noqa: S608
# Tables that grow for years, and what makes a copied row another one. Everything is closed in them.
OLD = "'run-over'"
GROWN = {
    "orders": {
        "order_id": "'old-' || i", "tag": "'o' || i", "run_id": OLD, "is_open": "false",
        "venue_order_id": "'v-' || i",
    },
    "intents": {"id": "1000 + i", "key": "'old-' || i", "run_id": OLD},
    "fills": {"id": "1000 + i", "trade_id": "'old-' || i", "run_id": OLD},
    "postings": {"id": "1000 + i", "entry": "'old-' || i", "run_id": OLD},
    "execution_events": {"seq": "100000 + i", "run_id": OLD},
    "execution_positions": {"run_id": "'over-' || i", "is_open": "false", "quantity": "0"},
    "worker_pnl_points": {"id": "1000 + i"},
}  # fmt: skip
PARTIAL = (
    "ix_orders_open", "ix_execution_positions_open", "ix_intents_unanswered", "ix_intents_servers",
    "ix_intents_baskets", "ix_execution_events_broken_baskets",
)  # fmt: skip
WHOLE_OF_ONE = re.compile(r"\((account_id|run_id)=\?\)$")


def fill(database: Database) -> None:
    """Make a row of each table many, as SQL alone."""
    for table, changes in GROWN.items():  # each by itself: the server's own threads write too
        with database.write() as session:
            connection = session.connection()
            found = connection.execute(text(f"SELECT * FROM {table} LIMIT 0"))  # noqa: S608
            chosen = [changes.get(name, f"one.{name}") for name in found.keys()]  # noqa: SIM118
            connection.exec_driver_sql(
                f"INSERT INTO {table} ({', '.join(found.keys())}) {NUMBERS} "  # noqa: S608 - our own
                f"SELECT {', '.join(chosen)} FROM n, (SELECT * FROM {table} LIMIT 1) AS one"
            )
    with database.write() as session:
        last = "UPDATE execution_cursor SET last_seq = (SELECT MAX(seq) FROM execution_events)"
        session.connection().exec_driver_sql(last)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


@contextmanager
def heard(database: Database) -> Iterator[list[tuple[str, Any]]]:
    said: list[tuple[str, Any]] = []

    def hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        said.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", hear)
    yield said
    event.remove(database.engine, "before_cursor_execute", hear)


def whole_tables(database: Database, said: list[tuple[str, Any]]) -> dict[str, list[str]]:
    """Statements whose plan reads a grown table, or all of an account's or a run's rows of it."""
    is_sqlite = database.engine.dialect.name == "sqlite"
    found: dict[str, list[str]] = {}
    with database.engine.connect() as connection:
        for statement, parameters in said:
            if not re.match(r"SELECT|UPDATE|DELETE", statement.lstrip()):
                continue
            one = parameters[0] if isinstance(parameters, list) and parameters else parameters
            explain = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
            lines = [str(row[-1]) for row in connection.exec_driver_sql(explain + statement, one)]
            wide = [line for line in lines if is_wide(line, has_limit="LIMIT" in statement)]
            if wide:
                found[statement] = lines
    return found


def is_wide(line: str, *, has_limit: bool) -> bool:
    if read := re.search(r"Seq Scan on (\w+)", line):
        return read[1] in GROWN
    read = re.match(r"(SCAN|SEARCH) (\w+)", line)
    if not read or read[2] not in GROWN or has_limit or any(name in line for name in PARTIAL):
        return False
    if read[1] == "SCAN":
        return True
    is_few = read[2] == "execution_positions" and "(run_id=?)" in line  # a run has few
    return bool(WHOLE_OF_ONE.search(line)) and not is_few


def test_what_is_asked_for_every_second_reads_no_whole_table(
    container: Container, worker: Any, new_run: Any, buy: Any, api: Any
) -> None:
    caller = worker()
    new_run(caller)
    place = api("runs/run-1/intents")
    assert caller.post(place, json=buy("key-00001")).status_code == 200
    resting = buy("key-00002", order_type="LIMIT", price=1450.0)
    assert caller.post(place, json=resting).status_code == 200
    recorder, guardian = container.workers.recorder, container.guardian
    recorder.record()
    container.execution.trader.stop()  # its memory would be older than the books
    fill(container.database)
    container.execution.trader.start()
    timeline = api("runs/run-1/timeline")
    last = container.execution.last_cursor()
    recorder._last.clear()  # it stores a point, and deletes old ones
    recorder._pruned_at = None
    jobs = ExecutionJobs(container.execution, nse_calendar(), container.clock)

    with heard(container.database) as said:
        for _ in range(2):
            jobs.run_once()
            guardian.check_all()
            recorder.record()
        container.notifications.collector.step()
        for after in (0, last):
            shown = caller.get(timeline, params={"after_cursor": after})
            assert shown.status_code == 200, shown.text
        # A worker's and the console's own reads, several times a second.
        for path in ("", "/safety-check", "/pnl", "/funds"):
            assert caller.get(api(f"runs/run-1{path}")).status_code == 200, path
        fresh = buy("key-00003", quantity=1)
        assert caller.post(place, json=fresh).status_code == 200
    assert any("FROM worker_pnl_points" in statement for statement, _ in said), "the retention"
    assert any("FROM execution_events" in statement for statement, _ in said), "the timeline"
    assert any("FROM intents" in statement for statement, _ in said), "the unanswered"
    found = whole_tables(container.database, said)
    assert not found, "\n".join(f"{statement}: {lines}" for statement, lines in found.items())
