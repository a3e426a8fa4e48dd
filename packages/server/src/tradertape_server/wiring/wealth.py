"""The books of what people uploaded, the journal, and the processes that reckon and read them."""

from __future__ import annotations

from tradertape_server.features.market.corporate_facts import CorporateFacts
from tradertape_server.features.reconciliation.queries import (
    version_of_actions,
    write_offs_of_person,
)
from tradertape_server.features.trade_journal.own.away import ChildReader
from tradertape_server.features.trade_journal.own.trades import OwnTrades
from tradertape_server.features.trade_journal.service import TradeJournal
from tradertape_server.features.uploads.service import UploadService
from tradertape_server.features.wealth.books import Books
from tradertape_server.features.wealth.child_process import ChildReckoner, Places
from tradertape_server.features.wealth.prices import MarketPrices
from tradertape_server.features.wealth.records import BookRecords
from tradertape_server.features.wealth.service import WealthService
from tradertape_server.wiring.base import Base
from tradertape_server.wiring.market import MarketData


def build_wealth(
    base: Base, data: MarketData, uploads: UploadService, corporate: CorporateFacts, *,
    is_real: bool,
) -> WealthService:  # fmt: skip
    """Books that are reckoned anew as soon as an import or an undo counts."""
    places = _places(base, is_real=is_real)
    prices = MarketPrices(data.market, corporate, is_real=is_real)
    records = BookRecords(uploads, base.database, base.clock)
    wealth = WealthService(Books(records, prices, base.clock, ChildReckoner(places)))
    uploads.imports.changed = wealth.refresh
    return wealth


def build_journal(
    base: Base, wealth: WealthService, corporate: CorporateFacts, *, is_real: bool
) -> TradeJournal:
    """The journal of uploads and of what was traded here."""
    away = ChildReader(_places(base, is_real=is_real))
    own = OwnTrades(base.database, corporate, version_of_actions, away, gone=write_offs_of_person)
    return TradeJournal(base.database, wealth, own, base.clock)


def _places(base: Base, *, is_real: bool) -> Places:
    url = base.database.url.render_as_string(hide_password=False)
    return Places(url, base.home, base.settings.data_set, is_real)
