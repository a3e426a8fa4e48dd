"""The books of what people uploaded, and the processes that reckon them."""

from __future__ import annotations

from tradertape_server.features.market.corporate_facts import CorporateFacts
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
    url = base.database.url.render_as_string(hide_password=False)
    places = Places(url, base.home, base.settings.data_set, is_real)
    prices = MarketPrices(data.market, corporate, is_real=is_real)
    records = BookRecords(uploads, base.database, base.clock)
    wealth = WealthService(Books(records, prices, base.clock, ChildReckoner(places)))
    uploads.imports.changed = wealth.refresh
    return wealth
