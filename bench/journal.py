"""Every page of the journal with 100,000 uploaded trades, 50,000 fills of this server and notes.

Starts a server on a new home folder, imports one tradebook, waits for its reckoning, and writes
down what a busy person has besides: 50,000 fills of paper runs, 2,000 fills of a live account, and
notes on 5,000 trades. Reads every page of the journal 60 times, live and paper. Prints p50 and p99
(gate 300 ms), the first answer with all these fills and when they were read (until then an answer
says so, within 300 ms), the time of an export, and the longest answer of a ping every 20 ms beside
all this (gate 250 ms). Then fills are added one at a time, and the first answer
after each is timed (gate 300 ms). Then a second person floods the journal from eight connections
while the first one's requests are timed.

usage: journal.py [TRADES]
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import threading
import time
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
from sqlalchemy import insert
from uploads import PAGE_MS, STALL_MS, Pings, server
from wealth_book import Reader, import_all

from tradertape_core.kernel.clock import IST
from tradertape_server.features.auth.models import User
from tradertape_server.features.auth.sign_in.sessions import open_session
from tradertape_server.features.execution.store.models import FillRow, TradingAccount
from tradertape_server.features.trade_journal.models import JournalEntry
from tradertape_server.platform.database.engine import Database
from tradertape_server.setting_groups import account_policy
from tradertape_server.settings import Settings

READS, NOTES, FILLS, LIVE_FILLS, NEW_FILLS = 60, 5_000, 50_000, 2_000, 20
FLOOD_S = 10
GROUPS = (
    "setup", "tag", "mistake", "symbol", "weekday", "hour", "side", "kind", "held", "month",
    "account",
)  # fmt: skip
BEGIN = datetime(2024, 1, 1, 10, 0, tzinfo=IST)


def pages(trip: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Name, path and query of every page."""
    found: list[tuple[str, str, dict[str, Any]]] = [("status", "status", {})]
    for money in ("live", "paper"):
        what = {"money": money, "limit": 100}
        found += [
            (f"trips, {money}", "trips", what),
            (f"trips, {money}, by net", "trips", {**what, "sort": "net", "state": "closed"}),
            (f"trips, {money}, page 200", "trips", {**what, "offset": 19_900}),
            (f"trips, {money}, a setup", "trips", {**what, "setup": "Setup 3"}),
            (f"trips, {money}, filtered", "trips", {**what, "symbol": "A", "side": "long"}),
            *(
                (f"statistics, {money}, {by}", "statistics", {"money": money, "by": by})
                for by in GROUPS
            ),
            (f"heatmap, {money}", "heatmap", {"money": money}),
            (f"calendar, {money}", "calendar", {"money": money, "year": 2020}),
            (f"discovery, {money}", "discovery", {"money": money}),
        ]
    return [*found, ("a trip", f"trips/{trip}", {}), ("words", "words", {}), ("lost", "lost", {})]


def write_down(home: str, keys: list[str]) -> str:
    """Write notes and fills into the database as the server would have, and make a second person
    who has as many fills; the session of that one."""
    database = Database(f"sqlite:///{home}/tradertape.db")
    now = datetime.now(IST)
    with database.write() as session:
        session.execute(insert(JournalEntry), [_entry(n, key) for n, key in enumerate(keys)])
        other = User(email="other@example.com", created_at=now)
        session.add(other)
        session.flush()
        paper, live = (
            {"kind": "paper", "environment": "paper"},
            {"kind": "broker", "environment": "live"},
        )
        for user_id, scope, many, values in (
            (1, "kite:paper-a", FILLS, paper),
            (1, "kite:ZZ0001", LIVE_FILLS, live),
            (other.id, "kite:ZZ0002", FILLS, live),
        ):
            account = TradingAccount(
                user_id=user_id, scope=scope, opening_paise=0, created_at=BEGIN, **values
            )
            session.add(account)
            session.flush()
            session.execute(insert(FillRow), [_fill(account.id, n) for n in range(many)])
        key = open_session(
            session,
            other,
            method="bench",
            ip="127.0.0.1",
            user_agent="bench",
            now=now,
            life=account_policy(Settings()).life,
        )
    database.close()
    return key


def _entry(number: int, key: str) -> dict[str, Any]:
    return {
        "user_id": 1, "trip_key": key, "symbol": "X", "opened_on": BEGIN.date(),
        "setup": f"Setup {number % 12}", "tags": [f"tag {number % 30}"], "rating": None,
        "mistakes": ["No plan"] if number % 5 == 0 else [], "stop_price": None,
        "note": "What happened, and what to do differently. " * 4, "updated_at": BEGIN,
    }  # fmt: skip


def _fill(account: int, number: int) -> dict[str, Any]:
    """Round trips within minutes: 40 runs, 25 shares."""
    pair, is_sale = divmod(number, 2)
    return {
        "account_id": account, "trade_id": f"own-{number}", "order_id": f"own-{number}",
        "run_id": f"run-{pair % 40}", "instrument": f"NSE:SHARE{pair % 25}", "product": "MIS",
        "side": "SELL" if is_sale else "BUY", "quantity": 10,
        "price": Decimal(100 + (number * 7919 % 300) / 100).quantize(Decimal("0.05")),
        "charges_paise": 900, "charges": {},
        "at": BEGIN + timedelta(days=pair // 60, minutes=number % 300),
    }  # fmt: skip


def read_all(reader: Reader, trip: str) -> bool:
    """Print the times of every page; whether each p99 is within its gate."""
    is_good = True
    print(f"{'page':<34} {'p50 ms':>8} {'p99 ms':>8} {'kB':>7}")
    for name, page, query in pages(trip):
        times = sorted(reader.timed_ms(page, **query) for _ in range(READS))
        size = len(reader.get(page, **query).content) / 1024
        is_good &= times[-1] < PAGE_MS
        mark = "" if times[-1] < PAGE_MS else "  over the gate"
        print(f"{name:<34} {statistics.median(times):>8.1f} {times[-1]:>8.1f} {size:>7.0f}{mark}")
    for money in ("live", "paper"):
        print(f"{f'export, {money}':<34} {reader.timed_ms('export', money=money):>8.0f}")
    return is_good


def first_read(reader: Reader, pings: Pings) -> bool:
    """Time the answers until all fills are read; whether each was within its gate."""
    start, times = time.perf_counter(), list[float]()
    while True:
        times.append(reader.timed_ms("status"))
        if reader.get("status").json()["traded_here"] == "ready":
            break
        time.sleep(0.05)
    took, ping = time.perf_counter() - start, pings.reset()
    print(
        f"{FILLS:,} new fills: first answer {times[0]:.0f} ms, longest {max(times):.0f} ms; "
        f"all read after {took:.1f} s, longest ping {ping:.0f} ms"
    )
    return max(times) < PAGE_MS and ping < STALL_MS


def after_new_fills(reader: Reader, home: str) -> bool:
    """Time the first answer after a fill, of both kinds of money; the fill must be in it."""
    database = Database(f"sqlite:///{home}/tradertape.db")
    with database.read() as session:
        accounts = session.query(TradingAccount.id, TradingAccount.environment)
        by_money = {money: row_id for row_id, money in accounts.filter_by(user_id=1)}
    is_good = True
    for money, account in by_money.items():
        before, times = reader.get("status").json()[money], list[float]()
        for number in range(FILLS, FILLS + NEW_FILLS):
            fill = {**_fill(account, number), "at": datetime.now(IST)}
            with database.write() as session:
                session.execute(insert(FillRow), [fill])
            times.append(reader.timed_ms("trips", money=money, limit=100))
        grown = reader.get("status").json()[money] - before
        print(
            f"first answer after a new fill, {money}: p50 {statistics.median(times):.0f} ms, "
            f"longest {max(times):.0f} ms; {grown} more trips of {NEW_FILLS} fills"
        )
        is_good &= max(times) < PAGE_MS and grown == NEW_FILLS // 2
    database.close()
    return is_good


def flood(mine: Reader, other: Reader) -> bool:
    """Time one person's pages while another asks for theirs from eight connections."""
    until, statuses = time.monotonic() + FLOOD_S, dict[int, int]()
    lock = threading.Lock()

    def ask() -> None:
        with httpx.Client() as client:
            reader = Reader(other.url, other.headers, client, "journal")
            while time.monotonic() < until:
                for page in ("discovery", "statistics", "trips", "status"):
                    status = reader.get(page, money="live").status_code
                    with lock:
                        statuses[status] = statuses.get(status, 0) + 1

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for one in threads:
        one.start()
    times: list[float] = []
    while time.monotonic() < until:
        times.append(mine.timed_ms("trips", limit=100))
        time.sleep(0.02)
    for one in threads:
        one.join()
    times.sort()
    worst = times[int(len(times) * 0.99)]
    print(
        f"beside a flood of {sum(statuses.values()) / FLOOD_S:.0f} requests a second {statuses}: "
        f"trips p50 {statistics.median(times):.0f} ms, p99 {worst:.0f} ms"
    )
    return worst < PAGE_MS


def main() -> None:
    """Measure all of it."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with (
        tempfile.TemporaryDirectory() as home,
        server(home) as (url, headers, _),
        httpx.Client() as c,
    ):
        wealth = Reader(url, headers, c)
        print(f"import of {many:,} trades: {import_all(wealth, many):.1f} s")
        print(f"reckoning: {wealth.until_ready()[0]:.1f} s")
        mine = Reader(url, headers, c, "journal")
        keys = [
            one["key"]
            for offset in range(0, NOTES, 500)
            for one in mine.get("trips", limit=500, offset=offset, state="closed").json()
        ]
        pings = Pings(url)
        other = {**headers, "Cookie": f"kite_session={write_down(home, keys)}"}
        pings.reset()
        is_good = first_read(mine, pings)
        is_good &= read_all(mine, keys[0])
        longest = pings.reset()
        print(f"longest ping beside the pages: {longest:.0f} ms")
        is_good &= longest < STALL_MS
        pings.stop()
        is_good &= after_new_fills(mine, home)
        is_good &= flood(mine, Reader(url, other, c, "journal"))
    sys.exit(0 if is_good else 1)


if __name__ == "__main__":
    main()
