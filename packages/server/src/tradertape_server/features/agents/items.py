"""What an agent is asked, as it goes over the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tradertape_core.orders.gtt import GttType
from tradertape_server.features.agents.models import AgentLease
from tradertape_server.features.agents.schemas import Item, ItemOrder
from tradertape_server.features.portfolios.handing import Handed, Waiting
from tradertape_server.features.portfolios.queries import PortfolioSignal

Json = dict[str, Any]


def leased_item(one: Handed, lease: AgentLease, *, tick_size: float) -> Item:
    """An item that may be sent until its lease ends."""
    return _item(
        one.signal, _order(one, tick_size), requires_approval=False, key=lease.key,
        lease_until=lease.lease_until, scaled=lease.is_scaled, quantity=_quantity(one),
        risk={"passed": True, "allowed": True, "reasons": [], "rules": []},
    )  # fmt: skip


def waiting_item(one: Waiting, rules: list[Json], *, tick_size: float, scaled: bool) -> Item:
    """An item that is to be approved. rules: the verdicts on its order now."""
    row = one.signal
    order = ItemOrder(
        type="limit" if row.trigger_price is None and row.side == "BUY" else
        "market" if row.side == "SELL" else "gtt_single",
        trigger_price=_rounded(row.trigger_price), limit_price=_rounded(row.limit_price),
        stop_trigger=_rounded(row.stop_price), stop_limit=None,
        target_trigger=_rounded(row.target_price), target_limit=None, tick_size=tick_size,
        market_protection=None,
    )  # fmt: skip
    reasons = [one["text"] for one in rules if not one["passed"]]
    risk = {"passed": not reasons, "allowed": not reasons, "reasons": reasons, "rules": rules}
    return _item(
        row, order, requires_approval=True, key=None, lease_until=None, scaled=scaled,
        quantity=row.quantity, risk=risk,
    )  # fmt: skip


def _item(
    row: PortfolioSignal, order: ItemOrder, *, requires_approval: bool, key: str | None,
    lease_until: datetime | None, scaled: bool, quantity: int, risk: Json,
) -> Item:  # fmt: skip
    base = order.trigger_price or row.ref_price
    slippage = None
    if order.limit_price is not None and base:
        slippage = round(abs(order.limit_price - base) / base * 100, 4)
    return Item(
        id=row.id, version=row.version, portfolio_id=row.portfolio_id, paper=False,
        symbol=row.symbol, exchange="NSE", isin=row.isin, side=row.side,  # type: ignore[arg-type]
        kind=row.kind, quantity=quantity, product="CNC", order=order, ref_price=row.ref_price,
        max_slippage_pct=slippage, valid_until=row.valid_until,
        expires_at=row.expires_at if row.side == "BUY" else None,
        requires_approval=requires_approval, conviction=round(row.conviction, 4),
        reason=row.reason, risk=risk, idempotency_key=key, lease_until=lease_until, scaled=scaled,
    )  # fmt: skip


def _order(one: Handed, tick_size: float) -> ItemOrder:
    row, gtt, order = one.signal, one.asked.gtt, one.asked.order
    is_entry = row.side == "BUY"
    levels: Json = {
        "stop_trigger": _rounded(row.stop_price) if is_entry else None, "stop_limit": None,
        "target_trigger": _rounded(row.target_price) if is_entry else None, "target_limit": None,
    }  # fmt: skip
    if gtt is not None:
        triggers, legs = gtt.request.trigger_values, gtt.request.orders
        is_oco = gtt.request.type is GttType.TWO_LEG
        if is_oco:
            levels = {
                "stop_trigger": float(triggers[0]), "stop_limit": float(legs[0].price or 0),
                "target_trigger": float(triggers[1]), "target_limit": float(legs[1].price or 0),
            }  # fmt: skip
        return ItemOrder(
            type="gtt_oco" if is_oco else "gtt_single",
            trigger_price=None if is_oco else float(triggers[0]),
            limit_price=None if is_oco else float(legs[0].price or 0) or None,
            tick_size=tick_size, market_protection=None, **levels,
        )  # fmt: skip
    request = None if order is None else order.request
    has_limit = request is not None and request.order_type.has_limit
    protection = None if request is None or has_limit else request.market_protection
    return ItemOrder(
        type="limit" if has_limit else "market", trigger_price=None,
        limit_price=float(request.price) if request is not None and has_limit and request.price
        else None,
        tick_size=tick_size,
        market_protection=float(protection) if protection is not None else None, **levels,
    )  # fmt: skip


def _quantity(one: Handed) -> int:
    if one.asked.order is not None:
        return one.asked.order.request.quantity
    if one.asked.gtt is not None:
        return one.asked.gtt.request.orders[0].quantity
    return one.signal.quantity


def _rounded(price: float | None) -> float | None:
    return None if price is None else round(price, 2)
