"""One batch of the trader: its transactions, and what goes to venues between them.

The first transaction decides every command and writes its requests into the outbox. Requests to the
paper venue are answered within the batch; those to venues outside are handed to lanes once they
are on disk. The second transaction records what venues reported, and the replies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from typing import Any

from sqlalchemy.exc import OperationalError, SQLAlchemyError

from tradertape_core.execution.decision import VenueRequest
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.tick import Tick
from tradertape_core.orders.reports import ExecutionReport
from tradertape_server.features.execution.errors import TradingPaused
from tradertape_server.features.execution.loop.parked import Parked
from tradertape_server.features.execution.loop.quarantine import Quarantine
from tradertape_server.features.execution.loop.recording import (
    Recording,
    Round,
    Settling,
    is_of_one,
)
from tradertape_server.features.execution.state.command import BatchAborted, Command, Subject
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork, Written
from tradertape_server.features.execution.state.venue_books import accounts_to_read
from tradertape_server.features.execution.venues.gateway import VenueEvent
from tradertape_server.features.execution.venues.paper import PaperExchange
from tradertape_server.features.execution.venues.venues import Venues
from tradertape_server.platform.crash_points import crash_point
from tradertape_server.platform.database.disk_errors import disk_error_of
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import ApiError
from tradertape_server.platform.logging import get_logger

Publish = Callable[[Written], None]
AnyCommand = Command[Any]
Refused = list[tuple[AnyCommand, Exception]]
Ask = Callable[[PaperExchange], Sequence[ExecutionReport]]
_NOBODY_WAITS = frozenset({"trigger", "trail"})  # kinds of commands without a caller

logger = get_logger(__name__)


class Batches:
    """Used by the trader's thread alone. publish: called with what is on disk; forget: drops what
    was staged in a transaction that is rolled back."""

    def __init__(
        self,
        database: Database,
        uow: UnitOfWork,
        venues: Venues,
        quarantine: Quarantine,
        publish: Publish,
        forget: Callable[[], None],
    ) -> None:
        self._database = database
        self._uow = uow
        self._venues = venues
        self._publish = publish
        self._forget = forget
        self._quarantine = quarantine
        self._recording = Recording(database, uow, venues, quarantine, self._written, forget)
        self.parked = Parked()

    @property
    def recording(self) -> Recording:
        """The second transaction, with what it counts."""
        return self._recording

    def decide(self, commands: Sequence[AnyCommand]) -> Sequence[VenueRequest]:
        """Run the first transaction; returns the requests that are answered within the batch."""
        if not commands:
            return ()
        try:
            refused = self._stage(commands)
        except Exception as error:
            # Another process took a key or a number meanwhile, or a command failed: one by one.
            # Or the disk is full: its reserve takes what closes positions.
            if not (is_of_one(error) or self._database.reserve.allows_retry(error)):
                raise
            self._forget()
            for command in commands:
                command.undo()
            alone = [self._alone(one) for one in commands if not one.is_answered]
            requests = tuple(request for some in alone for request in some)
        else:
            requests = self._staged(refused)
        for command in commands:
            if command.is_immediate and not command.is_answered:
                command.reply.set_result(command.decided)
        return requests

    def act(
        self,
        commands: Sequence[AnyCommand],
        ticks: Sequence[Tick],
        events: Sequence[VenueEvent],
        requests: Sequence[VenueRequest],
    ) -> None:
        """Tell the venues, record what they report, until nothing follows from it."""
        settling = Settling(
            [*commands, *self.parked.to_try(has_news=bool(events))], self.parked.overdue()
        )
        exchange = self._venues.exchange
        reports, following = self._ask(partial(_on_ticks, ticks)), ()
        while exchange.has_ticks:  # what is asked for now comes after the prices of before
            following = self._recording.record(Round(events, reports, following), Settling())
            events = ()
            reports = [] if following else self._ask(PaperExchange.match_remaining)
        reports = [*reports, *chain.from_iterable(self._ask(one.on_exchange) for one in commands)]
        requests = (*following, *requests)
        is_moved = self._venues.book.orders.has_changes
        if not (reports or requests or events or is_moved or settling.tried or settling.overdue):
            return
        while True:
            requests = self._recording.record(Round(events, reports, requests), settling)
            events, reports = (), ()
            if not requests:
                break
        self._reply(settling)
        self._look()

    def _look(self) -> None:
        """Have lanes read what is waited for."""
        lanes, gtts = self._venues.lanes, self._uow.gtts
        lanes.look(accounts_to_read(self._uow) | gtts.waiting_for_orders())
        lanes.watch_gtts(gtts.watched())
        lanes.read_gtts(gtts.take_wanted())

    def _ask(self, ask: Ask) -> Sequence[ExecutionReport]:
        """Have the paper market do something. Where that fails, the orders that make it fail are
        put aside; the recovery that follows restores the others."""
        try:
            return ask(self._venues.exchange)
        except Exception as error:
            if is_of_one(error):
                accounts = self._uow.accounts.values()
                held = [
                    one for state in accounts if state.is_paper for one in state.orders.values()
                ]
                for order, why in self._venues.book.failing_alone(held, ask):
                    account_id = int(order.account)
                    self._quarantine.put(
                        Subject("order", order.order_id, account_id, order.run_id), why
                    )
            raise

    def _reply(self, settling: Settling) -> None:
        for number, command in enumerate(settling.tried):
            if number not in settling.results:
                self.parked.add(command)
                continue
            self.parked.remove(command)
            if not command.is_answered:
                command.reply.set_result(settling.results[number])
        for command, known in settling.late:
            if not command.is_answered:
                command.reply.set_result(known)

    def _alone(self, command: AnyCommand) -> Sequence[VenueRequest]:
        """Decide on one command by itself; one that fails is put aside, and its caller told."""
        try:
            refused = self._stage([command])
        except BatchAborted as aborted:
            error = aborted.error
        except Exception as failed:
            if not is_of_one(failed):
                raise
            error = failed
        else:
            return self._staged(refused)
        self._forget()
        if isinstance(error, OperationalError):  # a row that somebody else holds, say
            logger.warning("a command has to wait", reason=type(error.orig).__name__)
            error = TradingPaused(disk_error_of(error))
        else:
            self._failed(command, error)
        command.reply.set_exception(error)
        return ()

    def _failed(self, command: AnyCommand, error: Exception) -> None:
        """Put a command aside unless it was refused, and somebody hears of that."""
        is_refused = isinstance(error, ApiError | InvalidInput)
        if not is_refused or command.subject.kind in _NOBODY_WAITS:
            self._quarantine.put(command.subject, error)

    def _stage(self, commands: Sequence[AnyCommand]) -> Refused:
        """The transaction itself; returns the commands that are refused, nothing staged."""
        uow = self._uow
        refused: Refused = []
        with self._database.write(from_reserve=True, is_urgent=True) as session:
            uow.begin(session)
            uow.check_keys([one.key for one in commands if one.key is not None])
            uow.prefetch([one.read for one in commands if one.read is not None])
            for command in commands:
                if not command.begin():
                    continue
                cursor = uow.cursor
                if command.read is None:
                    uow.clear_prefetched()
                try:
                    command.decide(uow)
                except SQLAlchemyError as error:
                    raise BatchAborted(error) from error
                except Exception as error:
                    if uow.cursor != cursor:
                        raise BatchAborted(error) from error  # half of it is staged
                    refused.append((command, error))
            crash_point("before_commit")
            uow.flush()
        return refused

    def _staged(self, refused: Refused) -> Sequence[VenueRequest]:
        """What follows once it is on disk."""
        crash_point("after_commit")
        written = self._written()
        for command, error in refused:
            self._failed(command, error)
            command.reply.set_exception(error)
        return written.requests

    def _written(self) -> Written:
        """Publish what was committed, and hand requests to the lanes."""
        written = self._uow.committed()
        self._publish(written)
        self._venues.dispatch(written.outside)
        return written


def _on_ticks(ticks: Sequence[Tick], exchange: PaperExchange) -> Sequence[ExecutionReport]:
    return exchange.on_ticks(ticks)
