"""Fault plans of a broker through the whole server, with their counts printed (FAULTS §3)."""

from __future__ import annotations

import hashlib
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from flow_servers import eventually
from sandbox_server import Person, Place, order, orders_of, people, served

from kite_algo_worker import KiteAlgoWorkerClient, KiteAlgoWorkerError

SHARE = int(os.environ.get("TRADERTAPE_FAULT_SHARE", "4"))  # a quarter; 1: all
PEOPLE, EACH = 20, 100 // SHARE  # 2,000 orders, within what Kite lets an account place in a minute
PACE_S = 0.5
UPDATES = 20_000 // SHARE
OVER = ("COMPLETE", "REJECTED", "CANCELLED")
Json = dict[str, Any]
refusals = Counter[str]()  # why orders were not answered, for whoever reads a failure


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    # A broker posts from one address: the limit on strangers is not what is measured here.
    with served(tmp_path, TRADERTAPE_ANONYMOUS_REQUESTS_PER_MINUTE="1000000") as found:
        yield found


def place_many(person: Person, count: int, pace_s: float) -> None:
    """Place orders at an even pace, each key repeated until it is answered."""
    client, run = person.client, f"run-{person.number}"
    for number in range(count):
        began = time.monotonic()
        while not placed(client, run, f"key-{number:08d}"):
            time.sleep(0.2)
        time.sleep(max(0.0, pace_s - (time.monotonic() - began)))


def placed(client: KiteAlgoWorkerClient, run: str, key: str, **changes: Any) -> Json | None:
    """The answer to an order; None where it is to be repeated under its key."""
    try:
        return client.place_order(run, {**order(), **changes}, idempotency_key=key)
    except (KiteAlgoWorkerError, OSError) as error:
        refusals[str(error)[:200]] += 1
        return None


def all_of(persons: Sequence[Person], work: Callable[[Person], None]) -> None:
    with ThreadPoolExecutor(len(persons)) as pool:
        list(pool.map(work, persons))


def settled(person: Person, count: int) -> bool:
    found = orders_of(person.client, f"run-{person.number}")
    return len([one for one in found if one["status"] in OVER]) == len(found) == count


def compare(persons: Sequence[Person]) -> Counter[str]:
    """Our orders beside the broker's true book: equal, each once."""
    counts = Counter[str]()
    for one in persons:
        ours = orders_of(one.client, f"run-{one.number}")
        tags = Counter(row["tag"] for row in one.book())
        counts["at the broker"] += sum(tags.values())
        counts["ours"] += len(ours)
        counts["doubled"] += sum(count - 1 for count in tags.values())
        sent = {row["tag"] for row in ours if row["status"] != "REJECTED"}
        counts["lost"] += len(sent - set(tags)) + len(set(tags) - {row["tag"] for row in ours})
    return counts


@pytest.mark.slow
def test_two_thousand_orders_whose_answers_are_lost(place: Place) -> None:
    """Accepted, then the connection drops: 0 duplicates, all found by their tag."""
    persons = people(place, PEOPLE)
    all_of(persons, lambda one: one.live_run() and None)
    place.admin(
        "POST", "/faults", json={"kind": "drop_after", "broker": "kite", "endpoint": "place"}
    )
    began = time.monotonic()
    all_of(persons, lambda one: place_many(one, EACH, PACE_S))
    took = time.monotonic() - began
    for one in persons:
        eventually(lambda who=one: settled(who, EACH), 120, "every order is settled")
    counts = compare(persons)
    sys.stdout.write(
        f"\nanswers lost: {PEOPLE * EACH} in {took:.0f} s, all settled "
        f"{time.monotonic() - began - took:.0f} s later: {dict(counts)}\n"
    )
    assert counts["at the broker"] == counts["ours"] == PEOPLE * EACH
    assert (counts["doubled"], counts["lost"]) == (0, 0)


@pytest.mark.slow
def test_twenty_thousand_updates_shuffled_doubled_and_dropped(place: Place) -> None:
    """Postbacks in any order: the book is that of the in-order run, no fill is undone."""
    (person,) = people(place, 1)
    run, client, count = person.live_run(), person.client, 60
    place.admin("POST", "/faults", json={"kind": "updates_lost", "broker": "kite"})
    for number in range(count):
        while not placed(client, run, f"key-{number:08d}", quantity=1 + number % 4):
            time.sleep(0.2)
        time.sleep(0.35)
    rows: list[Json] = []
    for one in person.kite("/orders"):
        time.sleep(0.15)  # the sandbox has the broker's limits
        rows += person.kite(f"/orders/{one['order_id']}")
    draw = random.Random(20_000)
    posts = [signed(draw.choice(rows), person) for _ in range(UPDATES)]
    undone: list[str] = []
    filled: dict[str, int] = {}

    def watch() -> None:
        for one in orders_of(person.client, run):
            if one["filled_quantity"] < filled.get(one["order_id"], 0):
                undone.append(one["order_id"])
            filled[one["order_id"]] = one["filled_quantity"]

    began, answers = time.monotonic(), Counter[int]()
    with ThreadPoolExecutor(8) as pool, httpx.Client(timeout=30) as http:
        for part in parts_of(posts, 2_000):
            answers.update(pool.map(lambda row: post(http, place, row), part))
            watch()
    took = time.monotonic() - began
    true = {row["tag"]: (row["status"], row["filled_quantity"]) for row in person.book()}
    ours = {one["tag"]: (one["status"], one["filled_quantity"]) for one in orders_of(client, run)}
    sys.stdout.write(
        f"\nupdates: {UPDATES} of {len(rows)} states of {count} orders in {took:.0f} s, answers "
        f"{dict(answers)}; fills undone: {len(undone)}; orders that differ: "
        f"{len([one for one in true if ours.get(one) != true[one]])}\n"
    )
    assert answers == {200: UPDATES}
    assert undone == []
    assert ours == true


def parts_of(posts: Sequence[Json], size: int) -> Iterator[Sequence[Json]]:
    yield from (posts[at : at + size] for at in range(0, len(posts), size))


def signed(row: Json, person: Person) -> Json:
    """A state of an order as Kite posts it."""
    text = f"{row['order_id']}{row['order_timestamp']}{person.secret}"
    proof = hashlib.sha256(text.encode()).hexdigest()
    return {**row, "user_id": person.account, "checksum": proof}


def post(http: httpx.Client, place: Place, row: Json) -> int:
    return http.post(f"{place.server.url}/api/brokers/kite/postback", json=row).status_code
