"""Whether an order is accepted: its fields, its instrument, the market's hours, money, holdings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from tradertape_core.kernel.clock import IST
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.session_times import PhaseKind
from tradertape_core.market.tick import Tick
from tradertape_core.orders.checks import check_against
from tradertape_core.orders.denials import Denial, DenialReason, denial
from tradertape_core.orders.fields import order_document, order_problems
from tradertape_core.orders.order import NIL, Order, OrderRequest, Product, Side, Variety
from tradertape_sandbox.exchange.accounts import Account
from tradertape_sandbox.exchange.errors import RefusalKind, Refused
from tradertape_sandbox.exchange.margins import Margins, paise_text

_R = DenialReason
_K = RefusalKind
_KINDS = {
    _R.NOT_TRADABLE: _K.INPUT,
    _R.EXPIRED: _K.INPUT,
    _R.NOT_A_TICK: _K.INPUT,
    _R.NOT_A_LOT: _K.INPUT,
    _R.OVER_FREEZE_QUANTITY: _K.INPUT,
    _R.TOO_MANY_SLICES: _K.INPUT,
    _R.DISCLOSED_TOO_SMALL: _K.INPUT,
    _R.MARKET_CLOSED_USE_AMO: _K.CLOSED,
    _R.NO_ORDERS_NOW: _K.CLOSED,
    _R.INTRADAY_OVER: _K.CLOSED,
    _R.INSUFFICIENT_MARGIN: _K.MARGIN,
    _R.INSUFFICIENT_HOLDINGS: _K.HOLDING,
}
# The exchange itself refuses these: the order is in the book, rejected.
_REJECTED_LATER = frozenset({_R.PRICE_OUTSIDE_CIRCUIT, _R.COVER_OUTSIDE_CIRCUIT})


def refused(denials: Iterable[Denial]) -> Refused:
    """The refusal of an order, with the first reason's kind and every reason's words."""
    found = list(denials)
    words = "; ".join(one.message for one in found)
    return Refused(_KINDS.get(found[0].reason, _K.ORDER), words)


def check_fields(request: OrderRequest) -> None:
    """Raise Refused where fields of the order contradict each other."""
    document = order_document(_without_cover_stop(request))
    problems = order_problems(document)
    if problems:
        words = "; ".join(f"{one.pointer.strip('/')} {one.message}" for one in problems)
        raise Refused(_K.INPUT, words)
    if request.variety is Variety.CO and not (request.trigger_price or request.stoploss):
        raise Refused(_K.INPUT, "a cover order needs a trigger_price for its stop")


def check_order(
    request: OrderRequest,
    instrument: Instrument,
    account: Account,
    *,
    now: datetime,
    tick: Tick | None,
    phase: PhaseKind | None,
    intraday_over: datetime | None = None,
    is_change: bool = False,
) -> None:
    """Raise Refused where the instrument or the market's hours do not allow the order.

    intraday_over: when the exchange's intraday positions were closed, if they were.
    """
    position = account.position(request.instrument, request.product)
    closes = position.side is not None and position.side is not request.side
    held = abs(position.quantity) if closes else 0
    # A cover order's trigger is that of its stop: the entry itself has none.
    checked = check_against(
        replace(request, stoploss=None, squareoff=None),
        instrument,
        now=now,
        tick=tick,
        phase=phase,
        held=held if request.quantity <= held else 0,
        is_change=is_change,
    )
    found = [one for one in checked.denials if one.reason not in _REJECTED_LATER]
    if request.variety is Variety.ICEBERG and not is_change:
        found += _small_iceberg(checked.warnings)
    is_intraday = request.product is Product.MIS and request.variety is not Variety.AMO
    if intraday_over is not None and is_intraday and not closes and not is_change:
        found.append(_after_square_off(instrument, intraday_over))
    if tick is None:
        found.append(denial(_R.NO_PRICE, instrument=instrument.id))
    if found:
        raise refused(found)


def check_money(request: OrderRequest, account: Account, margins: Margins, now: datetime) -> None:
    """Raise Refused where the account lacks the shares to sell or the money the order needs."""
    if request.side is Side.SELL and request.product in (Product.CNC, Product.MTF):
        free = margins.free_to_sell(account, request.instrument, request.product)
        if request.quantity > free:
            raise refused([_too_few(request, free, request.quantity)])
    need = margins.need(account, request, now)
    available = margins.available(account, now)
    if need > 0 and need > available:  # what closes a position needs none, whatever is owed
        facts = {"required": paise_text(need), "available": paise_text(available)}
        raise refused([denial(_R.INSUFFICIENT_MARGIN, **facts)])


def check_change(order: Order, request: OrderRequest, margins: Margins, account: Account,
                 now: datetime) -> None:  # fmt: skip
    """Raise Refused where an order's new terms need more money or shares than are free."""
    more = request.quantity - order.request.quantity
    is_delivery = request.product in (Product.CNC, Product.MTF)
    if request.side is Side.SELL and is_delivery and more > 0:
        free = margins.free_to_sell(account, request.instrument, request.product)
        if more > free:
            raise refused([_too_few(request, free, more)])
    left = replace(request, quantity=request.quantity - order.filled_quantity)
    was = replace(order.request, quantity=order.pending_quantity)
    if order.parent_order_id is not None or left.quantity <= 0 or not was.quantity:
        return
    need = margins.need(account, left, now) - margins.need(account, was, now)
    available = margins.available(account, now)
    if need > 0 and need > available:
        facts = {"required": paise_text(need), "available": paise_text(available)}
        raise refused([denial(_R.INSUFFICIENT_MARGIN, **facts)])


def _after_square_off(instrument: Instrument, due: datetime) -> Denial:
    return denial(
        _R.INTRADAY_OVER,
        exchange=instrument.exchange,
        due=f"{due.astimezone(IST):%H:%M}",
        instead=Product.NRML if instrument.is_derivative else Product.CNC,
    )


def _too_few(request: OrderRequest, free: int, wanted: int) -> Denial:
    return denial(
        _R.INSUFFICIENT_HOLDINGS,
        held=free,
        instrument=request.instrument,
        product=request.product,
        quantity=wanted,
    )


def _without_cover_stop(request: OrderRequest) -> OrderRequest:
    """A cover order as core's fields have it: its stop as rupees from the entry."""
    if request.variety is not Variety.CO:
        return request
    stop = request.stoploss or (request.instrument and request.trigger_price) or None
    return replace(
        request, trigger_price=NIL, stoploss=stop or None, squareoff=request.squareoff or NIL
    )


def _small_iceberg(warnings: Iterable[Denial]) -> list[Denial]:
    return [one for one in warnings if one.reason is _R.ICEBERG_TOO_SMALL]
