"""What is held at brokers: one shape, kept for half a minute, stale rather than an error."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from threading import Event
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from packages.server.tests.conftest import FrozenClock
from packages.server.tests.doubles.scripted_broker import ScriptedBroker, session_at

from tradertape_brokers.errors import Refused, SessionExpired, Unavailable
from tradertape_brokers.port import Connection
from tradertape_brokers.portfolio import Holding
from tradertape_core.orders.order import Product
from tradertape_server.container import Container
from tradertape_server.features.brokerage.accounts import Environment

INFY = Holding(
    broker="kite", exchange="NSE", tradingsymbol="INFY", isin="INE009A01021", product=Product.CNC,
    quantity=10, average_price=Decimal(1400), last_price=Decimal(1500), close_price=Decimal(1480),
)  # fmt: skip


class NoOrders:
    """An account without orders."""

    def order_book(self) -> tuple[()]:
        return ()

    def cancel(self, *_: object) -> None:
        raise Refused("there is no such order")


class Portfolio:
    """Counts the calls; fails with what the test says."""

    def __init__(self) -> None:
        self.calls = 0
        self.failure: Exception | None = None

    def holdings(self) -> list[Holding]:
        self.calls += 1
        if self.failure is not None:
            raise self.failure
        return [INFY]


@pytest.fixture
def portfolio() -> Portfolio:
    return Portfolio()


@pytest.fixture
def person(
    sign_in: Callable[..., TestClient], container: Container, clock: FrozenClock,
    portfolio: Portfolio,
) -> TestClient:  # fmt: skip
    """Signed in, and connected to a scripted broker."""
    person = sign_in()
    ports = Connection(orders=cast("Any", NoOrders()), portfolio=cast("Any", portfolio))
    broker = ScriptedBroker(ports=ports)
    container.connections._brokers = lambda _: cast("Any", broker)
    user = person.get("/api/auth/me").json()["id"]
    container.connections.connect(user, Environment.LIVE, session_at(clock.now()))
    return person


def test_holdings_are_a_bare_list_kept_for_half_a_minute(
    person: TestClient, portfolio: Portfolio, clock: FrozenClock
) -> None:
    first = person.get("/api/portfolio/holdings")
    clock.advance(seconds=12)
    second = person.get("/api/portfolio/holdings")
    refreshed = person.get("/api/portfolio/holdings?refresh=1")
    clock.advance(seconds=31)
    person.get("/api/portfolio/holdings")

    (row,) = first.json()
    assert (row["symbol"], row["value"], row["pnl"], row["day_change"]) == (
        "INFY", 15000.0, 1000.0, 200.0,
    )  # fmt: skip
    headers = [(one.headers["X-Cache"], one.headers["X-Data-Age"])
               for one in (first, second, refreshed)]  # fmt: skip
    assert headers == [("MISS", "0"), ("HIT", "12"), ("MISS", "0")]
    assert portfolio.calls == 3


def test_a_broker_that_fails_gives_the_last_copy_as_stale(
    person: TestClient, portfolio: Portfolio, clock: FrozenClock
) -> None:
    portfolio.failure = Unavailable("down")
    assert person.get("/api/portfolio/holdings").status_code == 503
    portfolio.failure = None
    assert person.get("/api/portfolio/holdings").status_code == 503, "it is left alone for 5 s"
    clock.advance(seconds=6)
    assert person.get("/api/portfolio/holdings").status_code == 200
    clock.advance(seconds=60)
    portfolio.failure = Unavailable("down")

    answer = person.get("/api/portfolio/holdings")

    assert (answer.status_code, answer.headers["X-Data-Age"]) == (200, "60")
    assert answer.json()[0]["stale"] is True
    assert answer.headers["X-Failed-Accounts"] == "kite:SB0001"


def test_an_expired_session_is_asked_once_and_then_409_with_a_login(
    person: TestClient, portfolio: Portfolio
) -> None:
    portfolio.failure = SessionExpired("over")

    answers = [person.get("/api/portfolio/holdings") for _ in range(5)]

    assert {one.status_code for one in answers} == {409}
    assert answers[0].json()["detail"] == "Broker not connected"
    assert answers[0].json()["login_url"]
    assert portfolio.calls == 1


def test_another_person_has_no_session(person: TestClient, sign_in: Any) -> None:
    answer = sign_in("b@example.com").get("/api/portfolio/holdings?broker=kite")

    assert (answer.status_code, answer.json()["broker"]) == (409, "kite")


def test_a_flood_of_reads_at_a_broker_that_hangs_keeps_nobody_else_waiting(
    person: TestClient, sign_in: Callable[..., TestClient], app: FastAPI, portfolio: Portfolio
) -> None:
    """Sixty reads of one person wait for it, most of them without one of the threads."""
    other = sign_in("other@example.com")
    asked, is_over = Event(), Event()

    def hang() -> list[Holding]:
        asked.set()
        assert is_over.wait(60)
        return [INFY]

    portfolio.holdings = hang  # type: ignore[method-assign]

    async def flood() -> tuple[int, set[int]]:
        async with browser_of(app, person) as mine, browser_of(app, other) as theirs:
            url = "/api/portfolio/holdings?refresh=true"
            reads = [asyncio.create_task(mine.get(url)) for _ in range(60)]
            await asyncio.to_thread(asked.wait, 30)
            try:
                answer = await asyncio.wait_for(theirs.get("/api/trading/orders"), 10)
            finally:
                is_over.set()
            return answer.status_code, {one.status_code for one in await asyncio.gather(*reads)}

    assert asyncio.run(flood()) == (200, {200})


def browser_of(app: FastAPI, person: TestClient) -> httpx.AsyncClient:
    """The person's browser, for many requests at once in one event loop."""
    cookies = "; ".join(f"{one.name}={one.value}" for one in person.cookies.jar)
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app),
        base_url="http://localhost:18777",
        headers={"Cookie": cookies},
        timeout=60,
    )
