"""A large journal is read by another process: meanwhile its pages say so, and nobody waits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from packages.server.tests.conftest import SignIn
from packages.server.tests.trade_journal.test_follow import Splits, same_as_anew
from packages.server.tests.trade_journal.test_own_trades import (
    LIVE,
    Trader,
    at,
    trader,  # noqa: F401 - a fixture
)
from packages.server.tests.trade_journal.test_routes import URL, get
from packages.server.tests.wealth.conftest import Records

from tradertape_server.container import Container
from tradertape_server.features.market.corporate_facts import CorporateFacts
from tradertape_server.features.reconciliation.queries import version_of_actions
from tradertape_server.features.trade_journal.own.away import MOST_HELD, ChildReader, NotRead
from tradertape_server.features.trade_journal.own.trades import OwnTrades
from tradertape_server.features.trade_journal.ports import BeingRead
from tradertape_server.features.trade_journal.service import TradeJournal
from tradertape_server.features.wealth.books import Books
from tradertape_server.features.wealth.child_process import Places
from tradertape_server.features.wealth.prices import MarketPrices
from tradertape_server.features.wealth.service import WealthService
from tradertape_server.main import create_app


class Slow:
    """Reads when the test says so; a failure where there is nothing to give."""

    def __init__(self, database: Any) -> None:
        self.own = OwnTrades(database, Splits(), version_of_actions)
        self.asked: list[int] = []
        self.is_done = self.fails = False

    def fetch(self, user_id: int) -> Any:
        if user_id not in self.asked:
            self.asked.append(user_id)
        if not self.is_done:
            return None
        self.asked.remove(user_id)
        if self.fails:
            raise NotRead
        person = self.own.of_person(user_id)
        person.read()
        return person.so_far()

    def stop(self) -> None: ...


@pytest.fixture
def slow(container: Container) -> Slow:
    return Slow(container.database)


@pytest.fixture
def app(container: Container, records: Records, slow: Slow) -> FastAPI:
    prices = MarketPrices(container.market, CorporateFacts(container.market))
    wealth = WealthService(Books(records, prices, container.clock))
    own = OwnTrades(container.database, Splits(), version_of_actions, slow, most_here=3)
    journal = TradeJournal(container.database, wealth, own, container.clock)
    return create_app(container=replace(container, wealth=wealth, trade_journal=journal))


def four_fills(trader: Trader) -> None:  # noqa: F811
    for number in range(4):
        trader.fill(("BUY", "SELL")[number % 2], 10, 100 + number, at(number), product="MIS")


def test_while_many_fills_are_read_the_pages_say_so(
    signed_in: TestClient, trader: Trader, slow: Slow  # noqa: F811
) -> None:  # fmt: skip
    four_fills(trader)
    status = get(signed_in, "status")
    assert (status["traded_here"], status["paper"], status["live"]) == ("reading", 0, 0)
    refused = signed_in.get(f"{URL}/trips?money=paper")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
    assert refused.headers["x-error-code"] == "journal_being_read"
    slow.is_done = True
    status = get(signed_in, "status")
    assert (status["traded_here"], status["paper"]) == ("ready", 2)
    trader.fill("BUY", 10, 100, at(5), product="MIS")
    slow.is_done = False
    assert get(signed_in, "status")["paper"] == 3  # a single fill is read at once


def test_fills_that_are_made_meanwhile_are_in_the_first_answer(
    signed_in: TestClient, trader: Trader, slow: Slow  # noqa: F811
) -> None:  # fmt: skip
    four_fills(trader)
    assert get(signed_in, "status")["traded_here"] == "reading"
    trader.fill("BUY", 10, 100, at(5), scope=LIVE)
    slow.is_done = True
    status = get(signed_in, "status")
    assert (status["paper"], status["live"]) == (2, 1)


def test_another_person_is_answered_meanwhile(
    trader: Trader, sign_in: SignIn, slow: Slow, container: Container  # noqa: F811
) -> None:  # fmt: skip
    mine, other = sign_in(), sign_in("other@example.com")
    four_fills(trader)
    assert get(mine, "status")["traded_here"] == "reading"
    of_other = Trader(container.database, "other@example.com")
    of_other.fill("BUY", 10, 100, at(0))
    assert (get(other, "status")["paper"], get(other, "status")["traded_here"]) == (1, "ready")
    assert slow.asked == [trader.user_id]


def test_what_no_process_could_read_is_read_by_the_request(
    signed_in: TestClient, trader: Trader, slow: Slow  # noqa: F811
) -> None:  # fmt: skip
    four_fills(trader)
    assert get(signed_in, "status")["traded_here"] == "reading"
    slow.fails = slow.is_done = True
    assert get(signed_in, "status")["paper"] == 2


class TestTheProcess:
    @pytest.fixture(params=["sqlite", "postgresql"])
    def engine(self, request: pytest.FixtureRequest) -> str:
        return request.param

    @pytest.fixture
    def reader(self, container: Container, tmp_path: Path) -> Iterator[ChildReader]:
        url = container.database.url.render_as_string(hide_password=False)
        made = ChildReader(Places(url, tmp_path, "", False))
        yield made
        made.stop()

    def test_it_reads_what_reading_anew_gives(
        self, container: Container, trader: Trader, reader: ChildReader  # noqa: F811
    ) -> None:  # fmt: skip
        run = trader.run("run-1", "Strategy")
        for number in range(9):
            side = ("BUY", "SELL")[number % 2]
            trader.fill(side, 10, 100 + number, at(number), run=run, scope=LIVE, order=str(number))
            trader.fill(side, 10, 90 - number, at(number))
        facts = Splits()
        own = OwnTrades(container.database, facts, version_of_actions)
        away = OwnTrades(container.database, facts, version_of_actions, reader, most_here=5)
        kept = away.of_person(trader.user_id)
        with pytest.raises(BeingRead):
            kept.read()
        _until_done(reader, trader.user_id)
        trader.fill("SELL", 10, 120, at(12), run=run, scope=LIVE)
        assert same_as_anew(kept, own, trader.user_id) > 2

    def test_without_an_answer_in_time_there_is_none(
        self, container: Container, tmp_path: Path
    ) -> None:
        url = container.database.url.render_as_string(hide_password=False)
        reader = ChildReader(Places(url, tmp_path, "", False), within_s=0.01)
        assert reader.fetch(1) is None
        _until_done(reader, 1)
        with pytest.raises(NotRead):
            reader.fetch(1)
        reader.stop()


def test_what_nobody_fetches_is_kept_for_a_few_people_only(tmp_path: Path) -> None:
    reader = ChildReader(Places("sqlite://", tmp_path, "", False))
    reader.stop()
    reader = _Instant(Places("sqlite://", tmp_path, "", False))
    for user_id in range(1, MOST_HELD + 10):
        assert reader.fetch(user_id) is None
        _until_done(reader, user_id)
    assert sum(reader.fetch(user_id) is not None for user_id in range(1, 10)) == 0
    reader.stop()


class _Instant(ChildReader):
    def _read(self, user_id: int) -> Any:
        return user_id


def _until_done(reader: ChildReader, user_id: int) -> None:
    asked = reader._asked[user_id]
    done = threading.Event()
    asked.add_done_callback(lambda _: done.set())
    assert done.wait(60)
