"""The trader: one thread that decides, stores and acts for everybody, many commands at a time.

A batch takes what is queued: commands of callers, ticks of the market, and events of venues outside
this process. One synced commit carries many commands (a 200 means it is on disk), and a crash
between any two steps is repaired by what a start does anyway: read the outbox. Nothing that touches
a network runs on this thread.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from tradertape_core.market.tick import Tick
from tradertape_core.orders.gtt import Gtt
from tradertape_server.features.execution.errors import NotTheTrader, TradingPaused
from tradertape_server.features.execution.gtt.active_triggers import Triggers
from tradertape_server.features.execution.gtt.gtt_commands import subject_of
from tradertape_server.features.execution.gtt.rules import held_back
from tradertape_server.features.execution.loop.batch import AnyCommand, Batches
from tradertape_server.features.execution.loop.quarantine import Quarantine
from tradertape_server.features.execution.loop.recovery import recover
from tradertape_server.features.execution.loop.retries import Retries
from tradertape_server.features.execution.loop.tick_queue import TickQueue
from tradertape_server.features.execution.orders.change import trail_commands
from tradertape_server.features.execution.ports import Listener
from tradertape_server.features.execution.state.command import Command, Subject
from tradertape_server.features.execution.state.entry_rules import EntryRules
from tradertape_server.features.execution.state.pending_replies import PendingReplies
from tradertape_server.features.execution.state.unit_of_work import (
    RequestKey,
    UnitOfWork,
    Written,
)
from tradertape_server.features.execution.state.units_there import AtBroker, OfShares
from tradertape_server.features.execution.store.mapping import request_key
from tradertape_server.features.execution.venues.gateway import (
    Answered,
    GttAnswered,
    VenueEvent,
)
from tradertape_server.features.execution.venues.venues import Venues
from tradertape_server.platform.database.disk_errors import disk_error_of
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.logging import get_logger
from tradertape_server.platform.processes.trader_election import Superseded

MOST_AT_ONCE = 64
WAIT_S = 15.0
_A_CROWD = 8  # commands in a batch
_GATHER_S = 0.015
R = TypeVar("R")

logger = get_logger(__name__)


class Trader:
    """Starts with a recovery; every method but the thread's own may be called from anywhere."""

    def __init__(
        self,
        database: Database,
        uow: UnitOfWork,
        venues: Venues,
        triggers: Triggers,
        listeners: Sequence[Listener] = (),
    ) -> None:
        self._database = database
        self._uow = uow
        self._venues = venues
        self._triggers = triggers
        self._listeners = list(listeners)
        self._after_pause: list[Callable[[], None]] = []
        self._commands: list[AnyCommand] = []
        self._ticks = TickQueue()
        self._met_again: list[Tick] = []  # by orders after a recovery, and not by triggers
        self._events: list[VenueEvent] = []
        self._bell = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_stopping = False
        self._is_well = False
        self._gathering = 0  # how many commands a batch waits for
        self.quarantine = Quarantine(uow.clock)
        self._why_not = TradingPaused()
        self._retries = Retries()
        self.batches = self.recoveries = self.pauses = 0
        self.batch_s = 0.0
        self._watched: frozenset[str] = frozenset()
        self._replies = PendingReplies()
        self._batch = Batches(database, uow, venues, self.quarantine, self._publish, self._forget)
        venues.lanes.deliver = self.on_venue
        venues.book.is_queued = self._is_queued

    @property
    def resting(self) -> int:
        """How many orders the paper venue holds."""
        return self._venues.book.resting

    @property
    def waiting_for_open(self) -> int:
        """How many after-market orders wait for an open."""
        return self._venues.book.orders.waiting_for_open

    @property
    def is_halted(self) -> bool:
        """Whether a kill switch is on, as far as memory knows."""
        return self._uow.halts.are_on

    @property
    def waiting(self) -> tuple[int, int]:
        """How many commands and ticks are queued for a batch."""
        return len(self._commands), len(self._ticks)

    @property
    def requests(self) -> int:
        """Requests to the paper venue so far."""
        return self._batch.recording.requests

    @property
    def reports(self) -> int:
        """Reports of the paper venue so far."""
        return self._batch.recording.reports

    @property
    def venue_s(self) -> float:
        """Seconds the last request to the paper venue took."""
        return self._batch.recording.venue_s

    @property
    def is_well(self) -> bool:
        """Whether commands are executed: memory agrees with the database."""
        return self._is_well

    def start(self) -> None:
        """Recover what a stop interrupted, then trade. A second call does nothing."""
        if self._thread is not None and not self._is_stopping:
            return
        if self._thread is not None:
            self._thread.join()  # two of them would share one memory
        self._is_stopping = False
        self.quarantine.clear()  # a start tries everything again
        self._try_to_recover()
        self._thread = threading.Thread(target=self._loop, name="trader", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Finish what was begun and end."""
        self._venues.lanes.stop()
        with self._bell:
            self._is_stopping = True
            self._bell.notify_all()
        if self._thread is not None:
            self._thread.join(timeout_s)
            if not self._thread.is_alive():
                self._thread = None
                self._uow.forget()
        _fail(self._batch.parked.clear(), TradingPaused())
        self._is_well, self._watched = False, frozenset()
        self._uow.market.watch((), self.on_tick)

    def judge_by(self, rules: EntryRules) -> None:
        """Have rules judge entries: before it is started."""
        self._uow.entry_rules = rules

    def protect_by(self, needs_protection: Callable[[int], bool]) -> None:
        """Have it say which accounts take no market order without a band: before it is started."""
        self._uow.needs_protection = needs_protection

    def holds_at_brokers(self, shares_there: OfShares) -> None:
        """Have it say which delivered shares accounts have at their brokers: before it is
        started."""
        self._uow.read_shares = shares_there

    def bound_by(self, at_broker: AtBroker, units_changed: Callable[[int, str], None]) -> None:
        """Have it say what accounts lack at their brokers, and told what changes without a trade:
        before it is started."""
        self._uow.at_broker, self._uow.units_changed = at_broker, units_changed

    def has_differences(self, account_id: int) -> bool:
        """Whether an account is known to have other units at its broker than in the books."""
        return any(self._uow.at_broker(account_id).values())

    def listen(self, listener: Listener) -> None:
        """Have the listener called with events that are on disk; it must not wait."""
        self._listeners.append(listener)

    def after_pause(self, listener: Callable[[], None]) -> None:
        """Have the listener called when trading resumes after a pause: a commit whose answer was
        lost may have put events on disk that no listener was given."""
        self._after_pause.append(listener)

    def execute(self, command: Command[R]) -> R:
        """Execute a command and wait for its reply. Raises what it raises, TradingPaused when it
        cannot be executed now, NotTheTrader where this process does not trade."""
        answered = threading.Event()
        command.reply.notify = lambda _reply: answered.set()
        self._queue(command)
        if not answered.wait(WAIT_S):
            raise _given_up(command)
        return command.reply.result()

    async def execute_async(self, command: Command[R]) -> R:
        """The same for a caller on an event loop, which waits without a thread of its own."""
        answered = self._replies.expect(command.reply)
        self._queue(command)
        # What `asyncio.timeout` does, without the care it takes of a cancelled task.
        late = asyncio.get_running_loop().call_later(WAIT_S, _give_up, answered, command)
        try:
            return await answered
        finally:
            late.cancel()

    def on_tick(self, tick: Tick) -> None:
        """Take a tick in; called by the feed."""
        with self._bell:
            self._ticks.add(tick)
            if not self._gathering:
                self._bell.notify_all()

    def on_venue(self, event: VenueEvent) -> None:
        """Take in what a venue outside this process reports; called by lanes and by sockets."""
        with self._bell:
            self._events.append(event)
            self._bell.notify_all()

    def _queue(self, command: AnyCommand) -> None:
        with self._bell:
            if self._is_stopping or self._thread is None:
                raise NotTheTrader
            self._commands.append(command)
            if len(self._commands) >= self._gathering:
                self._bell.notify_all()

    # --- the thread ---------------------------------------------------------------------------

    def _loop(self) -> None:
        crowd = 0
        while True:
            self._replies.deliver()
            with self._bell:
                self._bell.wait_for(self._has_work, self._wait_s())
                self._gather(crowd)
                commands, ticks = self._take_queued()
                # What lanes were sending when they stopped has been delivered.
                if self._is_stopping and not (commands or (self._events and self._is_well)):
                    return
            if not self._is_well:
                self._put_back(ticks)
                if not self._try_to_recover():
                    _fail(commands, self._why_not)
                    continue
                ticks = self._met_again
                for listener in self._after_pause:
                    listener()
            events = self._take_events()
            crowd = len(commands) if len(commands) >= _A_CROWD else 0
            began_s = monotonic()
            self._run_batch(commands, ticks, events)
            self._tell_what_was_put_aside()
            self.batches, self.batch_s = self.batches + 1, monotonic() - began_s

    def _take_queued(self) -> tuple[list[AnyCommand], list[Tick]]:
        commands, self._commands = self._commands[:MOST_AT_ONCE], self._commands[MOST_AT_ONCE:]
        return commands, self._ticks.take()

    def _take_events(self) -> list[VenueEvent]:
        with self._bell:
            events, self._events = self._events, []
        return events

    def _wait_s(self) -> float | None:
        return self._batch.parked.next_deadline_s() if self._is_well else self._retries.wait_s

    def _gather(self, crowd: int) -> None:
        """Where many were replied to together, give them a moment to ask again together: they share
        what a batch costs whoever is in it."""
        if len(self._commands) < crowd and not self._is_stopping:
            self._gathering = crowd
            self._bell.wait(_GATHER_S)
            self._gathering = 0

    def _has_work(self) -> bool:
        if not self._is_well and self._retries.wait_s and not self._is_stopping:
            return False  # ticks do not make a database come back sooner
        is_stirred = self._is_stopping or (self._is_well and self.quarantine.has_news)
        return bool(self._commands or self._ticks or self._events or is_stirred)

    def _run_batch(
        self, commands: list[AnyCommand], ticks: list[Tick], events: list[VenueEvent]
    ) -> None:
        try:
            commands = [*commands, *self._fired(ticks)]
            requests = self._batch.decide(commands)
            self._replies.deliver()
            unanswered = [one for one in commands if not one.is_answered]
            self._batch.act(unanswered, ticks, events, requests)
            self._watch()
            self._retries.succeeded()
        except Superseded:
            logger.warning("another process trades now: nothing of this batch is stored")
            self._pause(commands, events, TradingPaused())
        except Exception as error:  # noqa: BLE001 - logged, and repaired by a recovery
            paused = self._paused("trading paused", error)
            self._put_back(ticks)  # after a recovery they have been met by orders, not by triggers
            self._pause(commands, events, paused if isinstance(error, SQLAlchemyError) else error)

    def _fired(self, ticks: list[Tick]) -> list[AnyCommand]:
        """Triggers that these ticks reach, and stops that they move."""
        fired = self._triggers.due(ticks, self._is_held_back, self._cannot_be_judged)
        stops = trail_commands(self._uow, ticks, self._is_held, self._cannot_trail)
        return [*fired, *stops]

    def _pause(
        self, commands: list[AnyCommand], events: list[VenueEvent], error: Exception
    ) -> None:
        """Whatever it was, disk and memory agree again after a recovery. Events stay: what a venue
        answered is not to be looked for."""
        self.pauses += 1
        self._is_well = False
        self._retries.failed()
        self._forget()
        with self._bell:
            self._events = [*events, *self._events]
        _fail([*commands, *self._batch.parked.clear()], error)

    def _tell_what_was_put_aside(self) -> None:
        for account_id, error in self._uow.unreadable.items():
            if not self.quarantine.has("account", str(account_id)):
                self.quarantine.put(Subject("account", str(account_id), account_id), error)
        if self.quarantine.has_news and self._is_well:
            self._publish(self.quarantine.write(self._database, self._uow))

    def _forget(self) -> None:
        self._uow.forget()
        self._triggers.forget_staged()

    def _is_held_back(self, gtt: Gtt, leg: int) -> bool:
        """Whether a trigger is not to fire now, as far as memory knows: deciding checks again."""
        if self.quarantine.holds("trigger", str(gtt.trigger_id)):
            return True
        return self._uow.has_read(int(gtt.account)) and held_back(self._uow, gtt, leg)

    def _is_held(self, order_id: str) -> bool:
        return self.quarantine.holds("trail", order_id)

    def _cannot_trail(self, order_id: str, error: Exception) -> None:
        self.quarantine.put(Subject("trail", order_id), error)

    def _cannot_be_judged(self, gtt: Gtt, error: Exception) -> None:
        self.quarantine.put(subject_of(gtt), error)

    def _publish(self, written: Written) -> None:
        self._triggers.committed()
        for listener in self._listeners if written.events else ():
            try:
                listener(written.events)
            except Exception as error:  # noqa: BLE001 - what is on disk is, whoever hears of it
                self.quarantine.put(Subject("listener", _name_of(listener)), error)

    def _watch(self) -> None:
        wanted = frozenset(self._uow.interest) | self._triggers.instruments
        if wanted != self._watched:
            self._watched = wanted
            self._uow.market.watch(wanted, self.on_tick)

    def _try_to_recover(self) -> bool:
        try:
            self._venues.exchange.forget()
            found = recover(
                self._database,
                self._uow,
                self._venues.book,
                self._triggers,
                self.quarantine,
                self._is_on_its_way,
            )
            self._watch()
            self._met_again = self._unfinished_ticks()
            self._batch.act(found.intents, self._met_again, [], found.requests)
            self._ticks.finished()
            self._venues.lanes.read_first(found.accounts)
            self._watch()
        except Superseded:
            logger.warning("another process trades now: nothing is recovered here")
        except Exception as error:  # noqa: BLE001 - logged, and tried again
            self._why_not = self._paused("recovery failed", error)
        else:
            self._is_well = True
            self.recoveries += 1
            return True
        self._uow.forget()
        self._is_well = False
        self._retries.failed()
        return False

    def _paused(self, what: str, error: Exception) -> TradingPaused:
        """Log why there is no trading: a trace of each new error, a line where it is the same.
        A disk error is the operator's, and needs no trace."""
        trouble = disk_error_of(error)
        if trouble is not None:
            logger.error(what, reason=trouble.problem)
        elif self._retries.is_new(error):
            logger.error(what, exc_info=error)
        else:
            logger.error(what, reason="as before", error=type(error).__name__)
        return TradingPaused(trouble)

    def _is_queued(self, instrument_id: str) -> bool:
        with self._bell:
            return self._ticks.has(instrument_id)

    def _put_back(self, ticks: Sequence[Tick]) -> None:
        with self._bell:
            self._ticks.put_back(ticks)

    def _unfinished_ticks(self) -> list[Tick]:
        book, market = self._venues.book, self._uow.market
        found = [market.tick(name) for name in sorted(book.orders.instruments)]
        latest = [tick for tick in found if tick is not None]
        now, stale_after = self._uow.clock.now(), book.rules.stale_after
        with self._bell:
            return self._ticks.unfinished(latest, now=now, stale_after=stale_after)

    def _is_on_its_way(self, account_id: int, key: RequestKey) -> bool:
        """Whether a lane of this process has a request, or we what came of it."""
        with self._bell:
            answered = {
                request_key(one.request) if isinstance(one, Answered) else one.key
                for one in self._events
                if isinstance(one, Answered | GttAnswered)
            }
        return key in answered or self._venues.lanes.holds(account_id, key)


def _name_of(listener: Listener) -> str:
    return getattr(listener, "__qualname__", type(listener).__name__)


def _give_up(answered: asyncio.Future[Any], command: AnyCommand) -> None:
    if not answered.done():
        answered.set_exception(_given_up(command))


def _given_up(command: AnyCommand) -> TradingPaused:
    """Withdraw a command whose caller has waited long enough: it is not done after its refusal,
    unless it is being written this moment."""
    return TradingPaused(is_withdrawn=command.withdraw())


def _fail(commands: Sequence[AnyCommand], error: Exception) -> None:
    for command in commands:
        if not command.is_answered:
            command.reply.set_exception(error)
