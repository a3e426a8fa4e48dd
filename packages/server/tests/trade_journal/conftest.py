"""A server whose uploads are given by the test, as for wealth, and its trade journal."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fastapi import FastAPI
from packages.server.tests.wealth.conftest import (  # noqa: F401 - fixtures
    Records,
    engine,
    flat_market,
    me,
    person,
    records,
    trade,
)

from tradertape_server.container import Container
from tradertape_server.features.market.corporate_facts import CorporateFacts
from tradertape_server.features.reconciliation.queries import (
    version_of_actions,
    write_offs_of_person,
)
from tradertape_server.features.trade_journal.own.trades import OwnTrades
from tradertape_server.features.trade_journal.service import TradeJournal
from tradertape_server.features.wealth.books import Books
from tradertape_server.features.wealth.prices import MarketPrices
from tradertape_server.features.wealth.service import WealthService
from tradertape_server.main import create_app


@pytest.fixture
def app(container: Container, records: Records) -> FastAPI:  # noqa: F811
    prices = MarketPrices(container.market, CorporateFacts(container.market))
    wealth = WealthService(Books(records, prices, container.clock))
    facts = CorporateFacts(container.market)
    own = OwnTrades(container.database, facts, version_of_actions, gone=write_offs_of_person)
    journal = TradeJournal(container.database, wealth, own, container.clock)
    return create_app(container=replace(container, wealth=wealth, trade_journal=journal))
