"""What an order would cost, before it is placed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from tradertape_core.execution.decision import Facts
from tradertape_core.kernel.format import grouped, inr
from tradertape_core.ledger.charges import NO_CHARGES, Charges
from tradertape_core.ledger.drift import DELIVERED
from tradertape_core.ledger.position import apply_fill, key_of, roll, trading_day
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.orders.checks import check_against
from tradertape_core.orders.commands import PlaceOrder
from tradertape_core.orders.denials import Denial
from tradertape_core.orders.fields import order_document
from tradertape_core.orders.order import OrderRequest, Side
from tradertape_server.features.execution.orders import closable, from_holdings, views
from tradertape_server.features.execution.orders.facts import (
    exit_facts,
    facts_for,
    instrument_of,
    margin_of,
)
from tradertape_server.features.execution.orders.risk_facts import NO_RISK, Legs, Risk
from tradertape_server.features.execution.state.order_costs import (
    estimate,
    filled,
    market_price,
)
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork

Json = dict[str, Any]
_NO_SLIPPAGE = Decimal(0)
NOT_AT_BROKER, FROM_HOLDINGS = "not_at_broker", "from_holdings"


@dataclass(frozen=True, slots=True)
class Asker:
    """Whose order it would be: the risk gate judges by run and limits."""

    account_id: int
    run_id: str | None = None
    risk: Risk = NO_RISK


def preview_order(uow: UnitOfWork, asker: Asker, request: OrderRequest) -> Json:
    """The order as it would be placed, what it needs and costs, and what to beware of.

    What would refuse it is a warning of severity `error`.
    """
    warnings, charges = _leg(uow, asker, request, Legs())
    margin, short = margin_of(uow, asker.account_id, [request], asker.run_id)
    warnings += [_warning(one, severity="error") for one in short]
    order = {**views.plain(order_document(request)), "warnings": warnings}
    return {"intent_type": "place_order", "order": order, "cost_contract": _cost(margin, charges)}


def preview_basket(uow: UnitOfWork, asker: Asker, requests: Sequence[OrderRequest]) -> Json:
    """The same of a basket, its margin as a whole."""
    before = Legs()
    legs = [
        _leg(uow, asker, request, before, at=f"/orders/{index}")
        for index, request in enumerate(requests)
    ]
    margin, short = margin_of(uow, asker.account_id, requests, asker.run_id)
    charges = sum((cost for _, cost in legs), NO_CHARGES)
    orders = [
        {**views.plain(order_document(request)), "warnings": warnings}
        for request, (warnings, _) in zip(requests, legs, strict=True)
    ]
    basket = {"orders": orders, "warnings": [_warning(one, severity="error") for one in short]}
    return {
        "intent_type": "place_basket",
        "basket": basket,
        "cost_contract": _cost(margin, charges),
    }


def _leg(
    uow: UnitOfWork, asker: Asker, request: OrderRequest, before: Legs, *, at: str = ""
) -> tuple[list[Json], Charges]:
    instrument = instrument_of(uow, request.instrument, f"{at}/tradingsymbol")
    facts, now = _facts(uow, asker, request, before, instrument), uow.now
    checked = check_against(
        request, instrument, now=now, tick=facts.tick, phase=facts.phase, held=facts.held
    )
    broker = uow.account(asker.account_id).broker
    price = market_price(request, instrument, facts.tick)
    charges = estimate(request, request.quantity, instrument, price, now, broker=broker)
    charges = charges + _of_the_day(uow, asker, request, instrument, facts.tick)
    denials = (*checked.denials, *facts.denials)
    if not denials:
        before.take(request, is_exit=facts.held > 0)
    refusals = [_warning(one, severity="error") for one in denials]
    refused = {one.reason for one in denials}
    warnings = [one for one in checked.warnings if one.reason not in refused]
    notes = [_warning(one, severity="warning") for one in warnings]
    beside = [*_not_at_broker(uow, asker, request), *_taken_in(uow, asker, request)]
    return [*refusals, *notes, *beside], charges


def _taken_in(uow: UnitOfWork, asker: Asker, request: OrderRequest) -> list[Json]:
    """A note where a sale takes shares into the books that were bought elsewhere."""
    count = from_holdings.units(uow, asker.account_id, asker.run_id, request)
    shares = uow.shares_there(asker.account_id, (request.instrument, request.product))
    if not count or shares is None:
        return []
    words = (
        f"{grouped(count)} of these were not bought through TraderTape: with the order they enter "
        f"your positions at your broker's average price of {inr(shares.average)}."
    )
    return [{"code": FROM_HOLDINGS, "message": words, "severity": "warning"}]


def _not_at_broker(uow: UnitOfWork, asker: Asker, request: OrderRequest) -> list[Json]:
    """A warning where a sale asks for more delivered shares than the broker is known to have: it
    would reject the order. Its figures may be seconds old, so we refuse nothing."""
    place, most = (request.instrument, request.product), None
    if request.side is Side.SELL and request.product in DELIVERED:
        most = closable.most(uow, asker.account_id, asker.run_id or "", place, request.side)
    if most is None or request.quantity <= most:
        return []
    words = (
        f"Your broker has {grouped(most)} of {request.instrument} ({request.product}) to sell, and "
        f"the order asks for {grouped(request.quantity)}: it would reject all of it. "
        "Reconciliation shows the difference."
    )
    return [{"code": NOT_AT_BROKER, "message": words, "severity": "warning"}]


def _facts(
    uow: UnitOfWork, asker: Asker, request: OrderRequest, before: Legs, instrument: Instrument
) -> Facts:
    """What risk and holdings say; the margin is judged as a whole."""
    if asker.run_id is not None and uow.is_exiting(asker.run_id):
        # This previews an exit, which nothing refuses.
        return exit_facts(uow, instrument, request.quantity)
    command = PlaceOrder(
        order_id="preview",
        account=str(asker.account_id),
        run_id=asker.run_id,
        key="preview",
        venue="paper",
        request=request,
    )
    return facts_for(uow, command, asker.risk, legs=before, is_preview=True)


def _of_the_day(
    uow: UnitOfWork, asker: Asker, request: OrderRequest, instrument: Instrument, tick: Tick | None
) -> Charges:
    """What the order changes in the charges of its day: intraday or delivery, the depository's."""
    price = market_price(request, instrument, tick)
    if not price:
        return NO_CHARGES
    fill = filled(request, request.quantity, price, uow.now)
    fill = replace(fill, account=str(asker.account_id), run_id=asker.run_id)
    held = uow.position(key_of(fill))
    held = from_holdings.with_them(uow, asker.account_id, asker.run_id, request, held)
    before = roll(held, trading_day(fill))
    broker = uow.account(asker.account_id).broker
    after = apply_fill(before, fill)
    return uow.day_charges.change(uow, before, after, instrument, broker=broker)


def _cost(margin_paise: int, charges: Charges) -> Json:
    return {
        "margin_required": views.rupees(margin_paise),
        "charges_estimate": {
            "brokerage": views.rupees(charges.brokerage),
            "stt": views.rupees(charges.stt),
            "exchange_txn": views.rupees(charges.transaction),
            "sebi": views.rupees(charges.sebi),
            "stamp_duty": views.rupees(charges.stamp),
            "gst": views.rupees(charges.gst),
            "dp": views.rupees(charges.demat),
            "total": views.rupees(charges.total),
        },
        "total_charges": views.rupees(charges.total),
        "total_taxes": views.rupees(charges.taxes),
    }


def _warning(denial: Denial, *, severity: str) -> Json:
    return {"code": denial.reason.value, "message": denial.message, "severity": severity}
