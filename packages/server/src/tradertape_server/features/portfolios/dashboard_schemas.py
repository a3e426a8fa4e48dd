"""The dashboard of a portfolio as it goes over the wire. Amounts are rupees."""

from __future__ import annotations

from datetime import date

from tradertape_server.features.portfolios.schemas import (
    AlertOut,
    PortfolioOut,
    PositionOut,
    SignalOut,
)
from tradertape_server.platform.http.routing import IstTime, Reply


class MarketPhaseOut(Reply):
    """Whether the exchange trades continuously now, and when it opens next."""

    open: bool
    next_open: IstTime | None


class KpisOut(Reply):
    """The key figures; percentages are None where there is nothing to reckon them from."""

    equity: float
    cash: float
    deployed: float
    committed: float
    day_pnl: float
    day_pnl_pct: float
    total_pnl: float
    total_return_pct: float
    xirr_pct: float | None
    benchmark_return_pct: float | None
    alpha_pct: float | None
    max_drawdown_pct: float
    win_rate_pct: float | None
    profit_factor: float | None
    open_positions: int
    slots_free: int


class EquityPointOut(Reply):
    """One traded day. benchmark: 100 on the first day that has one."""

    date: date
    equity: float
    cash: float
    benchmark: float | None
    drawdown_pct: float


class DashboardSignalsOut(Reply):
    """Signals by what is to be done with them; recent: the last that are over."""

    pending: list[SignalOut]
    in_cart: list[SignalOut]
    live: list[SignalOut]
    recent: list[SignalOut]


class CartSummaryOut(Reply):
    """What is in the cart, and the cash that its placement leaves."""

    count: int
    notional: float
    capital_after: float


class SectorOut(Reply):
    """Open positions of one sector. cap: how many positions it may have."""

    sector: str
    value: float
    pct: float
    count: int
    cap: int | None


class MonthOut(Reply):
    """The return of one month, `2026-11`."""

    month: str
    return_pct: float
    benchmark_pct: float | None


class ClosedTradesOut(Reply):
    """The last closed positions, and how many there are."""

    items: list[PositionOut]
    total: int


class ExitReasonOut(Reply):
    """Closed positions by why they were sold."""

    reason: str
    count: int
    pnl: float


class PortfolioEventOut(Reply):
    """Something that happened, in words."""

    ts: IstTime
    kind: str
    text: str


class DashboardOut(Reply):
    """Everything about one portfolio, after its last traded day."""

    as_of: IstTime
    market: MarketPhaseOut
    next_scan: IstTime
    portfolio: PortfolioOut
    kpis: KpisOut
    equity_curve: list[EquityPointOut]
    positions: list[PositionOut]
    signals: DashboardSignalsOut
    cart: CartSummaryOut
    sector_allocation: list[SectorOut]
    monthly_returns: list[MonthOut]
    closed_trades: ClosedTradesOut
    exit_breakdown: list[ExitReasonOut]
    activity: list[PortfolioEventOut]
    alerts: list[AlertOut]
