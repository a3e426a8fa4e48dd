"""Limits and posts of brokers (FAULTS §3): what is proven is always taken, a flood of anything else
is slowed down and keeps nobody from trading."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from packages.server.tests.conftest import FrozenClock

from tradertape_server.container import Container

from .test_postbacks import Heard, update, with_secret

KITE = "/api/brokers/kite/postback"
ORDERS = 30  # placed beside a flood


@pytest.fixture
def heard(person: TestClient, container: Container) -> Heard:
    with_secret(person)
    return Heard(container)


@pytest.fixture
def broker(person: TestClient, app: FastAPI) -> TestClient:
    """The broker's machines: one address, without any sign-in."""
    return TestClient(app, base_url="http://localhost:18777")


def send(broker: TestClient, row: Any) -> httpx.Response:
    return broker.post(KITE, content=json.dumps(row).encode())


def numbered(number: int, **more: Any) -> dict[str, Any]:
    return update(order_id=f"2411240000{number:05d}", **more)


def test_six_hundred_proven_posts_in_a_minute_are_all_taken(
    broker: TestClient, heard: Heard
) -> None:
    answers = Counter(send(broker, numbered(number)).status_code for number in range(600))
    assert answers == {200: 600}
    assert len(set(heard.orders)) == len(heard.orders) == 600


def test_six_hundred_bad_posts_starve_neither_proven_ones_nor_another_users_order(
    broker: TestClient, heard: Heard, app: FastAPI, sign_in: Callable[..., TestClient],
) -> None:  # fmt: skip
    trader = sign_in("other@example.com")
    quotes = trader.post("/api/live/quotes", json={"symbols": ["NSE:INFY"]}).json()["quotes"]
    order = {
        "instrument": "NSE:INFY", "transaction_type": "BUY", "quantity": 1,
        "price": round(quotes["NSE:INFY"]["last_price"] * 0.98),
    }  # fmt: skip
    bad = [numbered(number, secret="another-secret") for number in range(600)]
    answers: list[int] = []
    shares = [bad[start::6] for start in range(6)]

    def flood(rows: list[dict[str, Any]]) -> None:
        stranger = TestClient(app, base_url="http://localhost:18777")
        answers.extend(send(stranger, row).status_code for row in rows)

    threads = [threading.Thread(target=flood, args=(rows,)) for rows in shares]
    for one in threads:
        one.start()
    took: list[float] = []
    for number in range(ORDERS):
        began = time.monotonic()
        placed = trader.post(
            "/api/trading/orders", headers={"Idempotency-Key": f"flood-{number:04d}"}, json=order
        )
        took.append(time.monotonic() - began)
        assert placed.status_code == 201, placed.text
        assert send(broker, numbered(10_000 + number)).status_code == 200
    for one in threads:
        one.join(120)
    assert len(heard.orders) == ORDERS, "each proven one, and none of the others"
    counts = Counter(answers)
    assert counts == {401: 300, 429: 300}
    took.sort()
    sys.stdout.write(
        f"\nflood of 600 unproven posts: {len(took)} orders of another person beside it, median "
        f"{took[len(took) // 2] * 1000:.0f} ms, p99 {took[int(len(took) * 0.99)] * 1000:.0f} ms\n"
    )
    assert took[-1] < 5, took
    assert send(broker, numbered(20_000)).status_code == 200, "the address is over its limit"


def test_a_proven_post_that_is_repeated_is_no_way_around_the_limit(
    broker: TestClient, heard: Heard
) -> None:
    answers = Counter(send(broker, update()).status_code for _ in range(330))
    assert answers == {200: 301, 429: 29}
    assert len(heard.orders) == 1


def test_what_cannot_be_proven_counts_as_any_strangers_request(
    broker: TestClient, heard: Heard, clock: FrozenClock
) -> None:
    """Accounts that nobody has here, and nonsense."""
    posts = [json.dumps(update(user_id="ZZ9999")).encode(), b"[]"]
    answers = Counter(
        broker.post(KITE, content=posts[number % 2]).status_code for number in range(330)
    )
    assert answers == {200: 150, 400: 150, 429: 30}
    assert broker.get("/api/auth/me").status_code == 429
    assert (heard.orders, heard.hints) == ([], [])
    clock.advance(seconds=60)
    assert broker.get("/api/auth/me").status_code == 401
