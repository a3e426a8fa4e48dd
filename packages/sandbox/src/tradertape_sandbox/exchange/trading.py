"""Orders on their way: placed, sliced, changed, cancelled, matched, and what follows of fills."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from tradertape_core.execution import engine
from tradertape_core.execution.crossing import CrossingVenue
from tradertape_core.execution.decision import Alter, Decision, Facts, Submit, Withdraw
from tradertape_core.execution.matching import PaperRules
from tradertape_core.execution.simulated import SimulatedVenue
from tradertape_core.market.session_times import AUCTIONS
from tradertape_core.market.tick import Tick
from tradertape_core.orders import events as ev
from tradertape_core.orders.checks import MOST_SLICES, needs_slices, slices_of
from tradertape_core.orders.commands import CancelOrder, ModifyOrder
from tradertape_core.orders.order import Change, OrderRequest, OrderStatus, Variety
from tradertape_core.orders.reports import CancelReason, ExecutionReport
from tradertape_core.orders.transitions import evolve, placed
from tradertape_sandbox.exchange import cover
from tradertape_sandbox.exchange.accounts import Account
from tradertape_sandbox.exchange.books import BookedOrder, BookedTrade, Numbers, OrderRecord
from tradertape_sandbox.exchange.checking import (
    check_change,
    check_fields,
    check_money,
    check_order,
    refused,
)
from tradertape_sandbox.exchange.errors import RefusalKind, Refused, UnknownOrder
from tradertape_sandbox.exchange.events import ChangeKind, Event, OrderChanged, Traded
from tradertape_sandbox.exchange.margins import Margins
from tradertape_sandbox.exchange.venue_market import VenueMarket

_S = OrderStatus
_VENUE = "exchange"
BROKERS_TAG = "squareoff"  # of the broker's own orders


@dataclass(frozen=True, slots=True)
class Placed:
    """An accepted order. children: of a sliced one, each an order of its own or its refusal;
    `order` is then their parent, which is in no book."""

    order: BookedOrder
    children: tuple[BookedOrder | Refused, ...] = ()


@dataclass(slots=True)
class Trading:
    """Takes orders of all accounts and matches them; every change is emitted as an event."""

    market: VenueMarket
    margins: Margins
    emit: Callable[[Event], None]
    numbers: Numbers
    rules: PaperRules = field(default_factory=PaperRules)
    venue: SimulatedVenue = field(init=False)
    _owners: dict[str, Account] = field(default_factory=dict[str, Account])

    def __post_init__(self) -> None:
        self.venue = CrossingVenue(self.rules, self.market.next_open)

    # --- requests -----------------------------------------------------------------------------

    def place(
        self,
        account: Account,
        request: OrderRequest,
        *,
        tag: str | None = None,
        autoslice: bool = False,
        tags: Sequence[str] = (),
        meta: Mapping[str, object] | None = None,
    ) -> Placed:
        """Accept an order and match it. Raises Refused, with nothing recorded, where it is not."""
        instrument = self.market.find(request.instrument)
        request = replace(request, autoslice=False)
        check_fields(request)
        if (autoslice or request.autoslice) and needs_slices(request, instrument):
            return self._place_sliced(account, request, tag)
        record = self._accept(account, request, tag=tag, tags=tags, meta=meta)
        return Placed(record.now)

    def modify(self, account: Account, order_id: str, change: Change) -> BookedOrder:
        """Change an open order. Raises UnknownOrder or Refused."""
        record = self._record(account, order_id)
        order, now = record.order, self.market.now
        instrument = self.market.find(order.request.instrument)
        request = change.applied_to(order.request)
        tick, phase = self.market.tick(instrument.id), self.market.phase(instrument)
        facts = Facts(instrument=instrument, tick=None, phase=phase)
        decision = engine.modify(ModifyOrder(order_id=order_id, change=change), order, facts, now)
        if decision.denials:
            raise refused(decision.denials)
        check_order(request, instrument, account, now=now, tick=tick, phase=phase, is_change=True)
        check_change(order, request, self.margins, account, now)
        record.write(now, _S.MODIFY_VALIDATION_PENDING)
        self._carry_out(record, decision)
        return record.now

    def cancel(
        self, account: Account, order_id: str, reason: CancelReason = CancelReason.REQUESTED
    ) -> BookedOrder:
        """Cancel an open order; the stop of a cover order is executed at the market instead.
        Raises UnknownOrder or Refused."""
        record = self._record(account, order_id)
        command = CancelOrder(order_id=order_id, reason=reason)
        decision = engine.cancel(command, record.order, self.market.now)
        if decision.denials:
            raise refused(decision.denials)
        self._carry_out(record, decision)
        return record.now

    def close_out(self, account: Account, request: OrderRequest, price: Decimal) -> BookedOrder:
        """Execute an order of the broker's own at a price, whatever the market does: intraday
        positions are closed by the end of their day."""
        record = self._new(account, request, tag=BROKERS_TAG, tags=(), meta=None, parent=None)
        self._send(account, record, in_auction=True)
        self._take(self.venue.match_auction({request.instrument: price}, self.market.now))
        return record.now

    # --- the market ---------------------------------------------------------------------------

    def on_ticks(self, ticks: Iterable[Tick]) -> None:
        """Match the resting orders with new ticks, one after another."""
        for tick in ticks:
            self._take(self.venue.on_tick(tick, self.market.now, in_auction=self._in_auction(tick)))

    def reported(self, reports: Iterable[ExecutionReport]) -> None:
        """Take in what the venue did by itself: sessions, auctions, times to live."""
        self._take(reports)

    def forget(self) -> None:
        """Hold no order any more, and report nothing of those that were held."""
        self.venue = CrossingVenue(self.rules, self.market.next_open)
        self._owners.clear()

    def is_resting(self, order_id: str) -> bool:
        """Whether the exchange holds an order."""
        return order_id in self.venue

    def _in_auction(self, tick: Tick) -> bool:
        return self.market.phase(self.market.find(tick.instrument_id)) in AUCTIONS

    # --- placing ------------------------------------------------------------------------------

    def _place_sliced(self, account: Account, request: OrderRequest, tag: str | None) -> Placed:
        instrument = self.market.find(request.instrument)
        freeze = instrument.freeze_quantity or request.quantity
        parts = slices_of(request.quantity, freeze, instrument.lot_size)
        if len(parts) > MOST_SLICES:
            most = parts[0] * MOST_SLICES
            words = f"quantity needs {len(parts)} orders; at most {most} can be placed at once"
            raise Refused(RefusalKind.INPUT, words)
        parent = self._new(account, request, tag=tag, tags=(), meta=None, parent=None)
        tags = ("autoslice", f"autoslice:{parent.order.order_id}")
        children: list[BookedOrder | Refused] = []
        for part in parts:
            shown = min(request.disclosed_quantity, part)
            child = replace(request, quantity=part, disclosed_quantity=shown)
            try:
                children.append(self._accept(account, child, tag=tag, tags=tags).now)
            except Refused as refusal:
                children.append(refusal)
        if all(isinstance(one, Refused) for one in children):
            raise next(one for one in children if isinstance(one, Refused))
        return Placed(parent.write(self.market.now), tuple(children))

    def _accept(
        self,
        account: Account,
        request: OrderRequest,
        *,
        tag: str | None,
        tags: Sequence[str] = (),
        meta: Mapping[str, object] | None = None,
    ) -> OrderRecord:
        instrument, now = self.market.find(request.instrument), self.market.now
        entry, of_stop = cover.entry_of(request)
        tick, phase = self.market.tick(instrument.id), self.market.phase(instrument)
        over = self.market.market.times.intraday_over(instrument.exchange, now)
        check_order(entry, instrument, account, now=now, tick=tick, phase=phase, intraday_over=over)
        check_money(entry, account, self.margins, now)
        record = self._new(
            account, entry, tag=tag, tags=tags, meta={**(meta or {}), **of_stop}, parent=None
        )
        self._send(account, record)
        return record

    def _new(
        self,
        account: Account,
        request: OrderRequest,
        *,
        tag: str | None,
        tags: Sequence[str],
        meta: Mapping[str, object] | None,
        parent: str | None,
    ) -> OrderRecord:
        now = self.market.now
        event = ev.OrderPlaced(
            order_id=self.numbers.order_id(now),
            at=now,
            account=str(account.key),
            run_id=None,
            request=request,
            venue=_VENUE,
            tag=tag or "",
            parent_order_id=parent,
        )
        own = () if tag is None else (tag,)
        return OrderRecord(placed(event), tag, (*own, *tags), meta or {})

    def _send(
        self, account: Account, record: OrderRecord, *, in_auction: bool | None = None
    ) -> None:
        order, now = record.order, self.market.now
        account.orders[order.order_id] = record
        self._owners[order.order_id] = account
        record.write(now)
        self.emit(OrderChanged(account.key, record.now, ChangeKind.PLACED))
        if order.request.variety is not Variety.AMO:
            record.write(now, _S.VALIDATION_PENDING)
            record.write(now, _S.OPEN_PENDING)
            self._at_exchange(record)
        self._submit(record, in_auction=in_auction)

    def _submit(self, record: OrderRecord, *, in_auction: bool | None = None) -> None:
        order = record.order
        instrument = self.market.find(order.request.instrument)
        if in_auction is None:
            in_auction = self.market.phase(instrument) in AUCTIONS
        tick = self.market.tick(instrument.id)
        self._take(
            self.venue.submit(order, instrument, tick, self.market.now, in_auction=in_auction)
        )

    def _at_exchange(self, record: OrderRecord) -> None:
        if record.exchange_order_id is None:
            record.exchange_at = self.market.now
            record.exchange_order_id = self.numbers.exchange_order_id(self.market.now)

    # --- decisions and reports ----------------------------------------------------------------

    def _carry_out(self, record: OrderRecord, decision: Decision) -> None:
        now = self.market.now
        for event in decision.events:
            record.order = evolve(record.order, event)
            record.write(now)
        for request in decision.requests:
            match request:
                case Submit():
                    self._submit(record)
                case Alter():
                    in_auction = self.market.phase_of(record.order.request.instrument) in AUCTIONS
                    self._take(
                        self.venue.modify(
                            request.order_id, request.ask, request.change, now,
                            in_auction=in_auction,
                        )
                    )  # fmt: skip
                case Withdraw():
                    self._take(self.venue.cancel(request.order_id, request.ask, now))

    def _take(self, reports: Iterable[ExecutionReport]) -> None:
        for one in reports:
            account = self._owners.get(one.order_id)
            if account is not None:
                self._apply(account, account.orders[one.order_id], one)

    def _apply(self, account: Account, record: OrderRecord, one: ExecutionReport) -> None:
        now, before = self.market.now, record.order
        fills: list[ev.OrderFilled] = []
        was_changed = False
        for event, order in engine.applied(one, record.order, now):
            record.order = order
            if isinstance(event, ev.OrderFilled):
                fills.append(event)
            if isinstance(event, ev.OrderModified) and event.ask is not None:
                was_changed = True
            if isinstance(event, ev.OrderRejected):
                record.message = event.message
        if record.order is before:
            return
        if record.order.status is not _S.AMO_REQUESTED:
            self._at_exchange(record)
        if was_changed:
            record.write(now, _S.MODIFIED)
        for event in fills:
            account.book_fill(record.order, event.fill, self.market.find(event.fill.instrument))
            self._book_trade(account, record, event)
        record.write(now)
        if not record.order.is_open:
            self._owners.pop(record.order.order_id, None)
        kind = _kind_of(before.status, record.order.status, bool(fills), was_changed)
        self.emit(OrderChanged(account.key, record.now, kind))
        self._follow_up(account, record, fills)

    def _book_trade(self, account: Account, record: OrderRecord, event: ev.OrderFilled) -> None:
        fill = event.fill
        trade = BookedTrade(
            trade_id=self.numbers.trade_id(),
            order_id=fill.order_id,
            exchange_order_id=record.exchange_order_id or "",
            instrument=fill.instrument,
            product=fill.product,
            side=fill.side,
            quantity=fill.quantity,
            price=fill.price,
            at=fill.at,
            ordered_at=record.order.placed_at,
        )
        record.trades.append(trade)
        self.emit(Traded(account.key, trade))

    def _follow_up(
        self, account: Account, record: OrderRecord, fills: Sequence[ev.OrderFilled]
    ) -> None:
        trigger = record.meta.get("cover_trigger_price")
        for event in fills:
            instrument = self.market.find(event.fill.instrument)
            stop = cover.stop_of(record.order, event.fill, trigger, instrument)
            if stop is not None:
                parent = record.order.order_id
                self._send(
                    account,
                    self._new(account, stop, tag=record.tag, tags=(), meta=None, parent=parent),
                )

    def _record(self, account: Account, order_id: str) -> OrderRecord:
        record = account.orders.get(order_id)
        if record is None:
            raise UnknownOrder(f"there is no order {order_id}")
        return record


def _kind_of(
    before: OrderStatus, after: OrderStatus, has_fills: bool, was_changed: bool
) -> ChangeKind:
    if has_fills:
        return ChangeKind.FILLED
    if after is _S.REJECTED:
        return ChangeKind.REJECTED
    if after in (_S.CANCELLED, _S.CANCELLED_AMO):
        return ChangeKind.CANCELLED
    if was_changed:
        return ChangeKind.MODIFIED
    if before is _S.TRIGGER_PENDING and after is _S.OPEN:
        return ChangeKind.TRIGGERED
    return ChangeKind.PLACED
