"""Signals that come from outside, by an alert: proposed for approval as a scan's are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_CEILING, Decimal
from typing import cast

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import IST, Clock
from tradertape_core.portfolio.book import Resting, document
from tradertape_core.portfolio.settings import PortfolioSettings
from tradertape_core.portfolio.signals import Status
from tradertape_server.features.market.data_sets.universes import about
from tradertape_server.features.market.service import MarketService
from tradertape_server.features.portfolios import repository
from tradertape_server.features.portfolios.days import expiry
from tradertape_server.features.portfolios.models import Portfolio, PortfolioSignal
from tradertape_server.features.portfolios.service import locked
from tradertape_server.features.portfolios.state import book_of, capital_of, settings_of
from tradertape_server.platform.errors import Conflict

LIMIT_ABOVE = Decimal("0.005")
TICK = Decimal("0.05")


@dataclass(frozen=True, slots=True)
class ExternalSignals:
    """Proposes purchases of alerts in a portfolio."""

    clock: Clock
    market: MarketService

    def demand_possible(self, session: Session, user_id: int, portfolio_id: int) -> Portfolio:
        """A portfolio that takes signals from outside. Raises NotFound, Conflict."""
        row = locked(session, user_id, portfolio_id)
        settings = settings_of(row)
        if row.status != "active":
            raise Conflict(f"Portfolio {row.name} is {row.status} and takes no signals.")
        if not settings.is_executed and settings.paper_fill != "touch":
            raise Conflict(
                f"Portfolio {row.name} takes no signals from outside: only one whose signals "
                "become trigger orders does: by candles (`touch`), on live prices, or at a broker."
            )
        return row

    def propose(
        self, session: Session, user_id: int, portfolio_id: int, symbol: str, price: Decimal,
        *, reason: str,
    ) -> int:  # fmt: skip
        """Propose a purchase at a price; return the signal's id. Raises NotFound, Conflict."""
        portfolio = self.demand_possible(session, user_id, portfolio_id)
        settings, day = settings_of(portfolio), portfolio.traded_until
        _, columns = self.market.columns(portfolio.data_set)
        if day is None:
            raise Conflict(f"Portfolio {portfolio.name} has not been scanned yet.")
        members = self.market.members(settings.universe, data_set=portfolio.data_set)[2]
        if symbol not in {one.symbol for one in members}:
            raise Conflict(f"{symbol} is not in the universe of portfolio {portfolio.name}.")
        live = repository.live_signals(session, portfolio.id)
        if any(one.symbol == symbol for one in live):
            raise Conflict(f"{symbol} has a signal already that is not over.")
        if any(one.symbol == symbol for one in repository.open_positions(session, portfolio.id)):
            raise Conflict(f"{symbol} is held already in portfolio {portfolio.name}.")
        quantity = self._quantity(portfolio, settings, price, live)
        company, isin, sector = _about(columns, symbol)
        row = self._row(portfolio, settings, symbol, day, price, quantity, reason)
        row.company, row.isin, row.sector = company, isin, sector
        if settings.is_executed:
            row.number = repository.next_number(session, row)
        else:
            self._rest(portfolio, settings, row)
        portfolio.version += 1
        portfolio.updated_at = self.clock.now()
        session.add(row)
        session.flush()
        return row.id

    def _rest(
        self, portfolio: Portfolio, settings: PortfolioSettings, row: PortfolioSignal
    ) -> None:
        """Keep a slot in the candle book, which fills it once it is placed."""
        book, trigger = book_of(portfolio), cast("float", row.trigger_price)
        order = Resting(
            symbol=row.symbol, signal_date=row.signal_date, trigger=trigger,
            limit=cast("float", row.limit_price), score=0.0, is_halved=False,
            days_left=settings.signal_valid_days, is_placed=False,
        )  # fmt: skip
        portfolio.book = document(replace(book, resting=(*book.resting, order)))

    def _quantity(
        self, portfolio: Portfolio, settings: PortfolioSettings, price: Decimal, live: object
    ) -> int:
        capital = capital_of(portfolio, live)  # type: ignore[arg-type]
        wanted = Decimal(str(settings.starting_capital * settings.position_size_pct / 100))
        free = Decimal(capital.free(settings.max_oversubscription)) / 100
        quantity = int(min(wanted, free) / _limit(price))
        if quantity < 1:
            raise Conflict(f"No capital is free for one share at {price}.")
        return quantity

    def _row(
        self, portfolio: Portfolio, settings: PortfolioSettings, symbol: str, day: date,
        price: Decimal, quantity: int, reason: str,
    ) -> PortfolioSignal:  # fmt: skip
        now = self.clock.now()
        expires_at = expiry(settings, day)
        if expires_at <= now:
            raise Conflict(
                f"Portfolio {portfolio.name} was last scanned for {day:%d %b %Y}: scan it first."
            )
        at = now.astimezone(IST)
        return PortfolioSignal(
            portfolio_id=portfolio.id, epoch=portfolio.epoch, symbol=symbol, side="BUY",
            kind="external", status=Status.PENDING.value, signal_date=day, conviction=0.0, rank=0,
            reason=f"{reason} (received {at:%d %b %H:%M} IST)", ref_price=float(price),
            trigger_price=float(price), limit_price=float(_limit(price)), stop_price=None,
            target_price=None, quantity=quantity, committed_paise=0, attempts=0, filled_quantity=0,
            version=1, expires_at=expires_at, created_at=now, updated_at=now,
            history=[{"event": "raised", "by": "incoming webhook", "at": now.isoformat(),
                      "status": Status.PENDING.value}],
        )  # fmt: skip


def _limit(price: Decimal) -> Decimal:
    """A little above the price, on the tick."""
    steps = (price * (1 + LIMIT_ABOVE) / TICK).to_integral_value(ROUND_CEILING)
    return steps * TICK


def _about(columns: object, symbol: str) -> tuple[str, str, str]:
    company, isin, sector = about(columns, symbol)[:3]  # type: ignore[arg-type]
    return company, isin, sector
