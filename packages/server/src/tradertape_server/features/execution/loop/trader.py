"""The trader: one thread that decides, stores and acts for everybody, many wishes at a time.

A turn takes what waits. First transaction: every wish is decided on and recorded, with what venues
are to be told in the outbox. Then the venues are told. Second transaction: their reports become
fills, postings and positions, and the answers are kept. So one synced commit carries many wishes
(a 200 means it is on disk), and a crash between any two steps is mended by what a start does
anyway: read the outbox.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError

from tradertape_core.execution.decision import VenueRequest
from tradertape_core.market.tick import Tick
from tradertape_core.orders.gtt import Gtt
from tradertape_core.orders.reports import ExecutionReport
from tradertape_server.features.execution.errors import NotTheTrader, TradingPaused
from tradertape_server.features.execution.gtt.active_triggers import Triggers
from tradertape_server.features.execution.gtt.gtt_commands import held_back
from tradertape_server.features.execution.loop.recovery import recover
from tradertape_server.features.execution.orders.change import trail_wishes
from tradertape_server.features.execution.ports import Listener
from tradertape_server.features.execution.state.command import GO_ON, Spoilt, Wish
from tradertape_server.features.execution.state.pending_replies import Callers
from tradertape_server.features.execution.state.unit_of_work import Desk, Written
from tradertape_server.features.execution.venues.paper import PaperVenue
from tradertape_server.platform.crash_points import reach
from tradertape_server.platform.database.disk_errors import trouble_of
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.logging import get_logger
from tradertape_server.platform.processes.leading import Superseded

MOST_AT_ONCE = 64
WAIT_S = 15.0
_RETRY_AFTER_S = 1.0
_MOST_TICKS = 5_000
_A_CROWD = 8  # wishes in a turn
_GATHER_S = 0.015

logger = get_logger(__name__)


class Trader:
    """Starts with a recovery; every method but the thread's own may be called from anywhere."""

    def __init__(
        self,
        database: Database,
        desk: Desk,
        venue: PaperVenue,
        triggers: Triggers,
        listeners: Sequence[Listener] = (),
    ) -> None:
        self._database = database
        self._desk = desk
        self._venue = venue
        self._triggers = triggers
        self._listeners = list(listeners)
        self._after_pause: list[Callable[[], None]] = []
        self._wishes: list[Wish] = []
        self._ticks: list[Tick] = []
        self._bell = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_stopping = False
        self._is_well = False
        self._gathering = 0  # how many wishes a turn waits for
        self._why_not = TradingPaused()
        self.turns = self.recoveries = self.pauses = self.requests = self.reports = 0
        self.turn_s = self.venue_s = 0.0
        self._watched: frozenset[str] = frozenset()
        self._callers = Callers()

    @property
    def resting(self) -> int:
        """How many orders the venue holds."""
        return self._venue.resting

    @property
    def is_halted(self) -> bool:
        """Whether a kill switch is on, as far as memory knows."""
        return self._desk.halts.are_on

    @property
    def waiting(self) -> tuple[int, int]:
        """How many wishes and ticks wait for a turn."""
        return len(self._wishes), len(self._ticks)

    @property
    def is_well(self) -> bool:
        """Whether what is asked is done: memory agrees with the database."""
        return self._is_well

    def start(self) -> None:
        """Recover what a stop interrupted, then trade. A second call does nothing."""
        if self._thread is not None and not self._is_stopping:
            return
        if self._thread is not None:
            self._thread.join()  # two of them would share one memory
        self._is_stopping = False
        self._try_to_recover()
        self._thread = threading.Thread(target=self._loop, name="trader", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Finish what was begun and end."""
        with self._bell:
            self._is_stopping = True
            self._bell.notify_all()
        if self._thread is not None:
            self._thread.join(timeout_s)
            if not self._thread.is_alive():
                self._thread = None
                self._desk.forget()
        self._is_well, self._watched = False, frozenset()
        self._desk.market.watch((), self.on_tick)

    def listen(self, listener: Listener) -> None:
        """Have the listener called with events that are on disk; it must not wait."""
        self._listeners.append(listener)

    def after_pause(self, listener: Callable[[], None]) -> None:
        """Have the listener called when trading goes on after a pause: a commit whose answer was
        lost may have put events on disk that no listener heard of."""
        self._after_pause.append(listener)

    def do(self, wish: Wish) -> Any:
        """Have something done and wait for it. Raises what it raises, TradingPaused when it cannot
        be done now, NotTheTrader where this process does not trade."""
        answered = threading.Event()
        wish.future.tell = lambda _pending: answered.set()
        self._take_in(wish)
        if not answered.wait(WAIT_S):
            raise TradingPaused
        return wish.future.result()

    async def do_soon(self, wish: Wish) -> Any:
        """The same for a caller on an event loop, who waits without a thread of its own."""
        answered = self._callers.expect(wish.future)
        self._take_in(wish)
        # What `asyncio.timeout` does, without the care it takes of a cancelled task.
        late = asyncio.get_running_loop().call_later(WAIT_S, _give_up, answered)
        try:
            return await answered
        finally:
            late.cancel()

    def on_tick(self, tick: Tick) -> None:
        """Take a tick in; called by the feed."""
        with self._bell:
            self._ticks.append(tick)
            if len(self._ticks) > _MOST_TICKS:  # we are far behind: only the newest count
                self._ticks = list({one.instrument_id: one for one in self._ticks}.values())
            if not self._gathering:
                self._bell.notify_all()

    def _take_in(self, wish: Wish) -> None:
        with self._bell:
            if self._is_stopping or self._thread is None:
                raise NotTheTrader
            self._wishes.append(wish)
            if len(self._wishes) >= self._gathering:
                self._bell.notify_all()

    # --- the thread ---------------------------------------------------------------------------

    def _loop(self) -> None:
        crowd = 0
        while True:
            self._callers.tell()
            with self._bell:
                self._bell.wait_for(self._has_work, None if self._is_well else _RETRY_AFTER_S)
                self._gather(crowd)
                wishes, self._wishes = self._wishes[:MOST_AT_ONCE], self._wishes[MOST_AT_ONCE:]
                ticks, self._ticks = self._ticks, []
                if self._is_stopping and not wishes:
                    return
            if not self._is_well:
                if not self._try_to_recover():
                    _fail(wishes, self._why_not)
                    continue
                for told in self._after_pause:
                    told()
            crowd = len(wishes) if len(wishes) >= _A_CROWD else 0
            began_s = monotonic()
            self._turn(wishes, ticks)
            self.turns, self.turn_s = self.turns + 1, monotonic() - began_s

    def _gather(self, crowd: int) -> None:
        """Where many were answered together, give them a moment to ask again together: they share
        what a turn costs whoever is in it."""
        if len(self._wishes) < crowd and not self._is_stopping:
            self._gathering = crowd
            self._bell.wait(_GATHER_S)
            self._gathering = 0

    def _has_work(self) -> bool:
        return bool(self._wishes or self._ticks or self._is_stopping)

    def _turn(self, wishes: list[Wish], ticks: list[Tick]) -> None:
        try:
            wishes = [*wishes, *self._triggers.due(ticks, self._waits)]
            wishes += trail_wishes(self._desk, ticks)
            requests = self._decide(wishes)
            self._callers.tell()
            self._act([one for one in wishes if not one.is_done], ticks, requests)
            self._watch()
        except Superseded:
            logger.warning("another process trades now: nothing of this turn is stored")
            self._pause(wishes, TradingPaused())
        except Exception as error:  # noqa: BLE001 - noted, and mended by a recovery
            paused = _paused("trading paused", error)
            self._pause(wishes, paused if isinstance(error, SQLAlchemyError) else error)

    def _pause(self, wishes: list[Wish], error: Exception) -> None:
        """Whatever it was, disk and memory agree again after a recovery."""
        self.pauses += 1
        self._is_well = False
        self._forget()
        _fail(wishes, error)

    def _decide(self, wishes: list[Wish]) -> Sequence[VenueRequest]:
        """The first transaction."""
        if not wishes:
            return ()
        try:
            written = self._decided(wishes)
        except (IntegrityError, OperationalError, Spoilt) as error:
            # Another process took a key or a number meanwhile, or a wish broke off: one by one.
            # Or the disk is full: its reserve takes what closes positions.
            if isinstance(error, OperationalError) and not self._database.reserve.helps(error):
                raise
            self._forget()
            alone = [self._alone(one) for one in wishes if not one.is_done]
            requests = tuple(request for one in alone for request in one.requests)
            written = Written((), requests)
        for wish in wishes:
            if wish.is_decided and not wish.is_done:
                wish.future.set_result(wish.carry)
        return written.requests

    def _forget(self) -> None:
        self._desk.forget()
        self._triggers.forget_staged()

    def _alone(self, wish: Wish) -> Written:
        try:
            return self._decided([wish])
        except Spoilt as spoilt:
            self._forget()
            error = spoilt.error
            if isinstance(error, OperationalError):  # a row that somebody else holds, say
                logger.warning("a wish has to wait", reason=type(error.orig).__name__)
                error = TradingPaused(trouble_of(error))
            wish.future.set_exception(error)
            return Written((), ())

    def _decided(self, wishes: list[Wish]) -> Written:
        desk = self._desk
        refused: list[tuple[Wish, Exception]] = []
        with self._database.write(from_reserve=True) as session:
            desk.begin(session)
            desk.look_up([wish.key for wish in wishes if wish.key is not None])
            desk.look_ahead([wish.read for wish in wishes if wish.read is not None])
            for wish in wishes:
                cursor = desk.cursor
                if wish.read is None:
                    desk.look_anew()
                try:
                    wish.carry = wish.decide(desk)
                except SQLAlchemyError as error:
                    raise Spoilt(error) from error
                except Exception as error:
                    if desk.cursor != cursor:
                        raise Spoilt(error) from error  # half of it is staged
                    refused.append((wish, error))
            reach("before_commit")
            desk.flush()
        reach("after_commit")
        written = self._publish(desk.committed())
        for wish, error in refused:
            wish.future.set_exception(error)
        return written

    def _act(self, wishes: list[Wish], ticks: list[Tick], requests: Sequence[VenueRequest]) -> None:
        """Tell the venues, record what they say, until nothing follows from it."""
        reports = self._venue.on_ticks(ticks)
        for wish in wishes:
            reports += wish.venue(self._venue) if wish.venue else ()
        if not (reports or requests or wishes):
            return
        results: dict[int, Any] = {}
        is_settled = False
        while requests or reports or not is_settled:
            with self._database.write(from_reserve=True) as session:
                self._desk.begin(session)
                reports += self._send(requests)
                for report in reports:
                    self._desk.apply(report)
                self.reports += len(reports)
                self._desk.told(requests)
                if not self._desk.has_requests:
                    self._settle(wishes, results)
                is_settled = len(results) == len(wishes)
                reach("before_record")
                self._desk.flush()
            reach("after_record")
            requests = self._publish(self._desk.committed()).requests
            reports = [] if requests else self._venue.go_on()
        for number, wish in enumerate(wishes):
            wish.future.set_result(results[number])

    def _settle(self, wishes: Sequence[Wish], results: dict[int, Any]) -> None:
        """Have the wishes answered that have no answer yet."""
        for number, wish in enumerate(wishes):
            if number not in results:
                result = _settled(wish, self._desk)
                if result is not GO_ON:
                    results[number] = result

    def _send(self, requests: Sequence[VenueRequest]) -> list[ExecutionReport]:
        reports: list[ExecutionReport] = []
        for request in requests:
            order = self._desk.order(request.order_id)
            if order is not None:
                reach("before_send")
                self._desk.demand_lease()
                began_s = monotonic()
                reports += self._venue.send(request, order)
                self.requests, self.venue_s = self.requests + 1, monotonic() - began_s
                reach("after_send")
        return reports

    def _waits(self, gtt: Gtt, leg: int) -> bool:
        """Whether a trigger is not to fire now, as far as memory knows: deciding looks again."""
        return self._desk.has_read(int(gtt.account)) and held_back(self._desk, gtt, leg)

    def _publish(self, written: Written) -> Written:
        self._triggers.committed()
        if written.events:
            for listener in self._listeners:
                listener(written.events)
        return written

    def _watch(self) -> None:
        wanted = frozenset(self._desk.interest) | self._triggers.instruments
        if wanted != self._watched:
            self._watched = wanted
            self._desk.market.watch(wanted, self.on_tick)

    def _try_to_recover(self) -> bool:
        try:
            found = recover(self._database, self._desk, self._venue, self._triggers)
            answers = [Wish(lambda _desk: None, settle) for settle in found.answers]
            self._act(answers, [], found.requests)
            self._watch()
        except Superseded:
            logger.warning("another process trades now: nothing is recovered here")
        except Exception as error:  # noqa: BLE001 - noted, and tried again
            self._why_not = _paused("recovery failed", error)
        else:
            self._is_well = True
            self.recoveries += 1
            return True
        self._desk.forget()
        self._is_well = False
        return False


def _paused(what: str, error: Exception) -> TradingPaused:
    """Note why there is no trading; a disk's trouble is the operator's, and needs no trace."""
    trouble = trouble_of(error)
    if trouble is None:
        logger.error(what, exc_info=error)
    else:
        logger.error(what, reason=trouble.what)
    return TradingPaused(trouble)


def _give_up(answered: asyncio.Future[Any]) -> None:
    if not answered.done():
        answered.set_exception(TradingPaused())


def _settled(wish: Wish, desk: Desk) -> Any:
    return wish.carry if wish.settle is None else wish.settle(desk, wish.carry)


def _fail(wishes: Sequence[Wish], error: Exception) -> None:
    for wish in wishes:
        if not wish.is_done:
            wish.future.set_exception(error)
