"""Answers about orders, trades, GTTs and exits, with Kite's field names."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from tradertape_server.features.workers.http.answers.protection import Side
from tradertape_server.platform.http.units import Minutes, Percent, Price, Quantity, Rupees, Time


class RunOrder(TypedDict):
    """An order of a run. exchange_order_id: null until the venue has accepted it."""

    order_id: str
    exchange_order_id: str | None
    parent_order_id: str | None
    status: str
    status_message: str | None
    order_timestamp: Time
    exchange_update_timestamp: Time
    exchange_timestamp: Time
    variety: str
    exchange: str
    tradingsymbol: str
    instrument_token: int | None
    transaction_type: Side
    product: str
    order_type: str
    validity: str
    validity_ttl: Minutes | None
    quantity: Quantity
    disclosed_quantity: Quantity
    filled_quantity: Quantity
    pending_quantity: Quantity
    cancelled_quantity: Quantity
    price: Price
    trigger_price: Price
    average_price: Price
    market_protection: Percent
    modified: bool
    tag: str
    dry_run: bool


class RunOrders(TypedDict):
    """A run's orders, oldest first."""

    strategy_run_id: str
    orders: list[RunOrder]


class RunTrade(TypedDict):
    """An execution; charges: of this execution, in rupees."""

    trade_id: str
    order_id: str
    exchange: str
    tradingsymbol: str
    instrument_token: int | None
    transaction_type: Side
    product: str
    quantity: Quantity
    average_price: Price
    charges: Rupees
    order_timestamp: Time
    exchange_timestamp: Time
    fill_timestamp: Time


class RunTrades(TypedDict):
    """A run's executions, oldest first."""

    strategy_run_id: str
    trades: list[RunTrade]


class OrderWarning(TypedDict):
    """Why an order would be refused, or what to know of it."""

    code: str
    message: str
    severity: str


class OrderFields(TypedDict):
    """The fields of an order as they would be sent; fields without a value are absent."""

    exchange: str
    tradingsymbol: str
    transaction_type: Side
    product: str
    order_type: str
    quantity: Quantity
    variety: str
    validity: str
    price: NotRequired[Price]
    trigger_price: NotRequired[Price]
    disclosed_quantity: NotRequired[Quantity]
    validity_ttl: NotRequired[Minutes]
    market_protection: NotRequired[Percent]
    autoslice: NotRequired[bool]
    iceberg_legs: NotRequired[int]
    iceberg_quantity: NotRequired[Quantity]
    auction_number: NotRequired[str]
    stoploss: NotRequired[Price]


class PreviewedOrder(OrderFields):
    """An order as it would be sent, with its warnings."""

    warnings: list[OrderWarning]


class ChargesEstimate(TypedDict):
    """Charges in rupees, by kind."""

    brokerage: Rupees
    stt: Rupees
    exchange_txn: Rupees
    sebi: Rupees
    stamp_duty: Rupees
    gst: Rupees
    dp: Rupees
    total: Rupees


class CostContract(TypedDict):
    """Margin and charges in rupees; null where there is no price to count with."""

    margin_required: Rupees | None
    charges_estimate: ChargesEstimate | None
    total_charges: Rupees | None
    total_taxes: Rupees | None


class PreviewOfOrder(TypedDict):
    """One order and its cost."""

    intent_type: str
    order: PreviewedOrder
    cost_contract: CostContract | None


class PreviewedBasket(TypedDict):
    """The orders of a basket."""

    orders: list[PreviewedOrder]
    warnings: list[OrderWarning]
    all_or_none: NotRequired[bool]


class PreviewOfBasket(TypedDict):
    """A basket and its cost as a whole."""

    intent_type: str
    basket: PreviewedBasket
    cost_contract: CostContract | None


class OrderPreview(TypedDict):
    """The preview of an order; nothing is placed."""

    strategy_run_id: str
    mode: str
    preview: PreviewOfOrder


class BasketPreview(TypedDict):
    """The preview of a basket; nothing is placed."""

    strategy_run_id: str
    mode: str
    preview: PreviewOfBasket


class LegResult(TypedDict):
    """The outcome of a basket's leg. index: its place in the request. children: slices."""

    index: int
    order_id: str | None
    status: str
    detail: str | None
    status_message: NotRequired[str | None]
    filled_quantity: NotRequired[Quantity]
    pending_quantity: NotRequired[Quantity]
    average_price: NotRequired[Price]
    dry_run: NotRequired[bool]
    children: NotRequired[list[str]]
    leg_id: NotRequired[str]


class Unwinding(TypedDict):
    """Orders that reverse what filled when the venue refused a leg."""

    mode: str
    status: str
    orders: list[str]


class IntentResult(TypedDict):
    """The outcome of an intent: of its order, or of the basket's `legs`."""

    status: str
    timeline_cursor: int
    order_id: NotRequired[str | None]
    status_message: NotRequired[str | None]
    filled_quantity: NotRequired[Quantity]
    pending_quantity: NotRequired[Quantity]
    average_price: NotRequired[Price]
    dry_run: NotRequired[bool]
    children: NotRequired[list[str]]
    basket_id: NotRequired[str]
    legs: NotRequired[list[LegResult]]
    unwind: NotRequired[Unwinding]
    preview: NotRequired[PreviewOfOrder | PreviewOfBasket]


class IntentReply(TypedDict):
    """The reply to an intent; the same bytes for the same key. status: absent in strict answers."""

    strategy_run_id: str
    mode: str
    order_id: str | None
    status: NotRequired[str]
    result: IntentResult


class ExitReply(TypedDict):
    """An exit: `orders` that closed positions; of a dry run what it would `cancel` and `close`."""

    strategy_run_id: str
    mode: str
    dry_run: bool
    status: NotRequired[str]
    reason: NotRequired[str | None]
    orders: NotRequired[list[RunOrder]]
    cancel: NotRequired[list[str]]
    close: NotRequired[list[OrderFields]]


class GttId(TypedDict):
    """The id of a GTT that was created, changed or deleted."""

    trigger_id: int


class GttCondition(TypedDict):
    """Trigger prices in rupees: one, or two for one-cancels-the-other."""

    exchange: str
    tradingsymbol: str
    trigger_values: list[Price]
    last_price: Price
    instrument_token: int | None


class GttOrderResult(TypedDict):
    """The order that a leg placed, or why it was refused."""

    status: Literal["success", "failed"]
    order_id: str | None
    rejection_reason: str


class GttLegResult(TypedDict):
    """When a leg was triggered, and its order."""

    timestamp: Time
    order_result: GttOrderResult


class GttLeg(OrderFields):
    """The order of a leg."""

    result: GttLegResult | None


class GttMeta(TypedDict):
    """Why a GTT was refused; empty otherwise."""

    rejection_reason: str


class WorkerGtt(TypedDict):
    """A GTT of an account, in Kite's shape."""

    id: int
    user_id: str
    parent_trigger: None
    type: Literal["single", "two-leg"]
    created_at: Time
    updated_at: Time
    expires_at: Time
    status: str
    condition: GttCondition
    orders: list[GttLeg]
    meta: GttMeta
