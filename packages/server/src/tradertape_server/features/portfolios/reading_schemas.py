"""What the console's pages read over all portfolios. Amounts are rupees."""

from __future__ import annotations

from datetime import date
from typing import Literal

from tradertape_server.features.portfolios.schemas import PositionOut, ScanRunOut
from tradertape_server.platform.http.routing import IstTime, Reply


class WaitingOut(Reply):
    """How many signals wait for a decision, are in the cart, or have an order at the market."""

    pending: int
    in_cart: int
    placed: int


class DayPointOut(Reply):
    """A day of all active portfolios together. pnl: against the day before; total_pnl: against the
    starting capital of those that traded by then."""

    date: date
    equity: float
    pnl: float
    total_pnl: float


class NearOut(Reply):
    """An open position close to its stop or target. distance_pct: from the last close, in percent
    of it; negative where the level is passed."""

    portfolio_name: str
    level: Literal["stop", "target"]
    price: float
    distance_pct: float
    position: PositionOut


class OverviewAlertOut(Reply):
    """Something a person should look at, and where."""

    level: Literal["warning", "error"]
    text: str
    href: str


class MoneyOut(Reply):
    """Totals of the portfolios that trade with one kind of money: real (`live`), or paper.

    placed: signals whose orders are at the market.
    """

    money: Literal["live", "paper"]
    portfolio_ids: list[int]
    equity: float
    cash: float
    deployed: float
    committed: float
    day_pnl: float
    day_pnl_pct: float | None
    total_pnl: float
    open_positions: int
    placed: int
    days: list[DayPointOut]


class PortfoliosOverviewOut(Reply):
    """All active and paused portfolios together, after their last traded days.

    by_money: the same for real money and for paper apart. scaled_portfolios: how many are scaled by
    your agent; where there are others too, sums over all mean nothing.
    """

    as_of: IstTime
    traded_until: date | None
    portfolios: int
    scaled_portfolios: int
    live_portfolios: int
    equity: float
    cash: float
    deployed: float
    committed: float
    day_pnl: float
    day_pnl_pct: float | None
    total_pnl: float
    by_money: list[MoneyOut]
    open_positions: int
    waiting: WaitingOut
    days: list[DayPointOut]
    near: list[NearOut]
    alerts: list[OverviewAlertOut]
    next_scan: IstTime
    last_scan: ScanRunOut | None


class ScannedDayOut(Reply):
    """A traded day of a portfolio. reasons: symbols by why they were a signal, or not."""

    day: date
    equity: float
    cash: float
    pnl: float
    evaluated: int
    insufficient_data: int
    reasons: dict[str, int]


class LedgerLineOut(Reply):
    """Why a symbol was a signal on a day, or not."""

    day: date
    reason: str


class StoryEventOut(Reply):
    """A step of a position. kind: `signal`, `decision`, `order`, `fill`, `level`, `exit`; day: a
    step that belongs to a day's candle, not to an instant."""

    kind: str
    at: IstTime | None
    day: date | None
    title: str
    text: str
    by: str


class StoryOut(Reply):
    """A position from its signal to its exit, oldest step first. is_executed: its orders go through
    the market, live prices or a broker, and not by daily candles. placed_by: who sends them."""

    position: PositionOut
    portfolio_name: str
    strategy_id: int
    strategy_name: str
    data_set: str
    paper_mode: bool
    is_executed: bool
    placed_by: Literal["server", "agent"]
    signal_reason: str
    events: list[StoryEventOut]
