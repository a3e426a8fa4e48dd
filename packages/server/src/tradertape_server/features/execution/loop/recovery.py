"""What every start does: read what was on its way, and finish it.

The paper venue's book lives in this process and ends with it, so the database is its truth: orders
it acknowledged are put back, and an order in the outbox that it never acknowledged cannot rest
anywhere else. It is marked as in doubt, looked for by its tag, and submitted again: nothing outside
has seen it. A broker's adapter must stop after the look.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from tradertape_core.execution import engine
from tradertape_core.execution.decision import Decision, Submit, VenueRequest
from tradertape_server.features.execution.gtt.active_triggers import Triggers
from tradertape_server.features.execution.orders import unwinding
from tradertape_server.features.execution.orders.replies import keep_answer
from tradertape_server.features.execution.state.command import GO_ON
from tradertape_server.features.execution.state.unit_of_work import Desk
from tradertape_server.features.execution.store import mapping, repository
from tradertape_server.features.execution.store.models import OutboxRow
from tradertape_server.features.execution.venues.paper import PAPER, PaperVenue
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.logging import get_logger

logger = get_logger(__name__)
Settle = Callable[[Desk, Any], Any]


@dataclass(frozen=True, slots=True)
class Found:
    """What a stop left behind: requests whose answer is missing, wishes without an answer."""

    requests: tuple[VenueRequest, ...]
    answers: tuple[Settle, ...]


def recover(database: Database, desk: Desk, venue: PaperVenue, triggers: Triggers) -> Found:
    """Make memory what the database says, and return what is to be finished."""
    desk.forget()
    with database.write(from_reserve=True) as session:
        desk.begin(session)
        venue.restore(repository.orders(session, open_only=True, venue=PAPER))
        triggers.load(repository.gtts(session, active_only=True))
        left = repository.outbox(session)
        repository.lease(session, desk.owner)
        requests = tuple(mapping.request_of(row) for row in left)
        for row in left:
            _doubt(desk, venue, row)
        unanswered = repository.unanswered(session)
        answers = tuple(partial(_answer, row.run_id, row.key) for row in unanswered)
        desk.flush()
    desk.committed()
    if requests:
        logger.warning("finishing what a stop interrupted", requests=len(requests))
    return Found(_still_unknown(requests, venue), answers)


def _doubt(desk: Desk, venue: PaperVenue, row: OutboxRow) -> None:
    """Say in the timeline that the answer was lost."""
    order = desk.order(row.order_id)
    if row.action != "submit" or order is None or venue.holds(row.order_id):
        return
    message = "the server stopped before the venue's answer was stored"
    desk.record(Decision(events=engine.in_doubt(order, message, desk.now)))


def _still_unknown(requests: Sequence[VenueRequest], venue: PaperVenue) -> tuple[VenueRequest, ...]:
    return tuple(
        request
        for request in requests
        if not (isinstance(request, Submit) and venue.holds(request.order_id))
    )


def _answer(run_id: str, key: str, desk: Desk, _carry: Any) -> Any:
    row = desk.intent(run_id, key)
    if row is None:
        return None
    return GO_ON if unwinding.go_on(desk, row) else keep_answer(desk, row)
