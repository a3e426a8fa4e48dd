"""Answers about funds, profit and loss, and the timeline."""

from __future__ import annotations

from typing import Literal

from pydantic import JsonValue
from typing_extensions import TypedDict

from tradertape_server.platform.http.units import Price, Quantity, Rupees, Time


class TradingAccountOut(TypedDict):
    """A trading account. cash: what it has now, margins apart; what an account at a broker has is
    in its funds. mark_to_market: the part of the cash that was paid for futures that are still open
    (below 0: taken), a day at a time. environment: of an account at a broker, the real one or a
    sandbox."""

    account_scope: str
    kind: Literal["paper", "broker"]
    broker: str
    market: str | None
    opening_cash: Rupees
    cash: Rupees
    mark_to_market: Rupees
    created_at: Time
    environment: Literal["live", "sandbox"] | None


class TradingAccounts(TypedDict):
    """Accounts, oldest first."""

    items: list[TradingAccountOut]


class AvailableFunds(TypedDict):
    """What may be used."""

    cash: Rupees
    collateral: Rupees
    intraday_payin: Rupees


class UtilizedFunds(TypedDict):
    """What is used, by kind."""

    debits: Rupees
    exposure: Rupees
    m2m: Rupees
    option_premium: Rupees
    span: Rupees
    holding_sales: Rupees
    turnover: Rupees


class AccountFunds(TypedDict):
    """The funds of an account. net: what is free."""

    available: AvailableFunds
    utilized: UtilizedFunds
    net: Rupees


class Allocation(TypedDict):
    """A run's allocation; null without a cap."""

    cap: Rupees | None
    cap_inr: Rupees | None
    usage_gross_exposure: Rupees
    remaining: Rupees | None


class StrategyFunds(TypedDict):
    """The allocation of a run."""

    allocation: Allocation


class RunFunds(TypedDict):
    """How much of its allocation a run uses."""

    strategy: StrategyFunds


class PnlTotals(TypedDict):
    """Profit and loss in total. net_pnl: gross_pnl less charges."""

    realized_pnl: Rupees
    unrealized_pnl: Rupees
    gross_pnl: Rupees
    charges: Rupees
    net_pnl: Rupees
    brokerage: Rupees
    taxes: Rupees


class PnlLegView(TypedDict):
    """The profit and loss of one instrument and product."""

    instrument_token: int | None
    exchange: str
    tradingsymbol: str
    product: str
    net_quantity: Quantity
    side: Literal["LONG", "SHORT", "FLAT"]
    average_price: Price
    last_price: Price | None
    realized_pnl: Rupees
    unrealized_pnl: Rupees
    gross_pnl: Rupees
    charges: Rupees
    net_pnl: Rupees
    broker_net_quantity: Quantity | None
    is_stale: bool
    last_reconciled_at: Time | None


class RunPnlSnapshot(TypedDict):
    """A run's profit and loss at the latest prices; also the event of its stream."""

    strategy_run_id: str
    execution_mode: str
    status: str
    currency: str
    totals: PnlTotals
    legs: list[PnlLegView]
    position_count: int
    is_realtime: bool
    is_stale: bool
    updated_at: Time


class RunEvent(TypedDict):
    """An event of a run's timeline; also the event of its stream. payload: by event_type."""

    cursor: int
    strategy_run_id: str
    account_id: str
    basket_execution_id: str | None
    event_kind: str
    event_source: str
    event_type: str
    related_resource_type: str | None
    related_resource_id: str | None
    summary: str
    payload: dict[str, JsonValue]
    created_at: Time


class TimelinePage(TypedDict):
    """Events after a cursor, oldest first; continue after `last_cursor`."""

    strategy_run_id: str
    after_cursor: int
    last_cursor: int
    events: list[RunEvent]
