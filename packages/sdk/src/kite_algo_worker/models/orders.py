"""Orders, fills, previews, GTTs. Prices are rupees per unit, quantities units."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kite_algo_worker.models.base import JsonDict, Model


@dataclass(frozen=True)
class WorkerOrderSnapshot(Model):
    """The present state of an order; `COMPLETE`, `CANCELLED` and `REJECTED` are final.

    An order of a dry run is `COMPLETE` once recorded, nothing filled; `raw["dry_run"]` is true.
    """

    order_id: str
    status: str
    exchange: str | None = None
    tradingsymbol: str | None = None
    instrument_token: int | None = None
    transaction_type: str | None = None
    product: str | None = None
    variety: str | None = None
    order_type: str | None = None
    validity: str | None = None
    quantity: int | None = None
    price: float | None = None
    trigger_price: float | None = None
    average_price: float | None = None
    filled_quantity: int | None = None
    pending_quantity: int | None = None
    cancelled_quantity: int | None = None
    order_timestamp: str | None = None
    exchange_update_timestamp: str | None = None
    exchange_timestamp: str | None = None
    status_message: str | None = None
    status_message_raw: str | None = None
    parent_order_id: str | None = None
    tag: str | None = None
    raw: JsonDict = field(default_factory=JsonDict, repr=False)


@dataclass(frozen=True)
class WorkerTradeSnapshot(Model):
    """One fill of an order."""

    trade_id: str
    order_id: str
    exchange: str | None = None
    tradingsymbol: str | None = None
    instrument_token: int | None = None
    transaction_type: str | None = None
    product: str | None = None
    average_price: float | None = None
    quantity: int | None = None
    order_timestamp: str | None = None
    exchange_timestamp: str | None = None
    fill_timestamp: str | None = None
    raw: JsonDict = field(default_factory=JsonDict, repr=False)


@dataclass(frozen=True)
class WorkerOrdersResponse(Model):
    """A run's orders, oldest first."""

    strategy_run_id: str
    orders: list[WorkerOrderSnapshot] = field(default_factory=list[WorkerOrderSnapshot])
    raw: JsonDict = field(default_factory=JsonDict, repr=False)


@dataclass(frozen=True)
class WorkerTradesResponse(Model):
    """A run's fills, oldest first."""

    strategy_run_id: str
    trades: list[WorkerTradeSnapshot] = field(default_factory=list[WorkerTradeSnapshot])
    raw: JsonDict = field(default_factory=JsonDict, repr=False)


@dataclass(frozen=True)
class WorkerOrderResult(Model):
    """The answer to an order or a basket: `order_id` of an order, `result["legs"]` of a basket."""

    mode: str
    result: JsonDict
    strategy_run_id: str | None = None
    order_id: str | None = None
    raw: JsonDict = field(default_factory=JsonDict, repr=False)


@dataclass(frozen=True)
class CostContract(Model):
    """Margin and charges of an order or a basket, in rupees."""

    margin_required: Any = None
    charges_estimate: Any = None
    total_charges: Any = None
    total_taxes: Any = None
    raw: JsonDict = field(default_factory=JsonDict, repr=False)


@dataclass(frozen=True)
class PreviewPayload(Model):
    """The order or basket as the server reads it, with its cost; its warnings are in `raw`."""

    intent_type: str
    order: JsonDict | None = None
    basket: JsonDict | None = None
    cost_contract: CostContract | None = None
    raw: JsonDict = field(default_factory=JsonDict, repr=False)


@dataclass(frozen=True)
class OrderPreview(Model):
    """The answer to a preview."""

    strategy_run_id: str
    mode: str
    preview: PreviewPayload
    raw: JsonDict = field(default_factory=JsonDict, repr=False)


@dataclass(frozen=True)
class WorkerGttWriteResult(Model):
    """The id of a GTT that was created, changed or deleted."""

    trigger_id: int
    raw: JsonDict = field(default_factory=JsonDict, repr=False)


@dataclass(frozen=True)
class WorkerGttTrigger(Model):
    """A good-till-triggered order. status: `active`, `triggered`, `expired`, `cancelled` …"""

    id: int
    user_id: str | None = None
    parent_trigger: int | None = None
    type: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    expires_at: str | None = None
    status: str | None = None
    condition: JsonDict = field(default_factory=JsonDict)
    orders: list[JsonDict] = field(default_factory=list[JsonDict])
    meta: JsonDict | None = None
    raw: JsonDict = field(default_factory=JsonDict, repr=False)
