"""The trader: one thread that decides, stores and acts for everybody, many commands at a time.

A batch takes what is queued. First transaction: every command is decided on and recorded, with the
requests to venues in the outbox. Then the venues are told. Second transaction: their reports become
fills, postings and positions, and the replies are stored. So one synced commit carries many
commands (a 200 means it is on disk), and a crash between any two steps is repaired by what a start
does anyway: read the outbox.
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
from tradertape_server.features.execution.orders.change import trail_commands
from tradertape_server.features.execution.ports import Listener
from tradertape_server.features.execution.state.command import MORE_TO_SEND, BatchAborted, Command
from tradertape_server.features.execution.state.pending_replies import PendingReplies
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork, Written
from tradertape_server.features.execution.venues.paper import PaperVenue
from tradertape_server.platform.crash_points import crash_point
from tradertape_server.platform.database.disk_errors import trouble_of
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.logging import get_logger
from tradertape_server.platform.processes.leading import Superseded

MOST_AT_ONCE = 64
WAIT_S = 15.0
_RETRY_AFTER_S = 1.0
_MOST_TICKS = 5_000
_A_CROWD = 8  # commands in a turn
_GATHER_S = 0.015

logger = get_logger(__name__)


class Trader:
    """Starts with a recovery; every method but the thread's own may be called from anywhere."""

    def __init__(
        self,
        database: Database,
        uow: UnitOfWork,
        venue: PaperVenue,
        triggers: Triggers,
        listeners: Sequence[Listener] = (),
    ) -> None:
        self._database = database
        self._uow = uow
        self._venue = venue
        self._triggers = triggers
        self._listeners = list(listeners)
        self._after_pause: list[Callable[[], None]] = []
        self._commands: list[Command] = []
        self._ticks: list[Tick] = []
        self._bell = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_stopping = False
        self._is_well = False
        self._gathering = 0  # how many commands a turn waits for
        self._why_not = TradingPaused()
        self.batches = self.recoveries = self.pauses = self.requests = self.reports = 0
        self.batch_s = self.venue_s = 0.0
        self._watched: frozenset[str] = frozenset()
        self._callers = PendingReplies()

    @property
    def resting(self) -> int:
        """How many orders the venue holds."""
        return self._venue.resting

    @property
    def is_halted(self) -> bool:
        """Whether a kill switch is on, as far as memory knows."""
        return self._uow.halts.are_on

    @property
    def waiting(self) -> tuple[int, int]:
        """How many commands and ticks wait for a turn."""
        return len(self._commands), len(self._ticks)

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
                self._uow.forget()
        self._is_well, self._watched = False, frozenset()
        self._uow.market.watch((), self.on_tick)

    def listen(self, listener: Listener) -> None:
        """Have the listener called with events that are on disk; it must not wait."""
        self._listeners.append(listener)

    def after_pause(self, listener: Callable[[], None]) -> None:
        """Have the listener called when trading goes on after a pause: a commit whose answer was
        lost may have put events on disk that no listener heard of."""
        self._after_pause.append(listener)

    def execute(self, command: Command) -> Any:
        """Have something done and wait for it. Raises what it raises, TradingPaused when it cannot
        be done now, NotTheTrader where this process does not trade."""
        answered = threading.Event()
        command.future.tell = lambda _pending: answered.set()
        self._take_in(command)
        if not answered.wait(WAIT_S):
            raise TradingPaused
        return command.future.result()

    async def execute_async(self, command: Command) -> Any:
        """The same for a caller on an event loop, who waits without a thread of its own."""
        answered = self._callers.expect(command.future)
        self._take_in(command)
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

    def _take_in(self, command: Command) -> None:
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
            self._callers.tell()
            with self._bell:
                self._bell.wait_for(self._has_work, None if self._is_well else _RETRY_AFTER_S)
                self._gather(crowd)
                commands, self._commands = (
                    self._commands[:MOST_AT_ONCE],
                    self._commands[MOST_AT_ONCE:],
                )
                ticks, self._ticks = self._ticks, []
                if self._is_stopping and not commands:
                    return
            if not self._is_well:
                if not self._try_to_recover():
                    _fail(commands, self._why_not)
                    continue
                for told in self._after_pause:
                    told()
            crowd = len(commands) if len(commands) >= _A_CROWD else 0
            began_s = monotonic()
            self._run_batch(commands, ticks)
            self.batches, self.batch_s = self.batches + 1, monotonic() - began_s

    def _gather(self, crowd: int) -> None:
        """Where many were answered together, give them a moment to ask again together: they share
        what a turn costs whoever is in it."""
        if len(self._commands) < crowd and not self._is_stopping:
            self._gathering = crowd
            self._bell.wait(_GATHER_S)
            self._gathering = 0

    def _has_work(self) -> bool:
        return bool(self._commands or self._ticks or self._is_stopping)

    def _run_batch(self, commands: list[Command], ticks: list[Tick]) -> None:
        try:
            commands = [*commands, *self._triggers.due(ticks, self._waits)]
            commands += trail_commands(self._uow, ticks)
            requests = self._decide(commands)
            self._callers.tell()
            self._act([one for one in commands if not one.is_done], ticks, requests)
            self._watch()
        except Superseded:
            logger.warning("another process trades now: nothing of this turn is stored")
            self._pause(commands, TradingPaused())
        except Exception as error:  # noqa: BLE001 - noted, and mended by a recovery
            paused = _paused("trading paused", error)
            self._pause(commands, paused if isinstance(error, SQLAlchemyError) else error)

    def _pause(self, commands: list[Command], error: Exception) -> None:
        """Whatever it was, disk and memory agree again after a recovery."""
        self.pauses += 1
        self._is_well = False
        self._forget()
        _fail(commands, error)

    def _decide(self, commands: list[Command]) -> Sequence[VenueRequest]:
        """The first transaction."""
        if not commands:
            return ()
        try:
            written = self._decided(commands)
        except (IntegrityError, OperationalError, BatchAborted) as error:
            # Another process took a key or a number meanwhile, or a command broke off: one by one.
            # Or the disk is full: its reserve takes what closes positions.
            if isinstance(error, OperationalError) and not self._database.reserve.helps(error):
                raise
            self._forget()
            alone = [self._alone(one) for one in commands if not one.is_done]
            requests = tuple(request for one in alone for request in one.requests)
            written = Written((), requests)
        for command in commands:
            if command.is_decided and not command.is_done:
                command.future.set_result(command.carry)
        return written.requests

    def _forget(self) -> None:
        self._uow.forget()
        self._triggers.forget_staged()

    def _alone(self, command: Command) -> Written:
        try:
            return self._decided([command])
        except BatchAborted as aborted:
            self._forget()
            error = aborted.error
            if isinstance(error, OperationalError):  # a row that somebody else holds, say
                logger.warning("a command has to wait", reason=type(error.orig).__name__)
                error = TradingPaused(trouble_of(error))
            command.future.set_exception(error)
            return Written((), ())

    def _decided(self, commands: list[Command]) -> Written:
        uow = self._uow
        refused: list[tuple[Command, Exception]] = []
        with self._database.write(from_reserve=True) as session:
            uow.begin(session)
            uow.check_keys([command.key for command in commands if command.key is not None])
            uow.prefetch([command.read for command in commands if command.read is not None])
            for command in commands:
                cursor = uow.cursor
                if command.read is None:
                    uow.clear_prefetched()
                try:
                    command.carry = command.decide(uow)
                except SQLAlchemyError as error:
                    raise BatchAborted(error) from error
                except Exception as error:
                    if uow.cursor != cursor:
                        raise BatchAborted(error) from error  # half of it is staged
                    refused.append((command, error))
            crash_point("before_commit")
            uow.flush()
        crash_point("after_commit")
        written = self._publish(uow.committed())
        for command, error in refused:
            command.future.set_exception(error)
        return written

    def _act(
        self, commands: list[Command], ticks: list[Tick], requests: Sequence[VenueRequest]
    ) -> None:
        """Tell the venues, record what they say, until nothing follows from it."""
        reports = self._venue.on_ticks(ticks)
        for command in commands:
            reports += command.venue(self._venue) if command.venue else ()
        if not (reports or requests or commands):
            return
        results: dict[int, Any] = {}
        is_settled = False
        while requests or reports or not is_settled:
            with self._database.write(from_reserve=True) as session:
                self._uow.begin(session)
                reports += self._send(requests)
                for report in reports:
                    self._uow.apply(report)
                self.reports += len(reports)
                self._uow.told(requests)
                if not self._uow.has_requests:
                    self._settle(commands, results)
                is_settled = len(results) == len(commands)
                crash_point("before_record")
                self._uow.flush()
            crash_point("after_record")
            requests = self._publish(self._uow.committed()).requests
            reports = [] if requests else self._venue.match_remaining()
        for number, command in enumerate(commands):
            command.future.set_result(results[number])

    def _settle(self, commands: Sequence[Command], results: dict[int, Any]) -> None:
        """Have the commands answered that have no answer yet."""
        for number, command in enumerate(commands):
            if number not in results:
                result = _settled(command, self._uow)
                if result is not MORE_TO_SEND:
                    results[number] = result

    def _send(self, requests: Sequence[VenueRequest]) -> list[ExecutionReport]:
        reports: list[ExecutionReport] = []
        for request in requests:
            order = self._uow.order(request.order_id)
            if order is not None:
                crash_point("before_send")
                self._uow.demand_lease()
                began_s = monotonic()
                reports += self._venue.send(request, order)
                self.requests, self.venue_s = self.requests + 1, monotonic() - began_s
                crash_point("after_send")
        return reports

    def _waits(self, gtt: Gtt, leg: int) -> bool:
        """Whether a trigger is not to fire now, as far as memory knows: deciding looks again."""
        return self._uow.has_read(int(gtt.account)) and held_back(self._uow, gtt, leg)

    def _publish(self, written: Written) -> Written:
        self._triggers.committed()
        if written.events:
            for listener in self._listeners:
                listener(written.events)
        return written

    def _watch(self) -> None:
        wanted = frozenset(self._uow.interest) | self._triggers.instruments
        if wanted != self._watched:
            self._watched = wanted
            self._uow.market.watch(wanted, self.on_tick)

    def _try_to_recover(self) -> bool:
        try:
            found = recover(self._database, self._uow, self._venue, self._triggers)
            answers = [Command(lambda _uow: None, settle) for settle in found.answers]
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
        self._uow.forget()
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


def _settled(command: Command, uow: UnitOfWork) -> Any:
    return command.carry if command.settle is None else command.settle(uow, command.carry)


def _fail(commands: Sequence[Command], error: Exception) -> None:
    for command in commands:
        if not command.is_done:
            command.future.set_exception(error)
