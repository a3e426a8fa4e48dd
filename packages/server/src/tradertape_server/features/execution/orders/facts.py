"""The facts the engine decides on, and why the account refuses an order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from tradertape_core.execution.decision import Facts
from tradertape_core.execution.pricing import offers
from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidDocument, Problem
from tradertape_core.kernel.format import inr
from tradertape_core.kernel.money import Paise
from tradertape_core.ledger.position import PositionKey
from tradertape_core.market.hours import intraday_closes
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.session_times import PhaseKind
from tradertape_core.orders.commands import ModifyOrder, PlaceOrder
from tradertape_core.orders.denials import Denial, DenialReason, denial
from tradertape_core.orders.order import Order, OrderRequest, Product, Side, Variety
from tradertape_core.risk import gate
from tradertape_core.risk.rules import order_value
from tradertape_server.features.execution.errors import RunExiting
from tradertape_server.features.execution.orders import from_holdings
from tradertape_server.features.execution.orders.risk_facts import Legs, Risk, risk_facts
from tradertape_server.features.execution.state.entry_rules import Asked
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork

_R = DenialReason
_NO_SLIPPAGE = Decimal(0)


def facts_for(
    uow: UnitOfWork,
    command: PlaceOrder,
    risk: Risk,
    *,
    legs: Legs | None = None,
    is_preview: bool = False,
) -> Facts:
    """What is known about a new order. legs: those before it in its basket, whose margin is judged
    as a whole. is_preview: nothing is kept of what rules say.

    Raises InvalidDocument for an unknown instrument, RunExiting when its run is being closed,
    TradingPaused when the disk has room for what closes positions alone.
    """
    request = command.request
    in_basket = legs is not None
    pointer = f"/orders/{command.leg}/tradingsymbol" if in_basket else "/tradingsymbol"
    instrument = instrument_of(uow, request.instrument, pointer)
    if command.run_id is not None and uow.is_exiting(command.run_id):
        raise RunExiting
    account_id = int(command.account)
    margins = uow.account(account_id).margins
    needed = None if in_basket else margins.need(request, command.run_id, uow.now)
    taken_in = 0 if legs else from_holdings.units(uow, account_id, command.run_id, request)
    known = risk_facts(
        uow, account_id, command.run_id, request, risk,
        required=needed, legs=legs, taken_in=taken_in,
    )  # fmt: skip
    denials = gate.check(command, known)
    held = abs(known.position_quantity)
    is_reducing = gate.is_reducing(request, known)
    asked = Asked(
        account_id=account_id,
        run_id=command.run_id,
        request=request,
        facts=known,
        order_id=command.order_id,
        before=() if legs is None else (*legs.entries, *legs.exits),
        is_preview=is_preview,
        is_reducing=is_reducing,
        stop=risk.stop,
    )
    denials += uow.entry_rules.judge(uow, asked)
    if not is_reducing:
        held = 0
        uow.demand_room()
        denials += _intraday(uow, request, instrument)
        denials += _unprotected(uow, account_id, request, pointer.replace("tradingsymbol", ""))
        denials += _holdings(uow, command, legs, taken_in)
        denials += () if needed is None else _margin(uow, account_id, needed)
    return market_facts(uow, instrument, denials, held=held)


def closes(uow: UnitOfWork, order: Order, request: OrderRequest) -> bool:
    """Whether an open order, with this request, only takes from a position that is open."""
    return _closable(uow, order, request) > 0


def _closable(uow: UnitOfWork, order: Order, request: OrderRequest) -> int:
    """Units there were for an order to close, its own fills included; 0 where it does more."""
    key = PositionKey(order.account, order.run_id, request.instrument, request.product)
    position = uow.account(int(order.account)).positions.get(key)
    if position is None or position.side is request.side:
        return 0
    held = abs(position.quantity) + order.filled_quantity
    # More than it had: beside what other orders are closing.
    others = _claimed(uow, order) if request.quantity > order.request.quantity else 0
    return held if request.quantity <= held - others else 0


def exit_facts(uow: UnitOfWork, instrument: Instrument, quantity: int) -> Facts:
    """What is known about an order that closes a position: nothing of the account is against it."""
    return market_facts(uow, instrument, (), held=quantity)


def change_facts(uow: UnitOfWork, order: Order, command: ModifyOrder, risk: Risk) -> Facts:
    """What is known about a change: the margin it takes beyond what the order has reserved, and
    what a new order with these terms would be refused for."""
    instrument = uow.known(order.request.instrument)
    margins, now = uow.account(int(order.account)).margins, uow.now
    request = command.change.applied_to(order.request)
    more = margins.need_of_change(order, request, now)
    denials = _margin(uow, int(order.account), more) if more > 0 else ()
    held = _closable(uow, order, request)
    if not held:
        uow.demand_room()
        known = risk_facts(
            uow, int(order.account), order.run_id, request, risk, required=more, changed=order
        )
        denials += gate.check_change(request, known)
        asked = Asked(
            account_id=int(order.account),
            run_id=order.run_id,
            request=request,
            facts=known,
            order_id=order.order_id,
            is_change=True,
            former_paise=order_value(order.request, known),
            stop=risk.stop,
        )
        denials += uow.entry_rules.judge(uow, asked)
        denials += _unprotected(uow, int(order.account), request, "/")
        denials += _too_many_sold(uow, order, request)
    return market_facts(uow, instrument, denials, held=held)


def basket_denials(
    uow: UnitOfWork, account_id: int, commands: Sequence[PlaceOrder], facts: Sequence[Facts]
) -> tuple[Denial, ...]:
    """Why the account refuses the legs together. Those that only close are never refused."""
    sound = [
        (one.request, fact) for one, fact in zip(commands, facts, strict=True) if not fact.denials
    ]
    if not any(not fact.held for _, fact in sound):
        return ()
    run_id = commands[0].run_id
    entries = [request for request, fact in sound if not fact.held]
    needed = min(
        _needed(uow, account_id, found, run_id)
        for found in ([request for request, _ in sound], entries)
    )
    return _margin(uow, account_id, needed)


def margin_of(
    uow: UnitOfWork, account_id: int, requests: Sequence[OrderRequest], run_id: str | None = None
) -> tuple[Paise, tuple[Denial, ...]]:
    """The margin of orders together, and the denial when the account has less than that and their
    charges."""
    needed = _needed(uow, account_id, requests, run_id)
    margin = _needed(uow, account_id, requests, run_id, with_charges=False)
    return margin, _margin(uow, account_id, needed)


def _needed(
    uow: UnitOfWork,
    account_id: int,
    requests: Sequence[OrderRequest],
    run_id: str | None,
    *,
    with_charges: bool = True,
) -> Paise:
    margins = uow.account(account_id).margins
    if not with_charges:
        margins = replace(margins, broker="none", _priced=None)
    return margins.needs(requests, run_id, uow.now, lambda one: _fills_at_once(uow, one))


def _fills_at_once(uow: UnitOfWork, request: OrderRequest) -> bool:
    """Whether an order meets the other side of the market when it is placed."""
    instrument, tick = uow.known(request.instrument), uow.tick(request.instrument)
    if tick is None or uow.phase(instrument) is not PhaseKind.CONTINUOUS:
        return False
    if request.variety is Variety.AMO or request.trigger_price:
        return False
    if not request.price:
        return True
    best = offers(tick, request.side, instrument, _NO_SLIPPAGE)
    if not best:
        return False
    if request.side is Side.BUY:
        return request.price >= best[0].price
    return request.price <= best[0].price


def market_facts(
    uow: UnitOfWork, instrument: Instrument, denials: tuple[Denial, ...], *, held: int
) -> Facts:
    """The market's side of the facts."""
    return Facts(
        instrument=instrument,
        tick=uow.tick(instrument.id),
        phase=uow.phase(instrument),
        denials=denials,
        held=held,
    )


def _unprotected(
    uow: UnitOfWork, account_id: int, request: OrderRequest, at: str
) -> tuple[Denial, ...]:
    """A market order that asks for no band, which the account's broker would refuse."""
    if request.order_type.has_limit or request.market_protection:
        return ()
    if not uow.needs_protection(account_id):
        return ()
    return (denial(_R.NO_MARKET_PROTECTION, pointer=f"{at}market_protection"),)


def _intraday(uow: UnitOfWork, request: OrderRequest, instrument: Instrument) -> tuple[Denial, ...]:
    """Once brokers close intraday positions they open none: a new one would stay open today."""
    if request.product is not Product.MIS or request.variety is Variety.AMO:
        return ()
    if uow.market.never_closes or uow.phase(instrument) is None:
        return ()
    due = intraday_closes(uow.now.astimezone(IST).date()).get(instrument.exchange)
    if due is None or uow.now < due:
        return ()
    instead = Product.NRML if instrument.is_derivative else Product.CNC
    facts = {"exchange": instrument.exchange, "due": f"{due:%H:%M}", "instead": instead.value}
    return (denial(_R.INTRADAY_OVER, pointer="/product", **facts),)


def _holdings(
    uow: UnitOfWork, command: PlaceOrder, legs: Legs | None, taken_in: int
) -> tuple[Denial, ...]:
    """Delivery sells only what is there and not being sold: shares for CNC, funded ones for MTF."""
    request = command.request
    if not _is_delivered(request):
        return ()
    free = uow.account(int(command.account)).margins.free_holdings(request, command.run_id)
    free += taken_in
    if legs is not None:
        free = max(free - legs.units(request), 0)
    return () if request.quantity <= free else _sells_more(request, free)


def _too_many_sold(uow: UnitOfWork, order: Order, request: OrderRequest) -> tuple[Denial, ...]:
    """The same of an order that is changed: its own units it may have."""
    if not _is_delivered(request) or request.quantity <= order.request.quantity:
        return ()
    margins = uow.account(int(order.account)).margins
    free = order.filled_quantity + order.pending_quantity
    free += margins.free_holdings(request, order.run_id)
    return () if request.quantity <= free else _sells_more(request, free)


def _is_delivered(request: OrderRequest) -> bool:
    return request.side is Side.SELL and request.product in (Product.CNC, Product.MTF)


def _claimed(uow: UnitOfWork, order: Order) -> int:
    """Units that other orders than this one take on its side."""
    request, margins = order.request, uow.account(int(order.account)).margins
    claimed = margins.pending(request.instrument, request.product, request.side, order.run_id)
    return claimed - order.pending_quantity


def _sells_more(request: OrderRequest, free: int) -> tuple[Denial, ...]:
    facts = {"instrument": request.instrument, "product": request.product}
    found = denial(
        _R.INSUFFICIENT_HOLDINGS,
        pointer="/quantity",
        held=free,
        quantity=request.quantity,
        **facts,
    )
    return (found,)


def _margin(uow: UnitOfWork, account_id: int, needed: Paise) -> tuple[Denial, ...]:
    state = uow.account(account_id)
    available = state.margins.available(state.cash_paise, uow.now)
    # What a broker's account has is known to the broker alone, which refuses what it cannot carry.
    if not state.is_paper or needed <= max(available, 0):
        return ()
    facts = {"required": _inr(needed), "available": _inr(available)}
    return (denial(_R.INSUFFICIENT_MARGIN, **facts),)


def _inr(paise: int) -> str:
    return inr(Decimal(paise) / 100, 2)


def instrument_of(uow: UnitOfWork, name: str, pointer: str) -> Instrument:
    """The instrument of exactly this id: what is stored must be what is found again.

    Raises InvalidDocument at the pointer.
    """
    found = uow.market.instrument(name)
    if found is None or found.id != name:
        hint = uow.market.hint(name)
        raise InvalidDocument([Problem(pointer, f"{name} is not a known instrument{hint}")])
    return found
