"""The second transaction of a batch: what venues reported, and the replies that follow from it.

Everything is recorded together, in one transaction. Where that fails, each order, event and command
is recorded in a transaction of its own, and the one that fails alone is put aside.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from time import monotonic
from typing import Any

from tradertape_core.execution.decision import VenueRequest
from tradertape_core.execution.resting_orders import Changes
from tradertape_core.kernel.errors import InvariantBroken
from tradertape_core.orders.order import Order
from tradertape_core.orders.reports import ExecutionReport
from tradertape_server.features.execution.loop.quarantine import Quarantine
from tradertape_server.features.execution.loop.venue_events import take_in
from tradertape_server.features.execution.orders import unwinding
from tradertape_server.features.execution.state.command import Command, NotSettled, Subject
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork, Written
from tradertape_server.features.execution.store import paper_states, repository
from tradertape_server.features.execution.store.mapping import request_key
from tradertape_server.features.execution.venues.gateway import (
    Answered,
    BookRead,
    GttAnswered,
    GttsRead,
    Outcome,
    VenueEvent,
)
from tradertape_server.features.execution.venues.venues import Venues
from tradertape_server.platform.crash_points import crash_point
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.database.outage import is_outage
from tradertape_server.platform.logging import get_logger
from tradertape_server.platform.processes.trader_election import Superseded

AnyCommand = Command[Any]
UNRECORDED = "the venue's answer could not be recorded"

logger = get_logger(__name__)


def is_of_one(error: Exception) -> bool:
    """Whether an error is that of one part of a batch, so that the others can be done."""
    return not isinstance(error, Superseded) and not is_outage(error)


@dataclass(slots=True)
class Round:
    """What one transaction records: events of venues outside, reports of the paper market, and
    requests that it answers now. sent: the reports of those that were sent already."""

    events: Sequence[VenueEvent] = ()
    reports: Sequence[ExecutionReport] = ()
    requests: Sequence[VenueRequest] = ()
    sent: dict[int, Sequence[ExecutionReport]] = field(
        default_factory=dict[int, Sequence[ExecutionReport]]
    )


@dataclass(slots=True)
class Settling:
    """Commands that wait for their replies, with those found so far by their places in `tried`.

    overdue: those whose callers have waited long enough; late: what they are told.
    """

    tried: Sequence[AnyCommand] = ()
    overdue: Sequence[AnyCommand] = ()
    results: dict[int, Any] = field(default_factory=dict[int, Any])
    late: list[tuple[AnyCommand, Any]] = field(default_factory=list[tuple[AnyCommand, Any]])


class Recording:
    """Used by the trader's thread alone. publish: called with what is on disk, and returns the
    requests that are answered within the batch; forget: drops what was staged."""

    def __init__(
        self,
        database: Database,
        uow: UnitOfWork,
        venues: Venues,
        quarantine: Quarantine,
        written: Callable[[], Written],
        forget: Callable[[], None],
    ) -> None:
        self._database = database
        self._uow = uow
        self._venues = venues
        self._quarantine = quarantine
        self._written = written
        self._forget = forget
        self._again = set[str]()  # orders that were put aside and are asked for in this round
        self._written_states: list[Changes] = []  # not committed yet
        self.requests = self.reports = 0
        self.venue_s = 0.0

    def record(self, wanted: Round, settling: Settling) -> Sequence[VenueRequest]:
        """Record a round and settle what it settles; returns the requests that follow from it."""
        before, late = dict(settling.results), list(settling.late)
        try:
            self._together(wanted, settling)
        except Exception as error:
            if not is_of_one(error):
                raise
            self._forget()
            self._written_states.clear()
            settling.results, settling.late = before, late
            logger.warning("a batch failed: its parts are recorded one by one", exc_info=error)
            following = self._one_by_one(wanted, settling)
        else:
            crash_point("after_record")
            following = self._committed().requests
            for event in wanted.events:
                self._venues.lanes.recorded(event)
        finally:
            self._again.clear()
        self.reports += len(wanted.reports) + sum(map(len, wanted.sent.values()))
        return following

    # --- together -----------------------------------------------------------------------------

    def _together(self, wanted: Round, settling: Settling) -> None:
        with self._database.write(from_reserve=True, is_urgent=True) as session:
            self._uow.begin(session)
            for event in wanted.events:
                take_in(self._uow, event)
            sent = chain.from_iterable(
                self._send(wanted, one) for one in range(len(wanted.requests))
            )
            self._apply([*wanted.reports, *sent], wanted.requests)
            if not self._uow.has_requests:
                self._settle(settling)
            self._keep_states()
            crash_point("before_record")
            self._uow.flush()

    def _keep_states(self, only: Collection[str] | None = None) -> None:
        """Store what decides the fills of resting orders. only: of these alone."""
        changes = self._venues.book.orders.changes(only)
        paper_states.write(self._uow.connection, changes, self._account_of)
        self._written_states.append(changes)

    def _account_of(self, order_id: str) -> int:
        order = self._uow.order(order_id)
        if order is None:
            raise InvariantBroken(f"the market holds {order_id}, which nobody placed")
        return int(order.account)

    def _committed(self) -> Written:
        """What was recorded is on disk: publish it."""
        for changes in self._written_states:
            self._venues.book.orders.stored(changes)
        self._written_states.clear()
        return self._written()

    def _send(self, wanted: Round, number: int) -> Sequence[ExecutionReport]:
        """Tell the paper market a request, once."""
        if number not in wanted.sent:
            request = wanted.requests[number]
            order = self._uow.order(request.order_id)
            if order is None:
                return ()
            crash_point("before_send")
            self._uow.demand_lease()
            began_s = monotonic()
            again = self._take_again(order)
            wanted.sent[number] = (*again, *self._venues.paper.send(request, order))
            self.requests, self.venue_s = self.requests + 1, monotonic() - began_s
            crash_point("after_send")
        return wanted.sent[number]

    def _take_again(self, order: Order) -> Sequence[ExecutionReport]:
        """Have the paper market hold an order again that was put aside: it is asked for now."""
        if not self._quarantine.has("order", order.order_id):
            return ()
        self._quarantine.release("order", order.order_id)
        self._again.add(order.order_id)
        state = paper_states.order(self._uow.session, order.order_id)
        return self._venues.paper.take_again(order, state)

    def _apply(self, reports: Sequence[ExecutionReport], requests: Sequence[VenueRequest]) -> None:
        for report in reports:
            self._uow.apply(report)
        self._uow.answered(request_key(one) for one in requests)
        if self._again:  # what was asked for when it was put aside is answered too
            again = self._again & {one.order_id for one in reports}
            self._uow.answered((order_id, "submit", 0) for order_id in again)
        for run_id, key in self._uow.take_broken_baskets():
            row = self._uow.intent(run_id, key)
            if row is not None:
                unwinding.advance(self._uow, row)

    def _settle(self, settling: Settling) -> None:
        """Ask the commands that have no reply yet for theirs."""
        for number, command in enumerate(settling.tried):
            if number not in settling.results:
                result = command.settle(self._uow)
                if not isinstance(result, NotSettled):
                    settling.results[number] = result
        settling.late = [
            (one, one.overdue(self._uow)) for one in settling.overdue if not one.is_answered
        ]

    # --- one by one ---------------------------------------------------------------------------

    def _one_by_one(self, wanted: Round, settling: Settling) -> Sequence[VenueRequest]:
        following: list[VenueRequest] = []
        for event in wanted.events:
            following += self._event(event)
        reports = list(wanted.reports)
        asked: list[VenueRequest] = []
        for number, request in enumerate(wanted.requests):
            is_sent = self._alone(
                Subject("order", request.order_id), partial(self._send, wanted, number)
            )
            if is_sent is not None:
                asked.append(request)
                reports += wanted.sent.get(number, ())
        for order_id in dict.fromkeys(one.order_id for one in (*reports, *asked)):
            of_order = (
                [one for one in reports if one.order_id == order_id],
                [one for one in asked if one.order_id == order_id],
            )
            done = self._alone(
                Subject("order", order_id), partial(self._apply_alone, order_id, *of_order)
            )
            following += done or ()
        self._alone(Subject("event", "states of resting orders"), self._keep_states)
        if not following:
            following += self._settle_each(settling)
        return following

    def _apply_alone(
        self, order_id: str, reports: Sequence[ExecutionReport], requests: Sequence[VenueRequest]
    ) -> None:
        self._apply(reports, requests)
        self._keep_states({order_id})

    def _event(self, event: VenueEvent) -> Sequence[VenueRequest]:
        subject = Subject(
            "event", f"{type(event).__name__} of account {event.account_id}", event.account_id
        )
        done = self._alone(subject, partial(take_in, self._uow, event))
        if done is not None:
            self._venues.lanes.recorded(event)
            return done
        unknown = None
        if isinstance(event, Answered):  # what became of its request is in the order book
            unknown = replace(event, outcome=Outcome.UNKNOWN, report=None, reason=UNRECORDED)
        elif isinstance(event, GttAnswered):  # and in the list of triggers
            unknown = replace(event, outcome=Outcome.UNKNOWN, reason=UNRECORDED)
        if unknown is not None:
            done = self._alone(subject, partial(take_in, self._uow, unknown))
        if not isinstance(event, BookRead | GttsRead):
            self._venues.lanes.read_books([event.account_id])
        return done or ()

    def _settle_each(self, settling: Settling) -> Sequence[VenueRequest]:
        following: list[VenueRequest] = []
        for number, command in enumerate(settling.tried):
            if number in settling.results or command.is_answered:
                continue
            found: list[Any] = []
            done = self._alone(
                command.subject,
                lambda one=command, found=found: found.append(one.settle(self._uow)),
                command,
            )
            if done is None:
                settling.results[number] = None
            elif not isinstance(found[0], NotSettled):
                settling.results[number] = found[0]
            following += done or ()
        for command in settling.overdue:
            if not command.is_answered:
                self._alone(
                    command.subject,
                    lambda one=command: settling.late.append((one, one.overdue(self._uow))),
                    command,
                )
        return following

    def _alone(
        self, subject: Subject, work: Callable[[], object], command: AnyCommand | None = None
    ) -> Sequence[VenueRequest] | None:
        """Do one part in a transaction of its own; None where that failed too: it is put aside.

        command: whose caller is told.
        """
        try:
            with self._database.write(from_reserve=True, is_urgent=True) as session:
                self._uow.begin(session)
                work()
                self._uow.flush()
        except Exception as error:
            if not is_of_one(error):
                raise
            self._forget()
            self._written_states.clear()
            if subject.kind == "order":
                subject = self._put_aside(subject)
            self._quarantine.put(subject, error)
            if command is not None and not command.is_answered:
                command.reply.set_exception(error)
            return None
        return self._committed().requests

    def _put_aside(self, order: Subject) -> Subject:
        """Take an order from the paper market, which would report the same again; whose it is."""
        self._venues.book.drop(order.name)
        with self._database.read() as session:
            owner = repository.owner_of_order(session, order.name)
        return order if owner is None else replace(order, account_id=owner[0], run_id=owner[1])
