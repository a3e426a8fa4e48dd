"""What every start does: read what was on its way, and finish it, venue by venue.

The paper venue's book lives in this process and ends with it, so the database is its truth: orders
it acknowledged are put back with the state they had in the book, and an order in the outbox that it
never acknowledged is submitted again, since nothing outside has seen it. A request to a venue
outside may have been sent: its order is in doubt, and is looked for in the venue's order book. It
is never sent again. A cancellation is: once the book shows that its order is still open.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from tradertape_core.execution import engine
from tradertape_core.execution.decision import Decision, Submit, VenueRequest, Withdraw
from tradertape_core.orders.gtt import Gtt
from tradertape_core.orders.order import Order
from tradertape_server.features.execution.gtt import at_broker
from tradertape_server.features.execution.gtt.active_triggers import Triggers
from tradertape_server.features.execution.loop.quarantine import Quarantine
from tradertape_server.features.execution.loop.venue_events import lost_answers, take_in
from tradertape_server.features.execution.orders.intent_settlement import SettleIntent
from tradertape_server.features.execution.state.command import Subject
from tradertape_server.features.execution.state.unit_of_work import RequestKey, UnitOfWork
from tradertape_server.features.execution.store import mapping, paper_states, repository
from tradertape_server.features.execution.store.models import PAPER, SENDING, OutboxRow
from tradertape_server.features.execution.venues.paper import PaperBook
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.logging import get_logger

_ORDER = "order"
LOST = "the server stopped before the venue's answer was stored"

logger = get_logger(__name__)
# Whether a lane still has a request of an account, or the trader what came of it.
IsOnItsWay = Callable[[int, RequestKey], bool]


@dataclass(frozen=True, slots=True)
class Found:
    """What a stop left behind: requests to finish within the batch, intents without a reply, and
    the accounts whose order books are to be read."""

    requests: tuple[VenueRequest, ...]
    intents: tuple[SettleIntent, ...]
    accounts: tuple[int, ...]


def recover(
    database: Database,
    uow: UnitOfWork,
    book: PaperBook,
    triggers: Triggers,
    quarantine: Quarantine,
    is_on_its_way: IsOnItsWay,
) -> Found:
    """Make memory what the database says, and return what is to be finished.

    A row that cannot be read is put aside, and so is what was put aside before.
    """
    uow.forget()
    with database.write(from_reserve=True, is_urgent=True) as session:
        uow.begin(session)
        uow.ids.start_above(repository.highest_order_id(session))
        paper_states.drop_closed(session)
        book.restore(
            _resting(session, uow, quarantine),
            paper_states.orders(session),
            paper_states.books(session),
        )
        active = _active(session, quarantine)
        triggers.load(
            gtt for gtt in active if gtt.at_broker is None and uow.is_traded(int(gtt.account))
        )
        outbox = [row for row in repository.outbox(session) if uow.is_traded(row.account_id)]
        rows = [row for row in outbox if _is_readable(row, quarantine)]
        paper = [row for row in rows if row.venue == PAPER]
        repository.lease(session, uow.owner, PAPER)
        requests = tuple(mapping.request_of(row) for row in paper)
        for row in paper:
            _doubt(uow, book, row)
        _doubt_outside(uow, rows, is_on_its_way)
        at_broker.doubt_lost(uow, is_on_its_way, LOST)
        intents = tuple(
            SettleIntent(row.run_id, row.key)
            for row in repository.without_answer(session)
            if uow.is_traded(row.account_id)
        )
        accounts = repository.accounts_outside(session)
        uow.flush()
    uow.committed()
    if requests:
        logger.warning("finishing what a stop interrupted", requests=len(requests))
    return Found(_still_unknown(requests, book), intents, accounts)


def _resting(session: Session, uow: UnitOfWork, quarantine: Quarantine) -> list[Order]:
    """The open orders of the paper market; of an account that cannot be read, none."""
    found: list[Order] = []
    for row in repository.open_order_rows(session, PAPER):
        if not uow.is_traded(row.account_id) or row.account_id in uow.unreadable:
            continue
        if quarantine.has(_ORDER, row.order_id):
            continue
        try:
            order = mapping.order_of(row)
            uow.known(order.request.instrument)
        except Exception as error:  # noqa: BLE001 - the other orders are restored
            quarantine.put(Subject(_ORDER, row.order_id, row.account_id, row.run_id), error)
        else:
            found.append(order)
    return found


def _active(session: Session, quarantine: Quarantine) -> list[Gtt]:
    found: list[Gtt] = []
    for row in repository.active_gtt_rows(session):
        try:
            found.append(mapping.gtt_of(row))
        except Exception as error:  # noqa: BLE001 - the other triggers are loaded
            quarantine.put(Subject("trigger", str(row.id), row.account_id), error)
    return found


def _is_readable(row: OutboxRow, quarantine: Quarantine) -> bool:
    """Whether a request can be finished: it makes sense, and its order was not put aside."""
    if quarantine.has(_ORDER, row.order_id):
        return False
    try:
        mapping.request_of(row)
    except Exception as error:  # noqa: BLE001 - the other requests are finished
        quarantine.put(Subject(_ORDER, row.order_id, row.account_id), error)
        return False
    return True


def _doubt(uow: UnitOfWork, book: PaperBook, row: OutboxRow) -> None:
    """Write into the timeline that the answer was lost."""
    order = uow.order(row.order_id)
    if row.action != "submit" or order is None or book.holds(row.order_id):
        return
    uow.record(Decision(events=engine.in_doubt(order, LOST, uow.now)))


def _doubt_outside(uow: UnitOfWork, rows: Sequence[OutboxRow], is_on_its_way: IsOnItsWay) -> None:
    found = [
        (request, row.account_id)
        for row in rows
        if row.venue != PAPER and row.status == SENDING
        for request in (mapping.request_of(row),)
        if not is_on_its_way(row.account_id, mapping.request_key(request))
    ]
    uow.interrupted.clear()
    for request, account_id in found:
        if isinstance(request, Withdraw):
            _keep_cancel(uow, request, account_id)
    lost = [(request, of) for request, of in found if not isinstance(request, Withdraw)]
    for event in lost_answers(lost, LOST):
        take_in(uow, event)
    if lost:
        logger.warning("answers of a venue were lost: its order book is read", requests=len(lost))


def _keep_cancel(uow: UnitOfWork, request: Withdraw, account_id: int) -> None:
    """A cancellation may be sent twice, and must not be lost: it waits for the order book."""
    order, key = uow.order(request.order_id), mapping.request_key(request)
    if order is None or not order.is_open or order.cancel_ask != request.ask:
        uow.answered([key])
    else:
        uow.interrupted.setdefault(account_id, set()).add(key)


def _still_unknown(requests: Sequence[VenueRequest], book: PaperBook) -> tuple[VenueRequest, ...]:
    return tuple(
        request
        for request in requests
        if not (isinstance(request, Submit) and book.holds(request.order_id))
    )
