"""An account's lane to a venue outside this process: what leaves, in which order, and what returns.

One thread sends and another reads the order book, so that an exit never waits for a slow reading.
Exits and cancellations go before entries; the requests about one order keep their order. Nothing is
sent twice: only what surely never left is tried again.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from time import monotonic

from tradertape_core.execution.decision import Alter, Submit, Withdraw
from tradertape_core.orders.gtt import GttAsk
from tradertape_core.orders.order import Order
from tradertape_core.orders.reports import ExecutionReport
from tradertape_server.features.execution.venues.gateway import (
    BookRead,
    NotSent,
    OrderGateway,
    Outcome,
    OutcomeUnknown,
    Pace,
    RequestRefused,
    SessionExpired,
    VenueEvent,
)
from tradertape_server.features.execution.venues.gtt_reader import GttReader
from tradertape_server.features.execution.venues.outside import Outside, OutsideGtt
from tradertape_server.platform.crash_points import crash_point
from tradertape_server.platform.logging import get_logger
from tradertape_server.platform.processes.trader_election import Superseded

ENTRY_PATIENCE_S = 30.0  # an entry that could not leave for so long is given up: its price is old
_RETRY_S = 0.5  # after a request that did not leave, doubled up to
_MOST_RETRY_S = 5.0
_MOST_IDS = 10_000  # of the venue, kept for requests made before the trader knew them
_READ_EVERY_S = 20.0  # the order book, while nothing is being looked for
_READ_SOON_S = 2.0  # and while something is
_EXITS_WAIT_S = 15.0  # for a first reading of the order book that does not succeed

logger = get_logger(__name__)
Deliver = Callable[[VenueEvent], None]


@dataclass(order=True, slots=True)
class _Queued:
    urgency: int  # 0: exits and cancellations, 1: entries
    number: int
    since_s: float = field(compare=False)
    send: Outside = field(compare=False)


class Lane:
    """Starts its threads with the first request; every method may be called from anywhere.

    deliver: takes what came back, on the lane's threads. may_send: raises Superseded where another
    process trades now.
    """

    def __init__(
        self,
        account_id: int,
        gateway: OrderGateway,
        pace: Pace,
        deliver: Deliver,
        may_send: Callable[[], None],
    ) -> None:
        self._account_id = account_id
        self._gateway = gateway
        self._pace = pace
        self._deliver = deliver
        self._may_send = may_send
        self._bell = threading.Condition()
        self._queue: list[_Queued] = []
        self._behind: dict[str, list[_Queued]] = {}  # by orders that are queued or being sent
        self._busy: set[str] = set()
        self._held: set[tuple[str, str, int]] = set()
        self._venue_ids: dict[str, str] = {}
        self._numbers = 0
        self._retry_s = 0.0
        self._not_before_s = 0.0
        self._read_at_s = 0.0
        self._is_looking = False
        self._unread_since_s: float | None = None  # nothing is sent before the book is read
        self._is_stopping = False
        self._threads: list[threading.Thread] = []
        self.problem: str | None = None  # why nothing leaves at the moment
        self.gtts = GttReader(account_id, gateway, deliver)
        self.book_recorded_s = 0.0  # when the latest recorded reading began, monotonic

    def holds(self, key: tuple[str, str, int]) -> bool:
        """Whether a request is queued or being sent, or what came of it is not delivered yet."""
        with self._bell:
            return key in self._held

    @property
    def queued(self) -> int:
        """How many requests have not left yet."""
        with self._bell:
            return len(self._queue) + sum(len(one) for one in self._behind.values())

    def put(self, sends: Iterable[Outside]) -> None:
        """Queue requests whose outbox rows are on disk."""
        dropped: list[VenueEvent] = []
        with self._bell:
            self.start()
            for send in sends:
                dropped += self._take(send)
            self._bell.notify_all()
        for event in dropped:
            self._deliver(event)

    def look(self, *, is_looking: bool) -> None:
        """Read the order book now, and often, while something is looked for; rarely otherwise."""
        with self._bell:
            self.start()
            if is_looking and not self._is_looking:
                self._read_at_s = 0.0
                self._bell.notify_all()
            self._is_looking = is_looking

    def read_book(self) -> None:
        """Read the order book as soon as possible."""
        with self._bell:
            self.start()
            self._read_at_s = 0.0
            self._bell.notify_all()

    def read_first(self) -> None:
        """Read the order book before anything is sent: what happened meanwhile is not known.

        Exits wait for it no longer than a moment: a book that cannot be read must not keep a
        position open.
        """
        with self._bell:
            self.start()
            self._unread_since_s = monotonic()
            self._read_at_s = 0.0
            self._bell.notify_all()
        self.gtts.read_soon()

    def start(self) -> None:
        """Start the threads; a second call does nothing."""
        if self._threads:
            return
        self._is_stopping = False
        for name, work in (("send", self._send_all), ("book", self._read_all)):
            thread = threading.Thread(
                target=work, name=f"lane-{name}-{self._account_id}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Finish what is being sent; what is queued stays in the outbox and is reconciled."""
        with self._bell:
            self._is_stopping = True
            threads, self._threads = self._threads, []
            self._queue.clear()
            self._behind.clear()
            self._bell.notify_all()
        self.gtts.stop(timeout_s)
        for thread in threads:
            thread.join(timeout_s)
        with self._bell:
            self._held.clear()
            self._busy.clear()

    # --- the queue ----------------------------------------------------------------------------

    def _take(self, send: Outside) -> list[VenueEvent]:
        subject = send.subject
        dropped = self._unqueue(subject) if send.recalls else None
        if dropped is not None:
            self._held.discard(dropped.key)
            new = dropped.answered(Outcome.WITHDRAWN)
            return [new, send.answered(Outcome.WITHDRAWN)] if _is_asked(send) else [new]
        if not _is_asked(send):
            return []
        self._held.add(send.key)
        self._numbers += 1
        urgency = 0 if send.is_exit else 1
        queued = _Queued(urgency, self._numbers, monotonic(), send)
        if subject in self._busy:
            self._behind.setdefault(subject, []).append(queued)
        else:
            self._busy.add(subject)
            heapq.heappush(self._queue, queued)
        return []

    def _unqueue(self, subject: str) -> Outside | None:
        """Drop what is new and has not left, unless something is queued behind it."""
        for one in self._queue:
            is_it = one.send.is_new and one.send.subject == subject
            if is_it and not self._behind.get(subject):
                self._queue.remove(one)
                heapq.heapify(self._queue)
                self._busy.discard(subject)
                return one.send
        return None

    def _done(self, queued: _Queued) -> None:
        """Let the next request about the same go."""
        subject = queued.send.subject
        with self._bell:
            behind = self._behind.get(subject)
            if behind:
                heapq.heappush(self._queue, behind.pop(0))
            else:
                self._behind.pop(subject, None)
                self._busy.discard(subject)
            self._bell.notify_all()

    # --- sending ------------------------------------------------------------------------------

    def _send_all(self) -> None:
        while True:
            with self._bell:
                while not self._is_stopping and (wait_s := self._wait_s()) != 0.0:
                    self._bell.wait(wait_s)
                if self._is_stopping:
                    return
                queued = heapq.heappop(self._queue)
                is_given_up = self._unread_since_s is not None and queued.urgency > 0
            if is_given_up:
                self._give_up(queued)
            if is_given_up or self._send(queued):
                self._done(queued)

    def _wait_s(self) -> float | None:
        """Seconds until something may leave; None while nothing is queued."""
        if not self._queue:
            return None
        now_s, is_exit = monotonic(), self._queue[0].urgency == 0
        if self._unread_since_s is not None:
            until_s = (
                self._unread_since_s + _EXITS_WAIT_S
                if is_exit
                else self._queue[0].since_s + ENTRY_PATIENCE_S  # then it is given up
            )
            return max(until_s - now_s, 0.0)
        return max(self._pace.delay_s(now_s, is_exit=is_exit), self._not_before_s - now_s, 0.0)

    def _send(self, queued: _Queued) -> bool:
        """Send one request and deliver what came of it; False where it is queued again."""
        send = queued.send
        try:
            self._may_send()
            crash_point("before_send")
            self._pace.sent(monotonic())
            answer = self._call(send)
            crash_point("after_send")
        except Superseded:
            logger.warning("another process trades now: a request is not sent")
            self._forget(send)
            return True
        except NotSent as error:
            return self._not_sent(queued, error)
        except RequestRefused as error:
            self._finish(send, Outcome.REFUSED, str(error))
        except Exception as error:  # noqa: BLE001 - whatever it was, the venue may have the request
            if not isinstance(error, OutcomeUnknown):
                logger.warning("a gateway failed", reason=type(error).__name__)
            self._finish(send, Outcome.UNKNOWN, str(error) or type(error).__name__)
        else:
            self._sent(send, answer)
        self._retry_s, self.problem = 0.0, None
        return True

    def _sent(self, send: Outside, answer: ExecutionReport | str | None) -> None:
        if answer is None:
            self._finish(send, Outcome.UNKNOWN, "the venue gave no answer")
            return
        if isinstance(answer, ExecutionReport) and answer.venue_order_id is not None:
            self._remember(send, answer.venue_order_id)
        self._deliver_of(send, send.answered(Outcome.REPORTED, answer))

    def _remember(self, send: Outside, venue_order_id: str) -> None:
        if not send.is_new:
            return
        self._venue_ids[send.subject] = venue_order_id
        if len(self._venue_ids) > _MOST_IDS:
            del self._venue_ids[next(iter(self._venue_ids))]

    def _call(self, send: Outside) -> ExecutionReport | str | None:
        if isinstance(send, OutsideGtt):
            return _call_about_gtt(self._gateway, send)
        order = send.order
        if order.venue_order_id is None:
            known = self._venue_ids.get(order.order_id)
            order = replace(order, venue_order_id=known)
        match send.request:
            case Submit():
                return self._gateway.submit(order, is_exit=send.is_exit)
            case Alter(_, ask, change):
                _require_venue_id(order)
                return self._gateway.modify(order, ask, change)
            case Withdraw(_, ask):
                _require_venue_id(order)
                return self._gateway.cancel(order, ask)

    def _not_sent(self, queued: _Queued, error: NotSent) -> bool:
        self.problem = str(error) or type(error).__name__
        waited_s = monotonic() - queued.since_s
        if not queued.send.waits and waited_s >= ENTRY_PATIENCE_S:
            self._give_up(queued)
            return True
        is_expired = isinstance(error, SessionExpired)
        self._retry_s = _MOST_RETRY_S if is_expired else min(self._retry_s * 2, _MOST_RETRY_S)
        self._retry_s = self._retry_s or _RETRY_S
        with self._bell:
            self._not_before_s = monotonic() + self._retry_s
            if is_expired:  # what happens until somebody signs in is not known
                self._unread_since_s = monotonic()
            heapq.heappush(self._queue, queued)
        return False

    def _give_up(self, queued: _Queued) -> None:
        why = self.problem or "the order book could not be read"
        reason = f"not sent within {ENTRY_PATIENCE_S:.0f} s: {why}"
        self._finish(queued.send, Outcome.NOT_SENT, reason)

    def resume(self) -> None:
        """Read the order book, then try again at once: somebody signed in."""
        with self._bell:
            self._not_before_s = 0.0
        self.read_first()

    def _finish(self, send: Outside, outcome: Outcome, reason: str = "") -> None:
        self._deliver_of(send, send.answered(outcome, reason=reason))

    def _deliver_of(self, send: Outside, event: VenueEvent) -> None:
        self._deliver(event)
        self._forget(send)

    def _forget(self, send: Outside) -> None:
        with self._bell:
            self._held.discard(send.key)

    # --- the order book -----------------------------------------------------------------------

    def _read_all(self) -> None:
        while True:
            with self._bell:
                while not self._is_stopping and (wait_s := self._read_at_s - monotonic()) > 0:
                    self._bell.wait(wait_s)
                if self._is_stopping:
                    return
                every_s = _READ_SOON_S if self._is_looking else _READ_EVERY_S
                self._read_at_s = monotonic() + every_s
            found = self._read()
            self._deliver(found)
            if found.failed is None:
                self._release(read_from_s=found.began_s)

    def _release(self, *, read_from_s: float) -> None:
        """Send again, once the book was read since that was asked for."""
        with self._bell:
            if self._unread_since_s is not None and read_from_s >= self._unread_since_s:
                self._unread_since_s = None
                self._bell.notify_all()

    def _read(self) -> BookRead:
        began_s = monotonic()
        try:
            entries = tuple(self._gateway.order_book())
        except Exception as error:  # noqa: BLE001 - a book that cannot be read settles nothing
            reason = str(error) or type(error).__name__
            return BookRead(account_id=self._account_id, began_s=began_s, failed=reason)
        return BookRead(account_id=self._account_id, began_s=began_s, entries=entries)


def _require_venue_id(order: Order) -> None:
    if order.venue_order_id is None:
        raise RequestRefused("the answer to the order was lost: the venue's id of it is not known")


def _is_asked(send: Outside) -> bool:
    """Whether the venue is told of it; what only takes something back is not."""
    return not isinstance(send, OutsideGtt) or send.ask is not None


def _call_about_gtt(gateway: OrderGateway, send: OutsideGtt) -> str:
    """Ask what a request about a trigger asks; returns the venue's id of it."""
    gtts = gateway.gtts
    if gtts is None:
        raise RequestRefused("triggers cannot be placed at this broker")
    if send.ask is GttAsk.PLACE and send.request is not None:
        return gtts.place(send.request)
    known = send.venue_trigger_id
    if known is None:
        raise RequestRefused("the broker's id of the trigger is not known")
    if send.ask is GttAsk.MODIFY and send.request is not None:
        gtts.modify(known, send.request)
    else:
        gtts.cancel(known)
    return known
