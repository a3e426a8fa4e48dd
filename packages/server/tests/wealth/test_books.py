"""Large books: reckoned away from the requests, kept by bytes, shown as old meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from packages.server.tests.wealth.conftest import MakeTrade, Records, Uploaded

from tradertape_server.container import Container
from tradertape_server.features.market.corporate_facts import CorporateFacts
from tradertape_server.features.wealth.books import Books
from tradertape_server.features.wealth.child_process import ReckoningFailed
from tradertape_server.features.wealth.finished import FinishedBook, finish
from tradertape_server.features.wealth.prices import MarketPrices
from tradertape_server.features.wealth.reckoning import reckon
from tradertape_server.features.wealth.service import WealthService
from tradertape_server.main import create_app

URL = "/api/wealth"


@dataclass
class Away:
    """A reckoner that waits in the middle until the test lets it go on."""

    records: Records
    prices: MarketPrices
    started: threading.Event = field(default_factory=threading.Event)
    may_end: threading.Event = field(default_factory=threading.Event)
    error: str = ""
    done: int = 0
    is_stopped: bool = False

    def reckon(self, user_id: int, today: date, progress: Callable[[int], None]) -> FinishedBook:
        progress(40)
        self.started.set()
        assert self.may_end.wait(20)
        self.done += 1
        if self.error or self.is_stopped:
            raise ReckoningFailed(self.error or "stopped")
        return finish(reckon(self.records, user_id, self.prices, today))

    def stop(self) -> None:
        self.is_stopped = True
        self.may_end.set()


@pytest.fixture
def prices(container: Container) -> MarketPrices:
    return MarketPrices(container.market, CorporateFacts(container.market))


@pytest.fixture
def away(records: Records, prices: MarketPrices) -> Away:
    return Away(records, prices)


@pytest.fixture
def books(records: Records, prices: MarketPrices, container: Container, away: Away):
    made = Books(records, prices, container.clock, away, small_rows=1)
    yield made
    made.stop()


@pytest.fixture
def app(container: Container, books: Books) -> Iterator[FastAPI]:
    return create_app(container=replace(container, wealth=WealthService(books)))


@pytest.fixture
def two_trades(trade: MakeTrade) -> Uploaded:
    return Uploaded(trades=(trade("BUY", 10, 100, "2024-05-02"), trade("BUY", 5, 90, "2024-05-03")))


def until(client: TestClient, state: str) -> dict[str, object]:
    for _ in range(2000):
        status = client.get(f"{URL}/status").json()
        if status["state"] == state:
            return status
        threading.Event().wait(0.005)
    raise AssertionError(status)


def test_a_page_of_a_large_book_says_how_far_its_reckoning_is(
    signed_in: TestClient, me: int, records: Records, away: Away, two_trades: Uploaded
) -> None:
    records.of[me] = two_trades
    assert signed_in.get(f"{URL}/summary").status_code == 503
    assert away.started.wait(20)
    refused = signed_in.get(f"{URL}/summary")
    assert refused.headers["x-error-code"] == "book_being_reckoned"
    assert "40 %" in refused.json()["detail"]
    assert refused.headers["retry-after"] == "3"
    status = signed_in.get(f"{URL}/status").json()
    assert (status["state"], status["percent"]) == ("reckoning", 40)
    away.may_end.set()
    assert until(signed_in, "ready")["size_bytes"]
    assert signed_in.get(f"{URL}/summary").json()["shares"] == "1450.00"


def test_while_a_new_book_is_reckoned_the_pages_are_those_of_before(
    signed_in: TestClient, me: int, records: Records, away: Away, two_trades: Uploaded, trade
) -> None:
    away.may_end.set()
    records.of[me] = two_trades
    until(signed_in, "ready")
    away.may_end.clear()
    away.started.clear()
    three = (*two_trades.trades, trade("BUY", 1, 90, "2024-05-03"))
    records.of[me] = Uploaded(trades=three, version=2)
    assert signed_in.get(f"{URL}/summary").json()["trades"] == 2
    assert away.started.wait(20)
    assert until(signed_in, "old")["percent"] == 40
    away.may_end.set()
    until(signed_in, "ready")
    assert signed_in.get(f"{URL}/summary").json()["trades"] == 3


def test_a_book_is_reckoned_when_an_import_ends(
    books: Books, me: int, records: Records, away: Away, two_trades: Uploaded
) -> None:
    records.of[me] = two_trades
    books.refresh(me)
    assert away.started.wait(20)


def test_files_that_change_during_a_reckoning_are_reckoned_after_it(
    signed_in: TestClient, me: int, records: Records, away: Away, two_trades: Uploaded
) -> None:
    records.of[me] = two_trades
    signed_in.get(f"{URL}/summary")
    assert away.started.wait(20)
    records.of[me] = replace(two_trades, version=2)
    away.may_end.set()
    until(signed_in, "ready")
    assert away.done == 2


def test_a_failed_reckoning_says_why_and_is_not_repeated_at_every_request(
    signed_in: TestClient, me: int, records: Records, away: Away, two_trades: Uploaded, clock
) -> None:
    away.error = "Too many trades."
    away.may_end.set()
    records.of[me] = two_trades
    assert until(signed_in, "failed")["detail"] == "Too many trades."
    refused = signed_in.get(f"{URL}/holdings")
    assert (refused.status_code, refused.headers["x-error-code"]) == (503, "book_failed")
    assert away.done == 1
    away.error = ""
    clock.advance(minutes=6)
    until(signed_in, "ready")


def test_the_reckoning_of_one_person_is_no_other_persons_state(
    sign_in, person, records: Records, away: Away, two_trades: Uploaded
) -> None:
    first, _ = person("a@example.com"), person("b@example.com")
    records.of[first] = two_trades
    assert sign_in("a@example.com").get(f"{URL}/summary").status_code == 503
    other = sign_in("b@example.com")
    assert other.get(f"{URL}/status").json()["state"] == "ready"
    assert other.get(f"{URL}/summary").json()["is_empty"]


def test_books_are_kept_up_to_a_number_of_bytes(
    records: Records, prices: MarketPrices, container: Container, trade: MakeTrade
) -> None:
    for user_id in range(1, 7):
        records.of[user_id] = Uploaded(trades=(trade("BUY", user_id, 100, "2024-05-02"),))
    alone = Books(records, prices, container.clock)
    alone.get(1)
    most = alone.kept_bytes * 3 + 100
    books = Books(records, prices, container.clock, most_bytes=most)
    for user_id in range(1, 7):
        books.get(user_id)
        assert books.kept_bytes <= most
    before = records.reads
    books.get(6)
    books.get(5)
    assert records.reads == before
    books.get(1)  # forgotten, so reckoned anew
    assert records.reads == before + 1


def test_a_stop_ends_what_is_being_reckoned(
    books: Books, me: int, records: Records, away: Away, two_trades: Uploaded
) -> None:
    records.of[me] = two_trades
    books.refresh(me)
    assert away.started.wait(20)
    books.stop()
    assert away.done == 1
