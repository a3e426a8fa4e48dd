"""One batch of the trader: its transactions, and what goes to venues between them.

The first transaction decides every command and writes its requests into the outbox. Requests to the
paper venue are answered within the batch; those to venues outside are handed to lanes once they
are on disk. The second transaction records what venues reported, and the replies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError

from tradertape_core.execution.decision import VenueRequest
from tradertape_core.market.tick import Tick
from tradertape_core.orders.reports import ExecutionReport
from tradertape_server.features.execution.errors import TradingPaused
from tradertape_server.features.execution.loop.parked import Parked
from tradertape_server.features.execution.loop.venue_events import take_in
from tradertape_server.features.execution.orders import unwinding
from tradertape_server.features.execution.state.command import BatchAborted, Command, NotSettled
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork, Written
from tradertape_server.features.execution.state.venue_books import accounts_to_read
from tradertape_server.features.execution.store.mapping import request_key
from tradertape_server.features.execution.venues.gateway import VenueEvent
from tradertape_server.features.execution.venues.venues import Venues
from tradertape_server.platform.crash_points import crash_point
from tradertape_server.platform.database.disk_errors import disk_error_of
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.logging import get_logger

Publish = Callable[[Written], None]
AnyCommand = Command[Any]

logger = get_logger(__name__)


class Batches:
    """Used by the trader's thread alone. publish: called with what is on disk; forget: drops what
    was staged in a transaction that is rolled back."""

    def __init__(
        self,
        database: Database,
        uow: UnitOfWork,
        venues: Venues,
        publish: Publish,
        forget: Callable[[], None],
    ) -> None:
        self._database = database
        self._uow = uow
        self._venues = venues
        self._publish = publish
        self._forget = forget
        self.parked = Parked()
        self.requests = self.reports = 0
        self.venue_s = 0.0

    def decide(self, commands: Sequence[AnyCommand]) -> Sequence[VenueRequest]:
        """Run the first transaction; returns the requests that are answered within the batch."""
        if not commands:
            return ()
        try:
            written = self._decided(commands)
        except (IntegrityError, OperationalError, BatchAborted) as error:
            # Another process took a key or a number meanwhile, or a command failed: one by one.
            # Or the disk is full: its reserve takes what closes positions.
            if isinstance(error, OperationalError) and not self._database.reserve.allows_retry(
                error
            ):
                raise
            self._forget()
            alone = [self._alone(one) for one in commands if not one.is_answered]
            requests = tuple(request for one in alone for request in one.requests)
            written = Written(requests=requests)
        for command in commands:
            if command.is_immediate and not command.is_answered:
                command.reply.set_result(command.decided)
        return written.requests

    def act(
        self,
        commands: Sequence[AnyCommand],
        ticks: Sequence[Tick],
        events: Sequence[VenueEvent],
        requests: Sequence[VenueRequest],
    ) -> None:
        """Tell the venues, record what they report, until nothing follows from it."""
        exchange = self._venues.exchange
        reports = exchange.on_ticks(ticks)
        for command in commands:
            reports += command.on_exchange(exchange)
        tried = [*commands, *self.parked.to_try(has_news=bool(events))]
        overdue = self.parked.overdue()
        if not (reports or requests or events or tried or overdue):
            return
        results: dict[int, Any] = {}
        late: list[tuple[AnyCommand, Any]] = []
        while True:
            with self._database.write(from_reserve=True, is_urgent=True) as session:
                self._uow.begin(session)
                self._record(events, [*reports, *self._send(requests)], requests)
                if not self._uow.has_requests:
                    self._settle(tried, results)
                    late = [(one, one.overdue(self._uow)) for one in overdue if not one.is_answered]
                crash_point("before_record")
                self._uow.flush()
            crash_point("after_record")
            events, requests = (), self._written().requests
            reports = [] if requests else exchange.match_remaining()
            if not (requests or reports):
                break
        self._reply(tried, results, late)
        self._venues.lanes.look(accounts_to_read(self._uow))

    def _record(
        self,
        events: Sequence[VenueEvent],
        reports: Sequence[ExecutionReport],
        requests: Sequence[VenueRequest],
    ) -> None:
        for event in events:
            take_in(self._uow, event)
        for report in reports:
            self._uow.apply(report)
        self.reports += len(reports)
        self._uow.answered(request_key(one) for one in requests)
        for run_id, key in self._uow.take_broken_baskets():
            row = self._uow.intent(run_id, key)
            if row is not None:
                unwinding.advance(self._uow, row)

    def _settle(self, commands: Sequence[AnyCommand], results: dict[int, Any]) -> None:
        """Ask the commands that have no reply yet for theirs."""
        for number, command in enumerate(commands):
            if number not in results:
                result = command.settle(self._uow)
                if not isinstance(result, NotSettled):
                    results[number] = result

    def _reply(
        self,
        commands: Sequence[AnyCommand],
        results: dict[int, Any],
        late: Sequence[tuple[AnyCommand, Any]],
    ) -> None:
        for number, command in enumerate(commands):
            if number not in results:
                self.parked.add(command)
                continue
            self.parked.remove(command)
            if not command.is_answered:
                command.reply.set_result(results[number])
        for command, known in late:
            if not command.is_answered:
                command.reply.set_result(known)

    def _alone(self, command: AnyCommand) -> Written:
        try:
            return self._decided([command])
        except BatchAborted as aborted:
            self._forget()
            error = aborted.error
            if isinstance(error, OperationalError):  # a row that somebody else holds, say
                logger.warning("a command has to wait", reason=type(error.orig).__name__)
                error = TradingPaused(disk_error_of(error))
            command.reply.set_exception(error)
            return Written()

    def _decided(self, commands: Sequence[AnyCommand]) -> Written:
        uow = self._uow
        refused: list[tuple[AnyCommand, Exception]] = []
        with self._database.write(from_reserve=True, is_urgent=True) as session:
            uow.begin(session)
            uow.check_keys([one.key for one in commands if one.key is not None])
            uow.prefetch([one.read for one in commands if one.read is not None])
            for command in commands:
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
        crash_point("after_commit")
        written = self._written()
        for command, error in refused:
            command.reply.set_exception(error)
        return written

    def _send(self, requests: Sequence[VenueRequest]) -> list[ExecutionReport]:
        reports: list[ExecutionReport] = []
        for request in requests:
            order = self._uow.order(request.order_id)
            if order is not None:
                crash_point("before_send")
                self._uow.demand_lease()
                began_s = monotonic()
                reports += self._venues.paper.send(request, order)
                self.requests, self.venue_s = self.requests + 1, monotonic() - began_s
                crash_point("after_send")
        return reports

    def _written(self) -> Written:
        """Publish what was committed, and hand requests to the lanes."""
        written = self._uow.committed()
        self._publish(written)
        self._venues.dispatch(written.outside)
        return written
