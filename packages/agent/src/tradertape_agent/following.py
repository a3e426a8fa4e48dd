"""What became of orders and triggers: read from the broker's book, never guessed, never re-sent."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from tradertape_agent.desk.account import PrimaryAccount
from tradertape_agent.journal.book import Journal
from tradertape_agent.journal.intents import Intent, IntentKind, IntentState
from tradertape_agent.journal.signals import SignalState
from tradertape_agent.reporting import Outcome, Reporter
from tradertape_brokers.port import Capabilities
from tradertape_core.kernel.clock import IST, Clock
from tradertape_core.orders import broker_gtts
from tradertape_core.orders.broker_gtts import CLOCKS_DIFFER, LOOKS, PATIENCE, VenueGtt
from tradertape_core.orders.gtt import GttRequest, GttStatus
from tradertape_core.orders.order import OrderRequest, OrderStatus
from tradertape_core.orders.reports import VenueOrder

logger = logging.getLogger("tradertape_agent")
_S = IntentState
_ENDS = {
    GttStatus.CANCELLED: Outcome.CANCELLED,
    GttStatus.DELETED: Outcome.CANCELLED,
    GttStatus.DISABLED: Outcome.CANCELLED,
    GttStatus.EXPIRED: Outcome.EXPIRED,
    GttStatus.REJECTED: Outcome.REJECTED,
}
_MANY_FIT = (
    "the broker's answer was lost and more than one trigger of its list fits: compare them there"
)
_NEVER_PLACED = "it never reached the broker: its book does not have it"
_NO_BOOK = "the broker no longer shows the order of that day: compare your holdings"


@dataclass(frozen=True, slots=True)
class Book:
    """One reading of the broker's triggers and today's orders."""

    triggers: tuple[VenueGtt, ...]
    orders: tuple[VenueOrder, ...]
    at: datetime

    def trigger(self, trigger_id: str | None) -> VenueGtt | None:
        """Find a trigger by the broker's id."""
        return next((one for one in self.triggers if one.trigger_id == trigger_id), None)

    def order(self, order_id: str | None, tag: str = "") -> VenueOrder | None:
        """Find an order by the broker's id, or by our mark."""
        for one in self.orders:
            if (order_id and one.venue_order_id == order_id) or (tag and one.tag == tag):
                return one
        return None


@dataclass(frozen=True, slots=True)
class Change:
    """What a reading tells of an intent: its new state, and what is reported; None: nothing."""

    intent: Intent
    outcome: Outcome | None = None
    message: str = ""


class Following:
    """Brings the journal up to date with the primary account's book."""

    def __init__(
        self, journal: Journal, account: PrimaryAccount, reporter: Reporter, clock: Clock
    ) -> None:
        self._journal = journal
        self._account = account
        self._reporter = reporter
        self._clock = clock

    def follow(self) -> int:
        """Read the book where anything is unfinished; returns the changes. Raises BrokerError."""
        unfinished = self._journal.intents.of_states()
        if not unfinished:
            return 0
        book = self._read(unfinished)
        changes = self._placements(unfinished, book)
        sure = {one.intent.key: one.intent for one in changes}
        for intent in unfinished:
            changes += _progress(sure.get(intent.key, intent), book)
        for change in changes:
            self._record(change)
        if any(change.outcome is not None for change in changes):
            self._account.forget()  # what was filled is not in the holdings of a moment ago
        return len(changes)

    def _read(self, unfinished: Sequence[Intent]) -> Book:
        trading = self._account.trading
        has_triggers = any(one.kind is IntentKind.GTT for one in unfinished)
        # Triggers first: one that fires in between then has its order in the book.
        triggers = (
            tuple(self._account.ask(trading.gtts.list)) if has_triggers and trading.gtts else ()
        )
        orders = tuple(self._account.ask(trading.orders.order_book))
        return Book(triggers, orders, self._clock.now())

    def _placements(self, unfinished: Sequence[Intent], book: Book) -> list[Change]:
        """Settle what was about to be sent when the answer was lost, or this program ended."""
        sending = [one for one in unfinished if one.state is _S.SENDING]
        found = {
            one.key: order
            for one in sending
            if one.kind is IntentKind.ORDER and (order := book.order(None, one.tag)) is not None
        }
        changes = [
            _placed(one, found[one.key].venue_order_id) for one in sending if one.key in found
        ]
        triggers = [one for one in sending if one.kind is IntentKind.GTT]
        changes += self._claims(triggers, book)
        settled = {one.intent.key for one in changes}
        changes += [_looked(one, book.at) for one in sending if one.key not in settled]
        return changes

    def _claims(self, sending: Sequence[Intent], book: Book) -> list[Change]:
        if not sending:
            return []
        capabilities = self._account.broker.capabilities
        by_number = dict(enumerate(sending))
        doubted = [
            broker_gtts.begin(
                number,
                one.key,
                comparable(one.request, capabilities),
                last_price=None,
                now=one.asked_at,
                run_id=one.key,
            )
            for number, one in by_number.items()
            if isinstance(one.request, GttRequest)
        ]
        ours = self._journal.intents.claimed()
        nobodys = [
            replace(one, request=comparable(one.request, capabilities))
            for one in book.triggers
            if one.trigger_id not in ours
        ]
        pairs, unclear = broker_gtts.claims(doubted, nobodys, known_before=_seen_before(sending))
        placed = [_placed(by_number[gtt.trigger_id], entry.trigger_id) for gtt, entry in pairs]
        return placed + [
            Change(
                replace(by_number[gtt.trigger_id], state=_S.UNCLEAR, message=_MANY_FIT),
                Outcome.UNKNOWN,
                _MANY_FIT,
            )
            for gtt in unclear
        ]

    def _record(self, change: Change) -> None:
        intent, now = change.intent, self._clock.now()
        row = self._journal.signals.get(intent.signal_key)
        with self._journal.store.transaction():
            self._journal.intents.keep(intent, now)
            if row is not None and intent.key == intent.signal_key:
                if change.outcome is not None:
                    self._reporter.report(row, change.outcome, change.message, intent)
                if intent.state in (_S.FILLED, _S.ENDED):
                    self._journal.signals.move(row.key, SignalState.ENDED, change.message, now)
        if change.outcome is not None:
            words = f" ({change.message})" if change.message else ""
            is_own = row is not None and intent.key == row.key
            name = f"signal {row.signal_id}" if row is not None and is_own else intent.key
            logger.info("%s: %s%s", name, change.outcome.value, words)


def comparable(request: GttRequest | OrderRequest, capabilities: Capabilities) -> GttRequest:
    """A trigger as the broker's list would show it."""
    if not isinstance(request, GttRequest):
        raise TypeError("an order is found by its mark")
    if not capabilities.gtt_limit_is_trigger:
        return request
    orders = tuple(
        replace(order, price=trigger)
        for order, trigger in zip(request.orders, request.trigger_values, strict=True)
    )
    return replace(request, orders=orders)


def _seen_before(sending: Sequence[Intent]) -> dict[str, datetime]:
    """When each trigger that was known had been in the list: before what was asked then."""
    seen: dict[str, datetime] = {}
    for intent in sending:
        for trigger_id in intent.known_before:
            before = intent.asked_at - CLOCKS_DIFFER
            seen[trigger_id] = min(seen.get(trigger_id, before), before)
    return seen


def _placed(intent: Intent, venue_id: str) -> Change:
    found = replace(intent, state=_S.RESTING, venue_id=venue_id, looks=0, first_look_at=None)
    return Change(found, Outcome.PLACED)


def _looked(intent: Intent, now: datetime) -> Change:
    """One more reading without it. Late books are common: only several over a while count."""
    seen = replace(intent, looks=intent.looks + 1, first_look_at=intent.first_look_at or now)
    if seen.looks < LOOKS or now - (seen.first_look_at or now) < PATIENCE:
        return Change(seen)
    return Change(
        replace(seen, state=_S.ENDED, message=_NEVER_PLACED), Outcome.FAILED, _NEVER_PLACED
    )


def _progress(intent: Intent, book: Book) -> list[Change]:
    if intent.state is _S.RESTING and intent.kind is IntentKind.GTT:
        return _of_trigger(intent, book)
    if intent.state in (_S.RESTING, _S.TRIGGERED):
        return _of_order(intent, book)
    return []


def _of_trigger(intent: Intent, book: Book) -> list[Change]:
    entry = book.trigger(intent.venue_id)
    if entry is None:
        return _gone(intent, book)
    if entry.status is GttStatus.ACTIVE:
        return [Change(replace(intent, looks=0, first_look_at=None))] if intent.looks else []
    if entry.status is GttStatus.TRIGGERED:
        return _fired(intent, entry, book)
    reason = next((one.reason for one in entry.results if one.reason), None)
    message = reason or f"the broker's list shows it as {entry.status.value}"
    outcome = _ENDS.get(entry.status, Outcome.CANCELLED)
    return [Change(replace(intent, state=_S.ENDED, message=message), outcome, message)]


def _fired(intent: Intent, entry: VenueGtt, book: Book) -> list[Change]:
    result = next(iter(entry.results), None)
    if result is not None and result.order_id is None and result.reason:
        ended = replace(intent, state=_S.ENDED, message=result.reason)
        return [Change(ended, Outcome.REJECTED, result.reason)]
    order_id = result.order_id if result is not None else None
    if order_id is None:
        order = _order_of(intent, book, since=entry.updated_at)
        order_id = order.venue_order_id if order is not None else None
    fired = replace(intent, state=_S.TRIGGERED, order_id=order_id, looks=0, first_look_at=None)
    return [Change(fired, Outcome.TRIGGERED), *_of_order(fired, book)]


def _gone(intent: Intent, book: Book) -> list[Change]:
    """Some brokers drop a trigger from the list when it fires: its order then tells."""
    order = _order_of(intent, book, since=intent.asked_at)
    if order is not None:
        fired = replace(intent, state=_S.TRIGGERED, order_id=order.venue_order_id)
        return [Change(fired, Outcome.TRIGGERED), *_of_order(fired, book)]
    seen = replace(intent, looks=intent.looks + 1, first_look_at=intent.first_look_at or book.at)
    if seen.looks < LOOKS or book.at - (seen.first_look_at or book.at) < PATIENCE:
        return [Change(seen)]
    message = "the broker's list no longer has it"
    return [Change(replace(seen, state=_S.ENDED, message=message), Outcome.CANCELLED, message)]


def _order_of(intent: Intent, book: Book, *, since: datetime) -> VenueOrder | None:
    """The order that a trigger placed, where the broker does not name it: one that is alike."""
    if not isinstance(intent.request, GttRequest):
        return None
    for order in book.orders:
        is_later = order.placed_at is None or order.placed_at >= since - CLOCKS_DIFFER
        if is_later and any(_alike(one, order.request) for one in intent.request.orders):
            return order
    return None


def _alike(own: OrderRequest, other: OrderRequest) -> bool:
    return (own.instrument, own.side, own.product, own.quantity) == (
        other.instrument, other.side, other.product, other.quantity,
    )  # fmt: skip


def _of_order(intent: Intent, book: Book) -> list[Change]:
    order_id = intent.order_id if intent.kind is IntentKind.GTT else intent.venue_id
    order = book.order(order_id, intent.tag if intent.kind is IntentKind.ORDER else "")
    if order is None:
        return _unseen(intent, book)
    filled = max(order.filled_quantity or 0, sum(one.quantity for one in order.trades))
    average = _average(order) or intent.average
    now = replace(intent, filled=max(filled, intent.filled), average=average, looks=0)
    if now.filled and not now.average:
        return []  # its trades are not listed yet: a fill is reported with its price
    if now.filled >= intent.quantity or order.status is OrderStatus.COMPLETE:
        return [Change(replace(now, state=_S.FILLED), Outcome.FILLED)]
    if order.status.is_terminal:
        is_refused = order.status is OrderStatus.REJECTED
        outcome = Outcome.REJECTED if is_refused else Outcome.CANCELLED
        shown = order.status.value.lower()
        message = order.message or f"the broker's book shows it as {shown}"
        ended = Change(replace(now, state=_S.ENDED, message=message), outcome, message)
        return [*_filled_more(intent, now), ended]
    return _filled_more(intent, now)


def _filled_more(before: Intent, now: Intent) -> list[Change]:
    """Fills are reported by themselves: an end tells none."""
    return [Change(now, Outcome.PARTIALLY_FILLED)] if now.filled > before.filled else []


def _unseen(intent: Intent, book: Book) -> list[Change]:
    """Its order is not in the book: late, or of a day that the broker no longer shows."""
    if intent.order_id is None and intent.kind is IntentKind.GTT:
        order = _order_of(intent, book, since=intent.asked_at)
        if order is not None:
            return _of_order(replace(intent, order_id=order.venue_order_id), book)
    seen = replace(intent, looks=intent.looks + 1, first_look_at=intent.first_look_at or book.at)
    first = seen.first_look_at or book.at
    is_later_day = book.at.astimezone(IST).date() > intent.asked_at.astimezone(IST).date()
    if seen.looks < LOOKS or book.at - first < PATIENCE or not is_later_day:
        return [Change(seen)]
    return [Change(replace(seen, state=_S.UNCLEAR, message=_NO_BOOK), Outcome.UNKNOWN, _NO_BOOK)]


def _average(order: VenueOrder) -> Decimal:
    units = sum(one.quantity for one in order.trades)
    if not units:
        return Decimal(0)
    value = sum((one.price * one.quantity for one in order.trades), Decimal(0))
    return (value / units).quantize(Decimal("0.0001"))
