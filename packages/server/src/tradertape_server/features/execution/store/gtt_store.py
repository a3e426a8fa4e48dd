"""SQL of triggers that rest at brokers: ours, and those of other terminals."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.orm import Session

from tradertape_core.orders.broker_gtts import VenueGtt
from tradertape_core.orders.codec import from_document, to_document
from tradertape_core.orders.gtt import OPEN, Gtt, GttStatus
from tradertape_core.orders.order import Order
from tradertape_server.features.execution.store import mapping
from tradertape_server.features.execution.store.models import (
    AGENT,
    BROKER,
    ExternalGttRow,
    GttRow,
    TradingAccount,
)
from tradertape_server.platform.logging import get_logger

_MOST_NAMES = 400  # in one query

logger = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ExternalGtt:
    """A trigger of another terminal. first_seen_at: when the broker's list first had it."""

    entry: VenueGtt
    first_seen_at: datetime
    seen_at: datetime


def at_brokers(session: Session, since: datetime) -> list[Gtt]:
    """Triggers that rest at brokers, agents' too: open ones, and those ended after `since`."""
    of_brokers = select(TradingAccount.id).where(TradingAccount.kind.in_((BROKER, AGENT)))
    query = select(GttRow).where(
        GttRow.account_id.in_(of_brokers),
        or_(GttRow.status.in_(OPEN), GttRow.updated_at > since),
    )
    return _read(session.scalars(query.order_by(GttRow.id)))


def by_venue_ids(session: Session, account_id: int, ids: Collection[str]) -> dict[str, Gtt]:
    """Our triggers of an account by the broker's ids, ended ones too."""
    names, found = sorted(ids), dict[str, Gtt]()
    for place in range(0, len(names), _MOST_NAMES):
        part = names[place : place + _MOST_NAMES]
        query = select(GttRow).where(
            and_(GttRow.account_id == account_id, GttRow.venue_trigger_id.in_(part))
        )
        for one in _read(session.scalars(query)):
            if one.at_broker is not None and one.at_broker.trigger_id is not None:
                found[one.at_broker.trigger_id] = one
    return found


def that_placed(session: Session, order: Order) -> Gtt | None:
    """The trigger that placed an order of ours; None where none did."""
    query = select(GttRow).where(
        GttRow.account_id == int(order.account),
        GttRow.instrument == order.request.instrument,
        GttRow.status == GttStatus.TRIGGERED.value,
    )
    found = _read(session.scalars(query.order_by(GttRow.id.desc())))
    return next(
        (one for one in found if order.order_id in {each.order_id for each in one.results}), None
    )


def find(session: Session, trigger_id: int) -> Gtt | None:
    """One trigger, as it is stored."""
    row = session.get(GttRow, trigger_id, populate_existing=True)
    return None if row is None else mapping.gtt_of(row)


def external(session: Session, account_id: int) -> dict[str, ExternalGtt]:
    """The triggers of other terminals by the broker's ids."""
    query = select(ExternalGttRow).where(ExternalGttRow.account_id == account_id)
    return {row.venue_trigger_id: _external_of(row) for row in session.scalars(query)}


def external_of_user(session: Session, user_id: int) -> list[tuple[ExternalGtt, str]]:
    """A person's triggers of other terminals with the scopes of their accounts, newest first."""
    query = (
        select(ExternalGttRow, TradingAccount.scope)
        .join(TradingAccount, TradingAccount.id == ExternalGttRow.account_id)
        .where(TradingAccount.user_id == user_id)
    )
    found = [(_external_of(row), scope) for row, scope in session.execute(query)]
    return sorted(found, key=lambda one: one[0].entry.created_at, reverse=True)


def put_external(session: Session, account_id: int, found: ExternalGtt) -> None:
    """Store a trigger of another terminal, or what changed in it."""
    session.merge(
        ExternalGttRow(
            account_id=account_id,
            venue_trigger_id=found.entry.trigger_id,
            status=str(found.entry.status),
            document=to_document(found.entry),
            first_seen_at=found.first_seen_at,
            seen_at=found.seen_at,
        )
    )


def drop_external(session: Session, account_id: int, ids: Collection[str]) -> None:
    """Delete triggers of other terminals that there are no longer, or that are ours."""
    if ids:
        session.execute(
            delete(ExternalGttRow).where(
                ExternalGttRow.account_id == account_id,
                ExternalGttRow.venue_trigger_id.in_(list(ids)[:_MOST_NAMES]),
            )
        )


def _external_of(row: ExternalGttRow) -> ExternalGtt:
    return ExternalGtt(from_document(VenueGtt, row.document), row.first_seen_at, row.seen_at)


def _read(rows: Iterable[GttRow]) -> list[Gtt]:
    found: list[Gtt] = []
    for row in rows:
        try:
            found.append(mapping.gtt_of(row))
        except Exception:  # the other triggers are read
            logger.exception("a trigger at a broker cannot be read", trigger=row.id)
    return found
