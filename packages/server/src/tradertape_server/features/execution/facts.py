"""The facts the engine decides on, and what the account says against an order."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tradertape_core.execution.decision import Facts
from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidDocument, Problem
from tradertape_core.kernel.format import inr
from tradertape_core.kernel.money import Paise
from tradertape_core.market.hours import intraday_closes
from tradertape_core.market.instrument import Instrument
from tradertape_core.orders.commands import ModifyOrder, PlaceOrder
from tradertape_core.orders.denials import Denial, DenialReason, denial
from tradertape_core.orders.order import Order, OrderRequest, Product, Side, Variety
from tradertape_core.risk import gate
from tradertape_server.features.execution.desk import Desk
from tradertape_server.features.execution.errors import RunExiting
from tradertape_server.features.execution.risk import Risk, risk_facts

_R = DenialReason


def facts_for(desk: Desk, command: PlaceOrder, risk: Risk, *, in_basket: bool = False) -> Facts:
    """What is known about a new order. in_basket: its margin is judged with the others'.

    Raises InvalidDocument for an unknown instrument, RunExiting when its run is being closed,
    TradingPaused when the disk has room for what closes positions alone.
    """
    request = command.request
    pointer = f"/orders/{command.leg}/tradingsymbol" if in_basket else "/tradingsymbol"
    instrument = instrument_of(desk, request.instrument, pointer)
    if command.run_id is not None and desk.is_leaving(command.run_id):
        raise RunExiting
    account_id = int(command.account)
    margins = desk.account(account_id).margins
    needed = None if in_basket else margins.need(request, command.run_id, desk.now)
    known = risk_facts(desk, account_id, command.run_id, request, risk, required=needed)
    denials = gate.check(command, known)
    if not gate.is_reducing(request, known):
        desk.demand_room()
        denials += _intraday(desk, request, instrument)
        denials += _holdings(desk, command)
        denials += () if needed is None else _margin(desk, account_id, needed)
    return market_facts(desk, instrument, denials)


def closes(desk: Desk, order: Order, request: OrderRequest) -> bool:
    """Whether an open order, with this request, only takes from a position that is open."""
    held = [
        position.quantity
        for key, position in desk.account(int(order.account)).positions.items()
        if (key.run_id, key.instrument, key.product)
        == (order.run_id, request.instrument, request.product)
    ]
    quantity = held[0] if held else 0
    is_opposite = quantity != 0 and (quantity > 0) == (request.side is Side.SELL)
    return is_opposite and request.quantity - order.filled_quantity <= abs(quantity)


def exit_facts(desk: Desk, instrument: Instrument) -> Facts:
    """What is known about an order that closes a position: nothing of the account is against it."""
    return market_facts(desk, instrument, ())


def change_facts(desk: Desk, order: Order, command: ModifyOrder) -> Facts:
    """What is known about a change: the margin it takes beyond what the order has reserved."""
    instrument = desk.known(order.request.instrument)
    margins, now = desk.account(int(order.account)).margins, desk.now
    request = command.change.applied_to(order.request)
    more = margins.needs([request], order.run_id, now)
    more = Paise(more - margins.needs([order.request], order.run_id, now))
    denials = _margin(desk, int(order.account), more) if more > 0 else ()
    if not closes(desk, order, request):
        desk.demand_room()
        halt = desk.halt(int(order.account))
        denials += () if halt is None else (denial(_R.KILL_SWITCH_ACTIVE, why=halt.words),)
    return market_facts(desk, instrument, denials)


def basket_denials(
    desk: Desk, account_id: int, commands: Sequence[PlaceOrder], facts: Sequence[Facts]
) -> tuple[Denial, ...]:
    """What the account says against the legs together."""
    sound = [
        command.request for command, fact in zip(commands, facts, strict=True) if not fact.denials
    ]
    if not sound:
        return ()
    return margin_of(desk, account_id, sound, commands[0].run_id)[1]


def margin_of(
    desk: Desk, account_id: int, requests: Sequence[OrderRequest], run_id: str | None = None
) -> tuple[Paise, tuple[Denial, ...]]:
    """What orders need together, and the denial when the account has less."""
    state = desk.account(account_id)
    needed = state.margins.needs(requests, run_id, desk.now)
    return needed, _margin(desk, account_id, needed)


def market_facts(desk: Desk, instrument: Instrument, denials: tuple[Denial, ...]) -> Facts:
    """The market's side of the facts."""
    return Facts(
        instrument=instrument,
        tick=desk.tick(instrument.id),
        phase=desk.phase(instrument),
        denials=denials,
    )


def _intraday(desk: Desk, request: OrderRequest, instrument: Instrument) -> tuple[Denial, ...]:
    """Once brokers close intraday positions they open none: nobody would close that one today."""
    if request.product is not Product.MIS or request.variety is Variety.AMO:
        return ()
    if desk.market.never_closes or desk.phase(instrument) is None:
        return ()
    due = intraday_closes(desk.now.astimezone(IST).date()).get(instrument.exchange)
    if due is None or desk.now < due:
        return ()
    instead = Product.NRML if instrument.is_derivative else Product.CNC
    facts = {"exchange": instrument.exchange, "due": f"{due:%H:%M}", "instead": instead.value}
    return (denial(_R.INTRADAY_OVER, pointer="/product", **facts),)


def _holdings(desk: Desk, command: PlaceOrder) -> tuple[Denial, ...]:
    """Delivery sells only what is there and not being sold: shares for CNC, funded ones for MTF."""
    request = command.request
    if request.side is Side.BUY or request.product not in (Product.CNC, Product.MTF):
        return ()
    free = desk.account(int(command.account)).margins.free_holdings(request, command.run_id)
    if request.quantity <= free:
        return ()
    facts = {"instrument": request.instrument, "product": request.product}
    found = denial(
        _R.INSUFFICIENT_HOLDINGS,
        pointer="/quantity",
        held=free,
        quantity=request.quantity,
        **facts,
    )
    return (found,)


def _margin(desk: Desk, account_id: int, needed: Paise) -> tuple[Denial, ...]:
    state = desk.account(account_id)
    available = state.margins.available(state.cash_paise)
    if needed <= max(available, 0):
        return ()
    facts = {"required": _inr(needed), "available": _inr(available)}
    return (denial(_R.INSUFFICIENT_MARGIN, **facts),)


def _inr(paise: int) -> str:
    return inr(Decimal(paise) / 100, 2)


def instrument_of(desk: Desk, name: str, pointer: str) -> Instrument:
    """The instrument of exactly this id: what is stored must be what is found again.

    Raises InvalidDocument at the pointer.
    """
    found = desk.market.instrument(name)
    if found is None or found.id != name:
        hint = desk.market.hint(name)
        raise InvalidDocument([Problem(pointer, f"{name} is not a known instrument{hint}")])
    return found
