"""A server whose uploads are given by the test, and a market of two shares and an index.

records      what each person uploaded: `records.of[user_id] = Uploaded(trades=…)`
flat_market  INFY (2:1 split on the 20th session) and TCS from 2024 on, and the NIFTY 50
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from itertools import count

import numpy as np
import pytest
from fastapi import FastAPI
from packages.server.tests.conftest import SignIn

from tradertape_core.market.calendar import nse_calendar
from tradertape_core.orders.order import Side
from tradertape_core.wealth.funds import FundClass
from tradertape_core.wealth.records import BookTrade, FundTransaction, LedgerLine, Segment
from tradertape_core.wealth.statements.quality import ImportedFile
from tradertape_server.container import Container
from tradertape_server.features.auth.models import User
from tradertape_server.features.market.corporate_facts import CorporateFacts
from tradertape_server.features.market.data_sets.candles import rows_from
from tradertape_server.features.market.data_sets.draft import new_manifest, open_draft
from tradertape_server.features.market.data_sets.reference_rows import Action, Dividend
from tradertape_server.features.wealth.books import Books
from tradertape_server.features.wealth.prices import MarketPrices
from tradertape_server.features.wealth.service import WealthService
from tradertape_server.main import create_app

SESSIONS = list(nse_calendar().sessions_between(date(2024, 1, 1), date(2025, 3, 31)))
SPLIT_ON = SESSIONS[20]
INFY, TCS = "INE009A01021", "INE467B01029"
MakeTrade = Callable[..., BookTrade]


@dataclass
class Uploaded:
    trades: tuple[BookTrade, ...] = ()
    lines: tuple[LedgerLine, ...] = ()
    funds: tuple[FundTransaction, ...] = ()
    files: tuple[ImportedFile, ...] = ()
    version: int = 1


@dataclass
class Records:
    """The port of uploads, by person. reads: how often trades were read."""

    of: dict[int, Uploaded] = field(default_factory=dict)
    reads: int = 0
    classes: dict[int, dict[str, FundClass]] = field(default_factory=dict)
    settlements: dict[int, dict[str, Decimal]] = field(default_factory=dict)

    def version(self, user_id: int) -> int:
        return self.of.get(user_id, Uploaded(version=0)).version

    def size(self, user_id: int) -> int:
        return len(self.of.get(user_id, Uploaded()).trades)

    def files(self, user_id: int) -> tuple[ImportedFile, ...]:
        return self.of.get(user_id, Uploaded()).files

    def trades(self, user_id: int) -> tuple[BookTrade, ...]:
        self.reads += 1
        return self.of.get(user_id, Uploaded()).trades

    def ledger_lines(self, user_id: int) -> tuple[LedgerLine, ...]:
        return self.of.get(user_id, Uploaded()).lines

    def fund_classes(self, user_id: int) -> dict[str, FundClass]:
        return self.classes.get(user_id, {})

    def set_fund_class(self, user_id: int, instrument: str, chosen: FundClass | None) -> None:
        mine = self.classes.setdefault(user_id, {})
        mine.pop(instrument, None)
        if chosen is not None:
            mine[instrument] = chosen
        self.of[user_id] = replace(self.of[user_id], version=self.of[user_id].version + 1)

    def settlement_prices(self, user_id: int) -> dict[str, Decimal]:
        return self.settlements.get(user_id, {})

    def set_settlement_price(self, user_id: int, symbol: str, price: Decimal | None) -> None:
        mine = self.settlements.setdefault(user_id, {})
        mine.pop(symbol, None)
        if price is not None:
            mine[symbol] = price
        self.of[user_id] = replace(self.of[user_id], version=self.of[user_id].version + 1)

    def fund_transactions(self, user_id: int) -> tuple[FundTransaction, ...]:
        return self.of.get(user_id, Uploaded()).funds


@pytest.fixture
def engine() -> str:
    """The book has no table: one database is enough."""
    return "sqlite"


@pytest.fixture
def records() -> Records:
    return Records()


@pytest.fixture
def app(container: Container, records: Records) -> FastAPI:
    prices = MarketPrices(container.market, CorporateFacts(container.market))
    wealth = WealthService(Books(records, prices, container.clock))
    return create_app(container=replace(container, wealth=wealth))


@pytest.fixture
def person(sign_in: SignIn, container: Container) -> Callable[[str], int]:
    """Makes an account and returns its id."""

    def person(email: str) -> int:
        sign_in(email)
        with container.database.read() as session:
            return session.query(User).filter_by(email=email).one().id

    return person


@pytest.fixture
def me(person: Callable[[str], int]) -> int:
    """The id of who is `signed_in`."""
    return person("person@example.com")


@pytest.fixture
def trade() -> MakeTrade:
    numbers = count(1)

    def make(
        side: str, quantity: object, price: object, day: date | str, *, symbol: str = "INFY",
        isin: str = INFY, **more: object,
    ) -> BookTrade:  # fmt: skip
        given: dict[str, object] = {
            "broker": "kite", "account": "AB0001", "exchange": "NSE", "segment": Segment.EQUITY,
            "at": None, "charges": Decimal(0),
        } | more  # fmt: skip
        on = date.fromisoformat(day) if isinstance(day, str) else day
        return BookTrade(
            symbol=symbol, isin=isin, side=Side(side), quantity=Decimal(str(quantity)),
            price=Decimal(str(price)), traded_on=on, trade_id=str(next(numbers)), **given,
        )  # fmt: skip

    return make


@pytest.fixture
def flat_market(container: Container) -> None:
    """INFY at 100, from the 11th session at 110, on the basis of after its split; TCS at 50."""
    days = np.array(SESSIONS, "datetime64[D]")
    many = len(days)
    infy = np.where(np.arange(many) < 10, 100.0, 110.0)
    market = container.market
    manifest = new_manifest(
        "flat", basis="split", stored_basis="split", clock=container.clock, source="test"
    )
    with open_draft(market.store, "flat", new=manifest) as draft:
        draft.candles = _rows(["INFY", "TCS"], days, [infy, np.full(many, 50.0)])
        index = np.where(np.arange(many) < 5, 1000.0, 1200.0)
        draft.indices = _rows(["NIFTY 50"], days, [index])
        draft.actions = [Action("INFY", SPLIT_ON, "split", 2.0)]
        draft.dividends = [Dividend("INFY", SESSIONS[30], 3.0, adjusted=False)]
        draft.commit(market.clock)
    market.use("flat")


def _rows(names: list[str], days: np.ndarray, closes: list[np.ndarray]):
    close = np.concatenate(closes)
    values = dict.fromkeys(("open", "high", "low", "close"), close)
    values["volume"] = np.full(len(close), 1000.0)
    return rows_from(np.repeat(np.array(names), len(days)), np.tile(days, len(names)), values)
