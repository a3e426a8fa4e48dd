"""How long a server with full books takes to trade again after `kill -9`.

The books of ten accounts are filled with copies of orders that were really placed, with their
events, fills, postings and keys, in one file of SQLite. Each round kills the server while workers
place orders, starts it again, and stops the time when the first new order is accepted: the start
of the interpreter, the recovery of what was on its way and the first batch are all in it. The
server's CPU seconds are told beside it: on a busy machine they say what a quiet one would do.

usage: restart.py [ORDERS] [ROUNDS]
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http.client import HTTPException
from pathlib import Path
from typing import Any

from orders import PREFIX, SHARES, Client, token_of, wait_for
from over_http import free_port

ACCOUNTS, GATE_S, PART = 10, 5.0, 20_000
ID_DIGITS = 18


class Server:
    """A server of its own on a home folder, killed and started again."""

    def __init__(self, home: str) -> None:
        self.port = free_port()
        # An installed server has its bytecode; without it every start compiles 600 modules.
        self._environment = {
            **{k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"},
            "TRADERTAPE_HOME": home,
            "TRADERTAPE_REQUESTS_PER_MINUTE": "100000000",
            "TRADERTAPE_ANONYMOUS_REQUESTS_PER_MINUTE": "100000000",
            "TRADERTAPE_LOG_LEVEL": "error",
        }
        self._process: subprocess.Popen[str] | None = None

    def start(self, *options: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tradertape_server", "serve", "--port", str(self.port)]
        self._process = subprocess.Popen(
            [*command, *options], env=self._environment, stdout=subprocess.PIPE, text=True
        )
        return self._process

    @property
    def cpu_s(self) -> float:
        """CPU seconds of the process so far."""
        assert self._process is not None
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def end(self) -> None:
        """Stop it as an operator would, so that all of it is in the file."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()


class Worker:
    """Buys and sells one share in a run of its own, on an account of its own."""

    def __init__(self, port: int, token: str, number: int) -> None:
        self._client = Client(port, {"Authorization": f"Bearer {token}"})
        self.run, self._share = f"bench-{number}", SHARES[number % len(SHARES)]
        self._count = 0
        self._client.ask(
            "POST",
            f"{PREFIX}/runs",
            {
                "strategy_run_id": self.run,
                "template_id": "bench",
                "account_scope": f"kite:bench-{number}",
                "execution_mode": "paper",
            },
        )

    def place(self, *, resting: bool = False) -> str:
        order: dict[str, Any] = {
            "exchange": "NSE",
            "tradingsymbol": self._share,
            "transaction_type": "SELL" if self._count % 2 and not resting else "BUY",
            "product": "CNC",
            "order_type": "MARKET",
            "quantity": 1,
        }
        if resting:
            asked = {"symbols": [f"NSE:{self._share}"]}
            quotes = self._client.ask("POST", f"{PREFIX}/market/quotes", asked)["quotes"]
            last = next(iter(quotes.values()))["last_price"]
            order |= {"order_type": "LIMIT", "price": round(last * 0.97)}
        body = {
            "intent_type": "place_order",
            "payload": {"order": order},
            "idempotency_key": f"{self.run}:{os.urandom(8).hex()}",
        }
        answer = self._client.ask("POST", f"{PREFIX}/runs/{self.run}/intents", body)
        self._count += 0 if resting else 1
        return str(answer["order_id"])


def open_accounts(port: int, token: str) -> None:
    """Open the paper account of each worker."""
    client = Client(port, {"Authorization": f"Bearer {token}"})
    for number in range(ACCOUNTS):
        client.ask("POST", f"{PREFIX}/accounts", {"account_scope": f"kite:bench-{number}"})


def fill_books(file: Path, templates: list[str], count: int) -> None:
    """Copy the orders of the templates, and all that was stored with them."""
    database = sqlite3.connect(file, isolation_level=None)
    database.execute("PRAGMA synchronous = OFF")
    (last,) = database.execute("SELECT last_seq FROM execution_cursor").fetchone()
    each = count // len(templates)
    for number, template in enumerate(templates):
        for begin in range(0, each, PART):
            span = (number * each + begin, min(PART, each - begin))
            last += copies(database, template, *span, last)
    database.execute("UPDATE execution_cursor SET last_seq = ?", (last,))
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    os.sync()  # books are filled in years: the disk is not busy with them at a start


def copies(database: sqlite3.Connection, template: str, first: int, count: int, last: int) -> int:
    """Copy one order so many times, in one transaction; how many events that made."""
    (events,) = database.execute(
        "SELECT count(*) FROM execution_events WHERE order_id = ?", (template,)
    ).fetchone()
    (tag, key, run), (trade,) = (
        database.execute(
            "SELECT o.tag, i.key, i.run_id FROM orders o JOIN intents i ON i.run_id = o.run_id "
            "WHERE o.order_id = ? AND instr(i.details, o.order_id)", (template,)
        ).fetchone(),
        database.execute("SELECT trade_id FROM fills WHERE order_id = ?", (template,)).fetchone(),
    )  # fmt: skip
    values = {
        "old": template, "trade": trade, "key": key, "run": run, "tag": tag, "first": first,
        "count": count, "last": last, "events": events,
    }  # fmt: skip
    database.execute("BEGIN")
    for table, columns, where in (
        ("orders", ("order_id", "tag", "document"), "order_id = :old"),
        ("execution_events", ("order_id", "payload", "resource_id"), "order_id = :old"),
        ("fills", ("order_id", "trade_id"), "order_id = :old"),
        ("postings", ("entry",), "entry = 'fill:' || :trade"),
        ("intents", ("key", "details", "answer"), "run_id = :run AND key = :key"),
    ):
        copy_rows(database, table, columns, where, values)
    database.execute("COMMIT")
    return events * count


def copy_rows(
    database: sqlite3.Connection,
    table: str,
    changed: tuple[str, ...],
    where: str,
    values: dict[str, Any],
) -> None:
    names = [row[1] for row in database.execute(f"PRAGMA table_info({table})") if row[1] != "id"]
    new = f"printf('%0{ID_DIGITS}d', n)"

    def column(name: str) -> str:
        if name == "seq":
            return (
                ":last + (n - :first) * :events + row_number() OVER (PARTITION BY n ORDER BY seq)"
            )
        if name == "tag":
            return "'TB' || " + new
        if name == "key":
            return "'old:' || " + new
        if name in changed:
            return f"replace(replace({name}, :trade, :old || '-' || n), :old, '1' || {new})"
        return name

    # Names of tables and columns are this file's and the schema's, no text of anybody's.
    selected = f"SELECT {', '.join(map(column, names))} FROM {table}, numbers WHERE {where}"  # noqa: S608
    counted = "SELECT :first UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :first + :count"
    database.execute(
        f"WITH RECURSIVE numbers(n) AS ({counted}) "
        f"INSERT INTO {table} ({', '.join(names)}) {selected}",
        values,
    )


def trade_until_killed(workers: list[Worker], server: Server, seconds: float) -> None:
    """Have every worker place orders, and kill the server in the middle of it."""

    def loop(worker: Worker) -> None:
        try:
            while True:
                worker.place()
        except (OSError, RuntimeError, ValueError, HTTPException):
            return

    threads = [threading.Thread(target=loop, args=(one,)) for one in workers]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    server.kill()
    for thread in threads:
        thread.join()


def seconds_to_trade(server: Server, token: str, number: int) -> float:
    """Start the server; seconds until an order is accepted."""
    began = time.perf_counter()
    server.start()
    while True:
        try:
            Worker(server.port, token, number).place()
        except (OSError, RuntimeError, HTTPException):
            time.sleep(0.02)
        else:
            return time.perf_counter() - began


def main(count: int, rounds: int) -> int:
    with tempfile.TemporaryDirectory(prefix="tradertape-bench-") as home:
        server = Server(home)
        try:
            started = server.start("--demo", "--json")
            assert started.stdout is not None
            demo = json.loads(started.stdout.readline())["demo"]
            wait_for(server.port)
            token = token_of(server.port, demo)
            open_accounts(server.port, token)
            workers = [Worker(server.port, token, number) for number in range(ACCOUNTS)]
            templates = [one.place() for one in workers for _ in range(2)]
            for one in workers:
                one.place()
                one.place(resting=True)
            server.end()
            file = next(Path(home).glob("*.db"))
            fill_books(file, templates, count)
            print(f"{count:,} orders in {file.stat().st_size / 1e9:.1f} GB", file=sys.stderr)
            return measure(server, token, rounds)
        finally:
            server.kill()


def measure(server: Server, token: str, rounds: int) -> int:
    took: list[float] = []
    cpu: list[float] = []
    seconds_to_trade(server, token, 0)
    for number in range(rounds):
        workers = [Worker(server.port, token, one) for one in range(ACCOUNTS)]
        trade_until_killed(workers, server, 0.5 + number % 3 / 5)
        took.append(seconds_to_trade(server, token, number % ACCOUNTS))
        cpu.append(server.cpu_s)
        print(f"round {number + 1}: {took[-1]:.2f} s, CPU {cpu[-1]:.2f} s", file=sys.stderr)
    print(
        f"start after a kill until the first order: p50 {statistics.median(took):.2f} s, "
        f"p99 {p99(took):.2f} s of {rounds} (gate {GATE_S} s); CPU seconds of the server: "
        f"p50 {statistics.median(cpu):.2f}, p99 {p99(cpu):.2f}"
    )
    return 0 if p99(took) <= GATE_S else 1


def p99(values: list[float]) -> float:
    return sorted(values)[min(int(len(values) * 0.99), len(values) - 1)]


if __name__ == "__main__":
    given = [int(one) for one in sys.argv[1:]]
    sys.exit(main(given[0] if given else 1_000_000, given[1] if len(given) > 1 else 20))
