"""The GTTs of the door: created, changed, fired by prices, ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from tradertape_core.kernel.clock import IST
from tradertape_core.market.instrument import Instrument
from tradertape_core.orders.order import OrderStatus
from tradertape_sandbox.exchange.books import BookedOrder
from tradertape_sandbox.exchange.errors import RefusalKind, Refused
from tradertape_sandbox.exchange.events import AccountKey, Event, Ticked
from tradertape_sandbox.exchange.exchange import Exchange
from tradertape_sandbox.wire.upstox.envelope import UpstoxError, invalid
from tradertape_sandbox.wire.upstox.gtt_rules import (
    LIFE,
    GttTerms,
    Rule,
    RuleStatus,
    RuleTerms,
    Strategy,
    UpstoxGtt,
    is_reached,
    order_of,
    rules_of,
    trail,
)

_S = RuleStatus
Changed = Callable[[UpstoxGtt], None]


class GttBook:
    """All GTTs. Each tick of their instruments is held against them."""

    def __init__(
        self, exchange: Exchange, is_killed: Callable[[AccountKey, Instrument], bool]
    ) -> None:
        self._exchange = exchange
        self._is_killed = is_killed
        self._gtts: dict[str, UpstoxGtt] = {}
        self._count = 0
        self._listeners: list[Changed] = []
        exchange.listen(self._hear)

    def listen(self, listener: Changed) -> None:
        """Have a function called with every GTT that changes."""
        self._listeners.append(listener)

    def create(self, key: AccountKey, terms: GttTerms) -> UpstoxGtt:
        """Begin a GTT; an entry that is immediate is placed at once."""
        self._count += 1
        now = self._exchange.now()
        number = f"GTT-C{now.astimezone(IST):%y%m%d}{self._count:08d}"
        account = self._exchange.account(key)
        gtt = UpstoxGtt(number, account, terms, now, now + LIFE, rules_of(terms))
        self._gtts[number] = gtt
        self._tell(gtt)
        self._step(gtt)
        self._watch()
        return gtt

    def change(self, gtt: UpstoxGtt, quantity: int, rules: tuple[RuleTerms, ...]) -> None:
        """Give a GTT new terms; once the entry was placed its exits alone can be changed."""
        if not gtt.is_active:
            raise invalid("The GTT order has ended: it cannot be modified", "gtt_order_id")
        terms = GttTerms(
            kind=gtt.terms.kind,
            instrument=gtt.terms.instrument,
            product=gtt.terms.product,
            side=gtt.terms.side,
            quantity=quantity,
            rules=rules,
        )
        fresh = rules_of(terms)
        if not gtt.entry.is_waiting:
            fresh = self._kept(gtt, quantity, fresh)
        gtt.terms, gtt.rules = terms, fresh
        self._tell(gtt)
        self._step(gtt)
        self._watch()

    def cancel(self, gtt: UpstoxGtt) -> None:
        """End every rule that waits; orders that were placed are left alone."""
        if not gtt.is_active:
            raise invalid("The GTT order has ended: it cannot be cancelled", "gtt_order_id")
        self._end(gtt, _S.CANCELLED)
        self._watch()

    def of(self, key: AccountKey) -> list[UpstoxGtt]:
        """The GTTs of an account, oldest first."""
        account = self._exchange.account(key)
        return [gtt for gtt in self._gtts.values() if gtt.account is account]

    def find(self, key: AccountKey, gtt_id: str) -> UpstoxGtt:
        """One GTT. Raises UpstoxError."""
        found = next((one for one in self.of(key) if one.gtt_id == gtt_id), None)
        if found is None:
            words = "GTT order not found"
            raise UpstoxError("UDAPI100010", words, field="gtt_order_id", value=gtt_id)
        return found

    # --- prices -------------------------------------------------------------------------------

    def _hear(self, event: Event) -> None:
        if not isinstance(event, Ticked):
            return
        for gtt in [one for one in self._gtts.values() if self._needs_watching(one)]:
            self._step(gtt)
        self._watch()

    def _step(self, gtt: UpstoxGtt) -> None:
        """Do what the present price and the orders that were placed have done."""
        if gtt.is_active and gtt.expires_at <= self._exchange.now():
            self._end(gtt, _S.EXPIRED)
            return
        self._follow(gtt)
        tick = self._exchange.tick(gtt.terms.instrument.id)
        if tick is None or not gtt.is_active:
            return
        if trail(gtt, tick.last_price):
            self._tell(gtt)
        for rule in gtt.rules:
            if is_reached(gtt, rule, tick.last_price):
                self._fire(gtt, rule)
                self._follow(gtt)
                return

    def _fire(self, gtt: UpstoxGtt, rule: Rule) -> None:
        """Place the order of a rule; the other exit ends with it."""
        rule.status = _S.TRIGGERED
        if rule is not gtt.entry:
            for other in gtt.exits:
                if other.is_waiting:
                    other.status = _S.CANCELLED
        try:
            rule.order_ids = self._place(gtt, rule)
        except Refused as refusal:
            rule.status, rule.message = _S.FAILED, refusal.message
        if rule is gtt.entry and rule.status is _S.FAILED:
            self._end(gtt, _S.CANCELLED)
            return
        self._tell(gtt)

    def _place(self, gtt: UpstoxGtt, rule: Rule) -> tuple[str, ...]:
        """The ids of a rule's order, or of its slices. Raises Refused."""
        if self._is_killed(gtt.account.key, gtt.terms.instrument):
            raise Refused(RefusalKind.PERMISSION, "The kill switch of the segment is enabled")
        placed = self._exchange.trading.place(
            gtt.account, order_of(gtt, rule), autoslice=True, meta={"gtt": gtt.gtt_id}
        )
        children = [one for one in placed.children if isinstance(one, BookedOrder)]
        return tuple(one.order_id for one in children or [placed.order])

    def _follow(self, gtt: UpstoxGtt) -> None:
        """Take in the ends of the orders that were placed; a filled entry opens the exits."""
        for rule in [one for one in gtt.rules if one.status is _S.TRIGGERED]:
            records = [gtt.account.orders.get(name) for name in rule.order_ids]
            orders = [one.now for one in records if one is not None]
            if any(order.is_open for order in orders):
                continue
            filled = sum(order.filled_quantity for order in orders)
            rule.status = _S.COMPLETED if filled else _S.FAILED
            reasons = (order.status_message or order.status.value.lower() for order in orders)
            rule.message = "" if filled else next(reasons, OrderStatus.CANCELLED.value.lower())
            if rule is gtt.entry and filled:
                self._enter(gtt, orders, filled)
            elif rule is gtt.entry:
                self._end(gtt, _S.CANCELLED)
                continue
            self._tell(gtt)

    def _enter(self, gtt: UpstoxGtt, orders: list[BookedOrder], filled: int) -> None:
        paid = sum((one.average_price * one.filled_quantity for one in orders), Decimal(0))
        gtt.held, gtt.entered_at = filled, paid / filled
        for rule in gtt.exits:
            rule.status = _S.OPEN

    def _kept(self, gtt: UpstoxGtt, quantity: int, fresh: list[Rule]) -> list[Rule]:
        """The rules after a change that comes when the entry was placed already."""
        before: Mapping[Strategy, Rule] = {one.terms.strategy: one for one in gtt.rules}
        entry = next(one for one in fresh if one.terms.strategy is Strategy.ENTRY)
        if quantity != gtt.terms.quantity or entry.terms != gtt.entry.terms:
            words = "The entry was placed: only the target and the stoploss can be modified"
            raise invalid(words, "rules")
        if {one.terms.strategy for one in fresh} != set(before):
            raise invalid("The rules must be those that the GTT order has", "rules")
        for rule in fresh:
            rule.status = before[rule.terms.strategy].status
        return [gtt.entry if one is entry else one for one in fresh]

    def _end(self, gtt: UpstoxGtt, status: RuleStatus) -> None:
        for rule in gtt.rules:
            if rule.is_waiting:
                rule.status = status
        self._tell(gtt)

    def _needs_watching(self, gtt: UpstoxGtt) -> bool:
        is_open = gtt.is_active or any(one.status is _S.TRIGGERED for one in gtt.rules)
        # An account that was begun anew is another one: what it replaced is over.
        return is_open and self._exchange.account(gtt.account.key) is gtt.account

    def _watch(self) -> None:
        waiting = [one for one in self._gtts.values() if self._needs_watching(one)]
        self._exchange.watch(self, {one.terms.instrument.id for one in waiting})

    def _tell(self, gtt: UpstoxGtt) -> None:
        for listener in self._listeners:
            listener(gtt)
