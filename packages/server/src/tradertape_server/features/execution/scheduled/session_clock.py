"""What happens by the clock: exits advance, days end, intraday squares off, auctions are matched.

All of it for paper accounts: at a broker the exchange's own clock does it, and the order book is
read at the day's end. A market that never closes (the simulated one at any hour) has no day's end:
nothing is squared off, after-market orders go out at once, and day orders end when India's date
changes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from itertools import count

from tradertape_core.execution.decision import server_key
from tradertape_core.execution.simulated import everything
from tradertape_core.kernel.clock import IST, Clock
from tradertape_core.ledger.corporate import is_touched
from tradertape_core.market.calendar import Calendar
from tradertape_core.market.hours import SQUARED_OFF, TradingHours, intraday_due, session_hours
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.session_times import CLOSING_AUCTION, PRE_OPEN_OVER, PhaseKind, Segment
from tradertape_core.orders.order import OrderStatus, Product, Variety
from tradertape_core.orders.reports import ExecutionReport
from tradertape_server.features.execution.errors import TradingPaused
from tradertape_server.features.execution.orders import change
from tradertape_server.features.execution.scheduled.attempts import Attempts
from tradertape_server.features.execution.service import ExecutionService, RunRef
from tradertape_server.features.execution.state.command import ExchangeCommand
from tradertape_server.features.execution.store.models import PAPER
from tradertape_server.features.execution.venues.paper import PaperExchange
from tradertape_server.platform.logging import get_logger
from tradertape_server.platform.processes.job_log import JobLog

Chore = Callable[[datetime], None]
EVERY_S = 1.0
_STILL_IN_AUCTION = CLOSING_AUCTION - {PhaseKind.CLOSING_MATCHING}

logger = get_logger(__name__)


@dataclass(slots=True)
class ExecutionJobs:
    """One thread; `run_once` is what it does every second."""

    service: ExecutionService
    calendar: Calendar
    clock: Clock
    chores: Sequence[Chore] = ()  # each decides itself what is due
    log: JobLog = field(default_factory=JobLog)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _done: set[tuple[str, Segment, date]] = field(default_factory=set[tuple[str, Segment, date]])
    _expired_on: date | None = None
    _ended_before: datetime | None = None

    def start(self) -> None:
        """Begin; a second call does nothing."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(target=self._loop, name="execution-jobs", daemon=True)
            self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """End."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout_s)
            self._thread = None

    def run_once(self) -> None:
        """Do all that is due now; a job that fails keeps no other."""
        now, attempt = self.clock.now(), self._attempts.attempt
        self._advance_exits()
        attempt("expiry of triggers", lambda: self._expire_triggers(now))
        for chore in self.chores:
            attempt(type(chore).__name__, partial(chore, now))
        if self.service.trader.is_halted:
            self._ask(lambda _exchange: ())  # a batch sees what another process changed of a switch
        if self.service.trader.resting:
            attempt("end of earlier days", lambda: self._end_days_before(now))
            attempt("times to live", lambda: self._ask(lambda exchange: exchange.expire(now)))
        if self.service.market.never_closes:
            if self.service.trader.resting:
                self._ask(lambda exchange: exchange.open_session(now, everything))
            return
        for segment in Segment:
            hours = session_hours(self.calendar, now.astimezone(IST).date(), segment)
            if hours is not None:
                attempt(f"session of {segment}", partial(self._session, segment, hours, now))

    @property
    def _attempts(self) -> Attempts:
        return Attempts(self.service.trader.quarantine)

    def _loop(self) -> None:
        while not self._stopping.wait(EVERY_S):
            try:
                with self.log.running("execution"):
                    self.run_once()
            except TradingPaused:
                logger.warning("execution jobs are waiting for the trader")
            except Exception:
                logger.exception("execution job failed")

    def _session(self, segment: Segment, hours: TradingHours, now: datetime) -> None:
        def among(instrument: Instrument) -> bool:
            return self.service.market.segment(instrument) is segment

        has_auctions = self.service.market.has_auctions
        phases = self.calendar.session_times(hours.day, segment) if has_auctions else ()
        phase = next((one.kind for one in phases if one.start <= now < one.end), None)
        matched = [one.start for one in phases if one.kind is PhaseKind.CLOSING_MATCHING]
        end = matched[0] if matched else hours.end
        once, ask = partial(self._once, segment, hours.day), self._ask
        if phase in PRE_OPEN_OVER:
            kind = PhaseKind.PRE_OPEN_MATCHING
            once("pre-open", lambda: self._match_auction(kind, segment, now))
        if hours.start <= now < hours.end:
            if self.service.trader.waiting_for_open:  # one may have come when it was done already
                self._done.discard(("open", segment, hours.day))
            once("open", lambda: ask(lambda exchange: exchange.open_session(now, among)))
            self._close_what_was_left(segment, hours.day)
        due = intraday_due(self.calendar, hours.day, segment)
        if due is not None and due <= now < hours.end:
            self._square_off(segment, hours.day)
        if phase in _STILL_IN_AUCTION:
            once("auction", lambda: ask(lambda exchange: exchange.enter_auction(now, among)))
        if now >= end:
            if matched:
                kind = PhaseKind.CLOSING_MATCHING
                once("matching", lambda: self._match_auction(kind, segment, now))
            once("close", lambda: ask(lambda exchange: exchange.close_session(now, among)))
            once("reconcile", self.service.read_order_books)

    def _once(self, segment: Segment, day: date, what: str, work: Callable[[], None]) -> None:
        """Do something once a day; what was refused or failed is tried again."""
        name = (what, segment, day)
        if name not in self._done and self._attempts.attempt(f"{what} of {segment}", work):
            self._done.add(name)

    def _match_auction(self, kind: PhaseKind, segment: Segment, now: datetime) -> None:
        """Fill orders in an auction at its price; where the price is not known they rest on."""
        market = self.service.market
        resting = self.service.orders(open_only=True, venue=PAPER)
        waiting = {order.request.instrument for order in resting}
        found = {name: market.instrument(name) for name in waiting}
        prices = {
            name: price
            for name, one in found.items()
            if one is not None
            and market.segment(one) is segment
            and (kind is PhaseKind.CLOSING_MATCHING or market.phase(one, now) is not None)
            and (price := market.auction_price(one, kind)) is not None
        }
        if prices:
            self._ask(lambda exchange: exchange.match_auction(prices, now))

    def _close_what_was_left(self, segment: Segment, day: date) -> None:
        """Ask until nothing of an earlier day is left: an exit may end before it has filled."""
        name = ("left", segment, day)
        if name not in self._done and not self._square_off(segment, day, left_from_before=True):
            self._done.add(name)

    def _square_off(self, segment: Segment, day: date, *, left_from_before: bool = False) -> bool:
        """Close what is held intraday, run by run; asked again every second until it is done.
        Return whether there was anything to close.

        left_from_before: what a server that was down left open on an earlier day, and no other.
        """
        exchanges = SQUARED_OFF.get(segment, frozenset())
        outside = self.service.accounts_outside()
        due = {
            RunRef(account_id=int(one.key.account), run_id=one.key.run_id or "")
            for one in self.service.positions(open_only=True)
            if one.key.product is Product.MIS
            and int(one.key.account) not in outside
            and one.key.instrument.partition(":")[0] in exchanges
            and (not left_from_before or is_touched(one, day))
        }
        if exchanges and not left_from_before:
            due |= self._resting_intraday(exchanges)
        # Contracts are closed later than shares, of the same run too: under another key.
        name = "square-off-late" if left_from_before else "square-off"
        name += "" if segment is Segment.CASH else f"-{segment}"
        for run in due:
            # Positions that belong to no run are kept apart by their account.
            of_account = "" if run.run_id else f":{run.account_id}"
            key = f"{name}:{day.isoformat()}{of_account}"
            self._attempts.attempt(
                f"{name} of run {run.run_id} of account {run.account_id}",
                partial(self._close_intraday, run, key, exchanges),
                account_id=run.account_id,
                run_id=run.run_id or None,
            )
        return bool(due)

    def _resting_intraday(self, exchanges: frozenset[str]) -> set[RunRef]:
        """Runs with intraday orders that rest: one that fills later, in the closing auction for
        instance, would open what nobody closes that day."""
        return {
            RunRef(account_id=int(one.account), run_id=one.run_id or "")
            for one in self.service.orders(open_only=True, venue=PAPER)
            if one.request.product is Product.MIS
            and one.venue_status is not OrderStatus.AMO_REQUESTED  # it is for the next day
            and one.request.exchange in exchanges
        }

    def _close_intraday(self, run: RunRef, key: str, exchanges: frozenset[str]) -> None:
        """Close a run's intraday positions and cancel its intraday orders; what was opened since
        is closed under another key, so that there are as many keys as times it was done."""
        for number in count(1):
            reply = self.service.exit_run(
                run,
                key=server_key(key if number == 1 else f"{key}:{number}"),
                reason="intraday square-off",
                product=Product.MIS,
                exchanges=exchanges,
                is_square_off=True,
            )
            if not reply.is_replay or reply.document["status"] != "closed":
                return

    def _advance_exits(self) -> None:
        for run_id, key in self.service.exits_under_way():
            self._attempts.attempt(
                f"exit {key} of run {run_id}",
                partial(self.service.advance_exit, run_id, key),
                run_id=run_id or None,
            )

    def _expire_triggers(self, now: datetime) -> None:
        today = now.astimezone(IST).date()
        if self._expired_on == today:
            return
        for gtt in self.service.expired_gtts():
            self._attempts.attempt(
                f"expiry of trigger {gtt.trigger_id}",
                partial(self.service.trader.execute, self.service.gtt.expire_command(gtt)),
                account_id=int(gtt.account),
            )
        self._expired_on = today

    def _end_days_before(self, now: datetime) -> None:
        """End orders of an earlier date: those a closed session left, were we not there to see."""
        midnight = now.astimezone(IST).replace(hour=0, minute=0, second=0, microsecond=0)
        if self._ended_before == midnight:
            return
        for order in self.service.orders(open_only=True, venue=PAPER):
            amo = order.request.variety is Variety.AMO
            since = order.updated_at if amo else order.placed_at
            is_for_the_open = order.venue_status is OrderStatus.AMO_REQUESTED
            if since < midnight and not is_for_the_open and not order.slices:
                self._attempts.attempt(
                    f"end of day of order {order.order_id}",
                    partial(self.service.trader.execute, change.EndDayOrder(order.order_id)),
                    account_id=int(order.account),
                    run_id=order.run_id,
                )
        self._ended_before = midnight

    def _ask(self, ask: Callable[[PaperExchange], Sequence[ExecutionReport]]) -> None:
        self.service.trader.execute(ExchangeCommand(ask))
