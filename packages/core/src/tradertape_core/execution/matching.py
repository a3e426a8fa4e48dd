"""How the paper market matches: which orders a tick reaches, how much fills, at what price."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from tradertape_core.execution.book import Book, Resting
from tradertape_core.execution.pricing import Offer, is_no_worse, offers, protected_limit
from tradertape_core.execution.resting_state import Mark
from tradertape_core.kernel.format import price_text
from tradertape_core.market.tick import DepthLevel, Tick
from tradertape_core.orders.order import (
    Change,
    OrderRequest,
    OrderStatus,
    Side,
    Validity,
)
from tradertape_core.orders.reports import CancelReason, ExecutionReport, Trade

CANCELLED_WORDS = {
    CancelReason.IOC: "immediate or cancel: no more was available at once",
    CancelReason.TTL: "its time to live is over",
    CancelReason.DAY: "the session ended",
    CancelReason.AUCTION: "the closing auction takes no stops and no disclosed quantities",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperRules:
    """Assumptions of the paper market.

    slippage_bps: on the last price, where the feed has no quotes. queue_share: which part of the
    quantity shown at its price queues before a resting order (0: none, 1: all). partial_fills:
    take no more than the market shows. stale_after: an older tick fills nothing.
    """

    slippage_bps: Decimal = Decimal(5)
    queue_share: Decimal = Decimal(0)
    partial_fills: bool = False
    stale_after: timedelta = timedelta(seconds=5)

    @property
    def counts_quantities(self) -> bool:
        """Whether fills depend on the quantities of ticks, not on prices alone."""
        return self.partial_fills or bool(self.queue_share)


class Execution(NamedTuple):
    """A part of an order and its price."""

    quantity: int
    price: Decimal


def is_news(tick: Tick, book: Book) -> bool:
    """Whether a tick is plausible and later than the one known.

    The feed's order counts, not the clock's: that may have been set back in between.
    """
    last, low, high = tick.last_price, tick.lower_circuit, tick.upper_circuit
    if not last.is_finite() or last <= 0:
        return False
    if (low is not None and last < low) or (high is not None and last > high):
        return False
    known = book.tick
    if known is None:
        return book.restored is None or book.restored.precedes(tick)
    return (tick.seq, tick.at) > (known.seq, known.at)


def expiry_of(request: OrderRequest, since: datetime) -> datetime | None:
    """When a TTL order ends; None for other validities. Its unit is the minute."""
    if request.validity is not Validity.TTL or request.validity_ttl is None:
        return None
    return since + timedelta(minutes=request.validity_ttl)


def refusal_of(request: OrderRequest, tick: Tick | None) -> str | None:
    """Why the exchange would refuse these prices now; None when it would not."""
    if tick is None or tick.lower_circuit is None or tick.upper_circuit is None:
        return None
    low, high = tick.lower_circuit, tick.upper_circuit
    for price in (request.price, request.trigger_price):
        if price and not low <= price <= high:
            limits = f"{price_text(low)} to {price_text(high)}"
            return f"{price_text(price)} is outside the circuit limits {limits}"
    return None


def is_only_smaller(request: OrderRequest, before: OrderRequest) -> bool:
    """Whether a change only takes quantity away, so that the order keeps its place."""
    same = replace(request, quantity=before.quantity) == before
    return same and request.quantity <= before.quantity


def reachable(book: Book, rules: PaperRules) -> list[Resting]:
    """Resting orders the latest tick may fill: better prices first, then earlier ones."""
    found: list[Resting] = []
    for side in (Side.BUY, Side.SELL):
        prices = [offer.price for offer in _offers(book, side, rules)[:1]]
        if book.tick is not None:
            prices.append(book.tick.last_price)
        if prices:
            found += book.touched_by(side, min(prices) if side is Side.BUY else max(prices))
    return found


def fills_of(resting: Resting, book: Book, rules: PaperRules) -> list[Execution]:
    """What the latest tick executes of an order.

    One that has just come to the market takes what is offered, at the offered prices; so does an
    iceberg's leg that followed another. A resting one is met at its own price: by an offer that
    comes to it, or by trades at or through it.
    """
    limit, side = resting.limit, resting.request.side
    reached = [o for o in _offers(book, side, rules) if is_no_worse(o.price, limit, side)]
    if limit is None or (reached and not resting.has_met_market):
        return _take(resting, reached, book, rules)
    if reached:
        return _take(resting, [Offer(limit, o.quantity) for o in reached], book, rules)
    if not (resting.has_met_market or resting.is_next_leg):
        return []  # it may have been traded before the order came
    return _by_trades(resting, limit, book, rules)


def band_of(resting: Resting, tick: Tick) -> Decimal | None:
    """The worst price of a protected market order, within the circuit; None where none applies."""
    if resting.request.order_type.has_limit:
        return None
    limit = protected_limit(resting.request, resting.instrument, tick.last_price)
    if limit is None:
        return None
    low, high = tick.lower_circuit, tick.upper_circuit
    if resting.is_buy:
        return limit if high is None else min(limit, high)
    return limit if low is None else max(limit, low)


def trades_of(resting: Resting, fills: list[Execution], now: datetime) -> tuple[Trade, ...]:
    """The executions as trades, numbered within their order."""
    trades: list[Trade] = []
    for fill in fills:
        resting.trades += 1
        trade_id = f"{resting.order_id}-{resting.trades}"
        trades.append(Trade(trade_id=trade_id, quantity=fill.quantity, price=fill.price, at=now))
    return tuple(trades)


def queue_before(resting: Resting, book: Book, rules: PaperRules) -> int:
    """Units that wait at the order's price before it, as far as the market shows them."""
    tick, limit = book.tick, resting.limit
    if tick is None or limit is None or not rules.queue_share:
        return 0
    return int(rules.queue_share * _shown_at(tick, resting.request.side, limit))


def report(
    resting: Resting,
    at: datetime,
    *,
    status: OrderStatus | None = None,
    trades: tuple[Trade, ...] = (),
    terms: Change | None = None,
    answers: int | None = None,
    refused: bool = False,
    message: str | None = None,
    reason: CancelReason = CancelReason.VENUE,
) -> ExecutionReport:
    """A report with the next sequence of its order."""
    resting.sequence += 1
    return ExecutionReport(
        order_id=resting.order_id,
        at=at,
        sequence=resting.sequence,
        status=status,
        trades=trades,
        terms=terms,
        answers=answers,
        refused=refused,
        exchange_order_id=f"P{resting.order_id}",
        message=message,
        reason=reason,
        filled_quantity=resting.filled,
    )


def _offers(book: Book, side: Side, rules: PaperRules) -> list[Offer]:
    if book.tick is None or not book.orders:
        return []
    instrument = next(iter(book.orders.values())).instrument
    return offers(book.tick, side, instrument, rules.slippage_bps)


def _take(resting: Resting, reached: list[Offer], book: Book, rules: PaperRules) -> list[Execution]:
    if not reached:
        return []
    if not rules.partial_fills:
        return [Execution(resting.part, reached[0].price)]
    side, wanted = resting.request.side, resting.part
    skipped = book.taken.get(side, 0)  # what our other orders took of this tick
    fills: list[Execution] = []
    for offer in reached:
        shown = wanted + skipped if offer.quantity is None else offer.quantity
        free = max(shown - skipped, 0)
        skipped = max(skipped - shown, 0)
        quantity = min(free, wanted)
        if quantity:
            fills.append(Execution(quantity, offer.price))
            book.taken[side] = book.taken.get(side, 0) + quantity
            wanted -= quantity
    return fills


def _by_trades(resting: Resting, limit: Decimal, book: Book, rules: PaperRules) -> list[Execution]:
    """Trades through the price fill it; at the price, once what queued before it is gone."""
    tick, mark = book.tick, resting.mark
    if tick is None or mark is None or not mark.precedes(tick):
        return []
    last = tick.last_price
    if not is_no_worse(last, limit, resting.request.side):
        return []
    if not rules.counts_quantities:
        # Since its mark, not since the tick before: what is not filled is then not changed.
        return [Execution(resting.part, limit)] if mark.shows_trade(tick) else []
    if not _has_traded(tick, book.previous):
        return []
    traded = _traded_quantity(book)
    if last != limit:
        return _take(resting, [Offer(limit, traded)], book, rules)
    if traded is None:  # a feed without volumes: nothing tells that the queue moved
        return [] if resting.ahead else _take(resting, [Offer(limit, None)], book, rules)
    over = traded - resting.ahead
    resting.ahead = max(-over, 0)
    return _take(resting, [Offer(limit, over)], book, rules) if over > 0 else []


def _has_traded(tick: Tick, before: Tick | Mark | None) -> bool:
    """Whether a tick tells of a trade since the one before; the first one does not."""
    if before is None:
        return False
    return tick.volume > before.volume or tick.last_price != before.last_price


def _traded_quantity(book: Book) -> int | None:
    tick, before = book.tick, book.previous
    if tick is None or before is None or tick.volume <= before.volume:
        return None
    return tick.volume - before.volume


def _shown_at(tick: Tick, side: Side, price: Decimal) -> int:
    levels: tuple[DepthLevel, ...] = ()
    if tick.depth is not None:
        levels = tick.depth.buy if side is Side.BUY else tick.depth.sell
    if levels:
        return sum(level.quantity for level in levels if level.price == price)
    best, shown = (
        (tick.bid, tick.bid_quantity) if side is Side.BUY else (tick.ask, tick.ask_quantity)
    )
    return shown if best == price else 0
