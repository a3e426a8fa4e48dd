"""A burst of orders at a broker: exits leave beside it, and no limit is exceeded (FAULTS §3)."""

from __future__ import annotations

import itertools
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from broker_plans import SHARE, Json, most_within, p99, placed, refusals, settled
from flow_servers import eventually
from sandbox_server import Person, Place, orders_of, people, served

from tradertape_server.platform.clock import SystemClock

BURST = 1_000 // SHARE
A_SECOND, A_MINUTE = 10, 200  # what Kite takes
HELD = 400  # to sell one of every second
EXIT_EVERY_S, EXIT_P99_S = 1.0, 2.0  # a minute's are what the limiter keeps for exits
OVER = ("COMPLETE", "REJECTED", "CANCELLED")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with served(tmp_path) as found:
        yield found


@pytest.mark.slow
def test_exits_leave_at_once_beside_a_burst_of_a_thousand_entries(place: Place) -> None:
    """Exits before entries before data, and no more orders than the broker takes."""
    (person,) = people(place, 1)
    run = person.live_run()
    assert placed(person.client, run, "key-to-have-some", quantity=HELD), refusals
    eventually(lambda: settled(person, 1), 30, "there is something to sell")
    asked: dict[str, float] = {}
    began = time.monotonic()
    with selling(person, run, asked), ThreadPoolExecutor(100) as pool:
        replies = Counter(pool.map(lambda number: enter(person, run, number), range(BURST)))
        eventually(lambda: none_is_open(person, run), 120, "every entry has left or is given up")
    spent = time.monotonic() - began
    eventually(lambda: none_is_open(person, run), 30, "every order is settled")

    book = {row["tag"]: row for row in person.book()}
    ours = orders_of(person.client, run)
    took = sent_after(asked, ours, book)
    moments = sorted(sent_at(row) for row in book.values())
    given_up = [one for one in ours if one["status"] == "REJECTED"]
    sys.stdout.write(
        f"\nburst: {BURST} entries {dict(replies)} and settled in {spent:.0f} s, {len(book)} "
        f"orders at the broker, at most {most_within(moments, 1.0)} in a second and "
        f"{most_within(moments, 60.0)} in a minute, {len(given_up)} entries given up unsent; "
        f"{len(took)} exits beside them, sent after median {sorted(took)[len(took) // 2]:.2f} s, "
        f"p99 {p99(took):.2f} s\n"
    )
    assert len(book) == len(person.book()), "an order was sent twice"
    assert most_within(moments, 60.0) <= A_MINUTE
    assert most_within(moments, 1.0) <= A_SECOND
    assert not [one for one in given_up if one["tag"] in book]
    assert not [one for one in given_up if one["order_id"] in asked], "an exit was given up"
    assert len(took) == len(asked) >= 10
    assert p99(took) < EXIT_P99_S


def enter(person: Person, run: str, number: int) -> str:
    """Ask for an entry; what came of asking."""
    is_in = placed(person.client, run, f"entry-{number:06d}", tradingsymbol="TCS")
    return "answered" if is_in else "refused"


def none_is_open(person: Person, run: str) -> bool:
    """Whether all entries have ended; exits come and go."""
    found = [one for one in orders_of(person.client, run) if one["tradingsymbol"] == "TCS"]
    return all(one["status"] in OVER for one in found)


@contextmanager
def selling(person: Person, run: str, asked: dict[str, float]) -> Iterator[None]:
    """Sell a share again and again, and note when each sale was asked for, by its order."""
    stop, client = threading.Event(), person.client

    def sell() -> None:
        for number in itertools.count():
            if stop.wait(EXIT_EVERY_S):
                return
            began = SystemClock().now().timestamp()
            sold = placed(client, run, f"exit-{number:06d}", transaction_type="SELL", quantity=1)
            assert sold is not None, refusals
            asked[sold["order_id"]] = began

    seller = threading.Thread(target=sell)
    seller.start()
    try:
        yield
    finally:
        stop.set()
        seller.join(90)


def sent_after(
    asked: Mapping[str, float], ours: list[Json], book: Mapping[str, Json]
) -> list[float]:
    """Seconds from asking for an exit to its arrival at the broker, both by the machine's clock."""
    tags = {one["order_id"]: one["tag"] for one in ours}
    return [sent_at(book[tags[name]]) - at for name, at in asked.items() if tags[name] in book]


def sent_at(row: Json) -> float:
    return datetime.fromisoformat(row["placed_at"]).timestamp()
