"""Holdings, positions, orders and funds at brokers, as they go over the wire."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field, PlainSerializer

from tradertape_server.platform.http.routing import IstTime

# Rupees or percent: a number with two decimals at most.
Rupees = Annotated[
    Decimal, PlainSerializer(lambda value: round(float(value), 2), return_type=float)
]
# A price: a number with as many decimals as its tick has.
Price = Annotated[Decimal, PlainSerializer(float, return_type=float)]


class AtBroker(BaseModel):
    """What every row tells: whose it is, and from when. stale: the broker did not answer since."""

    broker: str
    account: str = Field(description="The account's scope, `kite:AB1234`.")
    environment: Literal["live", "sandbox"]
    as_of: IstTime
    age_s: float
    stale: bool


class HoldingOut(AtBroker):
    """Delivered shares of one instrument."""

    symbol: str
    exchange: str
    isin: str
    product: str
    quantity: int
    t1_quantity: int
    pledged_quantity: int
    average_price: Price
    last_price: Price
    close_price: Price
    invested: Rupees
    value: Rupees
    pnl: Rupees
    pnl_pct: Rupees
    day_change: Rupees
    day_change_pct: Rupees
    instrument_token: int | None


class PositionOut(AtBroker):
    """Open exposure; `net`: all that is open, `day`: what today's trades alone have made."""

    kind: Literal["net", "day"]
    symbol: str
    exchange: str
    product: str
    quantity: int
    overnight_quantity: int
    average_price: Price
    last_price: Price
    close_price: Price
    buy_quantity: int
    buy_value: Rupees
    sell_quantity: int
    sell_value: Rupees
    value: Rupees
    pnl: Rupees
    instrument_token: int | None


class BrokerOrderOut(AtBroker):
    """An order of today, from any terminal. source: `ours` when it was placed through this server.

    our_order_id, strategy_run_id: of an order of ours.
    """

    order_id: str
    exchange_order_id: str | None
    status: str
    status_message: str | None
    symbol: str
    exchange: str
    side: str
    quantity: int
    filled_quantity: int
    pending_quantity: int
    product: str
    variety: str
    order_type: str
    validity: str
    price: Price
    trigger_price: Price
    average_price: Price | None
    placed_at: IstTime | None
    updated_at: IstTime
    tag: str | None
    source: Literal["ours", "external"]
    our_order_id: str | None
    strategy_run_id: str | None


class MarginOut(AtBroker):
    """Funds of one segment."""

    segment: str
    available_cash: Rupees
    available_margin: Rupees
    used_margin: Rupees
    collateral: Rupees
    opening_balance: Rupees
    net: Rupees
