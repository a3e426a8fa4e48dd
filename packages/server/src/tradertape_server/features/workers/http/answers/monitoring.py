"""Answers about funds, profit and loss, and the timeline. Amounts in rupees."""

from __future__ import annotations

from typing import Literal

from pydantic import JsonValue
from typing_extensions import TypedDict


class AvailableFunds(TypedDict):
    """What may be used."""

    cash: float
    collateral: float
    intraday_payin: float


class UtilizedFunds(TypedDict):
    """What is used, by kind."""

    debits: float
    exposure: float
    m2m: float
    option_premium: float
    span: float
    holding_sales: float
    turnover: float


class AccountFunds(TypedDict):
    """The funds of an account. net: what is free."""

    available: AvailableFunds
    utilized: UtilizedFunds
    net: float


class Allocation(TypedDict):
    """A run's allocation; null without a cap."""

    cap: float | None
    cap_inr: float | None
    usage_gross_exposure: float
    remaining: float | None


class StrategyFunds(TypedDict):
    """The allocation of a run."""

    allocation: Allocation


class RunFunds(TypedDict):
    """How much of its allocation a run uses."""

    strategy: StrategyFunds


class PnlTotals(TypedDict):
    """Profit and loss in total. net_pnl: gross_pnl less charges."""

    realized_pnl: float
    unrealized_pnl: float
    gross_pnl: float
    charges: float
    net_pnl: float
    brokerage: float
    taxes: float


class PnlLegView(TypedDict):
    """The profit and loss of one instrument and product."""

    instrument_token: int | None
    exchange: str
    tradingsymbol: str
    product: str
    net_quantity: int
    side: Literal["LONG", "SHORT", "FLAT"]
    average_price: float
    last_price: float | None
    realized_pnl: float
    unrealized_pnl: float
    gross_pnl: float
    charges: float
    net_pnl: float
    broker_net_quantity: int | None
    is_stale: bool
    last_reconciled_at: str | None


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
    updated_at: str


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
    created_at: str


class TimelinePage(TypedDict):
    """Events after a cursor, oldest first; continue after `last_cursor`."""

    strategy_run_id: str
    after_cursor: int
    last_cursor: int
    events: list[RunEvent]
