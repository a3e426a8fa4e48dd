"""Fault plans of a broker through the whole server, with their counts printed (FAULTS §3)."""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from broker_plans import (
    PACE_S,
    SHARE,
    Json,
    all_of,
    compare,
    place_many,
    placed,
    post,
    refusals,
    rejected,
    settled,
    signed,
)
from flow_servers import eventually
from sandbox_server import Place, orders_of, people, served

PEOPLE, EACH = 20, 100 // SHARE  # 2,000 orders
# An account with an order in doubt places no other: each takes as long as its book is late.
LATE_S, LATE_PEOPLE, LATE_EACH = 45, 10, max(2, 8 // SHARE)
UPDATES = 20_000 // SHARE


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    # A broker posts from one address: the limit on strangers is not what is measured here.
    with served(tmp_path, TRADERTAPE_ANONYMOUS_REQUESTS_PER_MINUTE="1000000") as found:
        yield found


@pytest.mark.slow
def test_two_thousand_orders_whose_answers_are_lost(place: Place) -> None:
    """Accepted, then the connection drops: 0 duplicates, all found by their tag."""
    persons = people(place, PEOPLE)
    all_of(persons, lambda one: one.live_run())
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
        f"{time.monotonic() - began - took:.0f} s later: {dict(counts)}; repeated because "
        f"{dict(refusals)}\n"
    )
    assert rejected(persons) == []
    assert counts["at the broker"] == counts["ours"] == PEOPLE * EACH
    assert (counts["doubled"], counts["lost"]) == (0, 0)


@pytest.mark.slow
def test_an_order_book_that_is_up_to_45_s_late(place: Place) -> None:
    """Not found is not "not placed": 0 duplicates, 0 given up that were there."""
    persons = people(place, LATE_PEOPLE)
    all_of(persons, lambda one: one.live_run())
    for plan in (
        {"kind": "drop_after", "endpoint": "place"},
        {"kind": "late_book", "delay_s": LATE_S, "seed": 11},
        {"kind": "updates_lost"},
    ):
        place.admin("POST", "/faults", json={"broker": "kite", **plan})
    began = time.monotonic()
    all_of(persons, lambda one: place_many(one, LATE_EACH, PACE_S))
    for one in persons:
        eventually(lambda who=one: settled(who, LATE_EACH), 240, "every order is settled")
    counts = compare(persons)
    gone = rejected(persons)
    sys.stdout.write(
        f"\nbook up to {LATE_S} s late, no update: {time.monotonic() - began:.0f} s for "
        f"{LATE_EACH} orders each of {LATE_PEOPLE} people, one after another: "
        f"{dict(counts)}, taken for never placed: {len(gone)}\n"
    )
    assert counts["at the broker"] == counts["ours"] == LATE_PEOPLE * LATE_EACH
    assert (counts["doubled"], counts["lost"], gone) == (0, 0, [])


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
