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
from tradertape_server.features.execution.orders.replies import store_reply
from tradertape_server.features.execution.state.command import MORE_TO_SEND
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.execution.store import mapping, repository
from tradertape_server.features.execution.store.models import OutboxRow
from tradertape_server.features.execution.venues.paper import PAPER, PaperVenue
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.logging import get_logger

logger = get_logger(__name__)
Settle = Callable[[UnitOfWork, Any], Any]


@dataclass(frozen=True, slots=True)
class Found:
    """What a stop left behind: requests whose answer is missing, commands without an answer."""

    requests: tuple[VenueRequest, ...]
    answers: tuple[Settle, ...]


def recover(database: Database, uow: UnitOfWork, venue: PaperVenue, triggers: Triggers) -> Found:
    """Make memory what the database says, and return what is to be finished."""
    uow.forget()
    with database.write(from_reserve=True) as session:
        uow.begin(session)
        venue.restore(repository.orders(session, open_only=True, venue=PAPER))
        triggers.load(repository.gtts(session, active_only=True))
        left = repository.outbox(session)
        repository.lease(session, uow.owner)
        requests = tuple(mapping.request_of(row) for row in left)
        for row in left:
            _doubt(uow, venue, row)
        unanswered = repository.unanswered(session)
        answers = tuple(partial(_answer, row.run_id, row.key) for row in unanswered)
        uow.flush()
    uow.committed()
    if requests:
        logger.warning("finishing what a stop interrupted", requests=len(requests))
    return Found(_still_unknown(requests, venue), answers)


def _doubt(uow: UnitOfWork, venue: PaperVenue, row: OutboxRow) -> None:
    """Say in the timeline that the answer was lost."""
    order = uow.order(row.order_id)
    if row.action != "submit" or order is None or venue.holds(row.order_id):
        return
    message = "the server stopped before the venue's answer was stored"
    uow.record(Decision(events=engine.in_doubt(order, message, uow.now)))


def _still_unknown(requests: Sequence[VenueRequest], venue: PaperVenue) -> tuple[VenueRequest, ...]:
    return tuple(
        request
        for request in requests
        if not (isinstance(request, Submit) and venue.holds(request.order_id))
    )


def _answer(run_id: str, key: str, uow: UnitOfWork, _carry: Any) -> Any:
    row = uow.intent(run_id, key)
    if row is None:
        return None
    return MORE_TO_SEND if unwinding.advance(uow, row) else store_reply(uow, row)
