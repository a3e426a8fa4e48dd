"""Response bodies of a person's activity in an instrument. Prices in rupees."""

from __future__ import annotations

from tradertape_server.platform.http.routing import IstTime, Reply


class FillOut(Reply):
    """A fill. run_id: null when a GTT placed the order."""

    at: IstTime
    order_id: str
    run_id: str | None
    side: str
    product: str
    quantity: int
    price: float


class RestingOut(Reply):
    """An order that is still open."""

    order_id: str
    run_id: str | None
    side: str
    order_type: str
    status: str
    quantity: int
    pending_quantity: int
    price: float
    trigger_price: float
    placed_at: IstTime


class TriggerOut(Reply):
    """One leg of an active GTT."""

    gtt_id: int
    trigger: float
    side: str
    quantity: int


class HeldOut(Reply):
    """An open position. quantity: below 0 when sold short."""

    run_id: str | None
    product: str
    quantity: int
    average_price: float


class LevelsOut(Reply):
    """What protects a run's position in the instrument; null where there is no such level."""

    run_id: str
    strategy: str
    status: str
    side: str
    quantity: int
    entry_price: float
    stop_price: float | None
    target_price: float | None
    trailing_price: float | None


class ActivityOut(Reply):
    """Everything in one instrument; fills newest first, at most 500 of them."""

    instrument: str
    fills: list[FillOut]
    orders: list[RestingOut]
    triggers: list[TriggerOut]
    positions: list[HeldOut]
    protections: list[LevelsOut]
