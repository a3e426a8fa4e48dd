"""All SQL of uploads."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from tradertape_server.features.uploads.models import (
    ImportedFundTransaction,
    ImportedLedgerLine,
    ImportedTrade,
    Upload,
    UploadMapping,
    UploadVersion,
)
from tradertape_server.platform.database.engine import take_advisory_lock

Imported = type[ImportedTrade] | type[ImportedLedgerLine] | type[ImportedFundTransaction]
TABLES: Mapping[str, Imported] = {
    "tradebook": ImportedTrade,
    "realised_pnl": ImportedTrade,
    "ledger": ImportedLedgerLine,
    "cas": ImportedFundTransaction,
}
_MANY = 400  # values of one IN list
MOST_OF_SYMBOL = 2000


def page(session: Session, user_id: int, limit: int, offset: int) -> tuple[int, Sequence[Upload]]:
    """How many uploads a person has, and a page of them, newest first."""
    mine = Upload.user_id == user_id
    total = session.scalar(select(func.count()).select_from(Upload).where(mine)) or 0
    query = select(Upload).where(mine).order_by(Upload.id.desc()).limit(limit).offset(offset)
    return total, session.scalars(query).all()


def owned(
    session: Session, user_id: int, upload_id: int, *, locks: bool = False
) -> Upload | None:  # fmt: skip
    """One upload of a person. locks: its state remains as read until the transaction ends."""
    query = select(Upload).where(Upload.user_id == user_id, Upload.id == upload_id)
    if locks:
        query = query.with_for_update()
    return session.scalars(query).one_or_none()


def count(session: Session, user_id: int) -> int:
    """How many uploads a person has."""
    query = select(func.count()).select_from(Upload).where(Upload.user_id == user_id)
    return session.scalar(query) or 0


def last_change(session: Session, user_id: int) -> datetime | None:
    """When the latest of a person's completed uploads was stored."""
    query = select(func.max(Upload.updated_at)).where(
        Upload.user_id == user_id, Upload.state == "done"
    )
    return session.scalar(query)


def count_rows(session: Session, user_id: int) -> int:
    """How many rows a person's uploads have stored."""
    query = select(func.sum(Upload.to_store)).where(Upload.user_id == user_id)
    return session.scalar(query) or 0


def count_imported(session: Session, user_id: int) -> int:
    """How many rows a person's completed uploads have."""
    query = select(func.sum(Upload.to_store)).where(
        Upload.user_id == user_id, Upload.state == "done"
    )
    return session.scalar(query) or 0


def done(session: Session, user_id: int) -> Sequence[Upload]:
    """A person's completed uploads, oldest first."""
    query = select(Upload).where(Upload.user_id == user_id, Upload.state == "done")
    return session.scalars(query.order_by(Upload.id)).all()


def overlapping(
    session: Session, user_id: int, broker: str, kind: str, first: date, last: date
) -> Upload | None:
    """An upload of a kind that has days of a period."""
    query = select(Upload).where(
        Upload.user_id == user_id, Upload.broker == broker, Upload.kind == kind,
        Upload.state.in_(("done", "importing")), Upload.first_on <= last, Upload.last_on >= first,
    )  # fmt: skip
    return session.scalars(query.order_by(Upload.id).limit(1)).first()


def known_rows(
    session: Session, user_id: int, kind: str, keys: Sequence[str]
) -> Iterator[tuple[str, str, str, str]]:
    """Of a person's completed uploads: (key, account, content, upload's name) by these keys."""
    table: Any = TABLES[kind]
    account = getattr(table, "account", None)
    content = getattr(table, "content", None)
    for place in range(0, len(keys), _MANY):
        query = (
            select(table.key, *(column for column in (account, content) if column is not None))
            .add_columns(Upload.name)
            .join(Upload, Upload.id == table.upload_id)
            .where(
                table.user_id == user_id, table.key.in_(keys[place : place + _MANY]),
                Upload.state == "done",
            )
        )  # fmt: skip
        for row in session.execute(query):
            yield (
                row.key, getattr(row, "account", ""), getattr(row, "content", ""), row.name
            )  # fmt: skip


def insert_rows(session: Session, kind: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store rows of an upload."""
    if rows:
        session.execute(insert(TABLES[kind]), list(rows))


def set_progress(session: Session, upload_id: int, stored: int, now: datetime) -> bool:
    """Record how many rows are stored; False if the import was ended meanwhile."""
    changed = session.execute(
        update(Upload)
        .where(Upload.id == upload_id, Upload.state == "importing")
        .values(stored=stored, updated_at=now)
    )
    return changed.rowcount == 1  # type: ignore[attr-defined]


def remove_some(session: Session, kind: str, upload_id: int, most: int) -> int:
    """Remove up to so many rows of an upload; how many there were."""
    table: Any = TABLES[kind]
    some = select(table.id).where(table.upload_id == upload_id).limit(most)
    ids = session.scalars(some).all()
    for place in range(0, len(ids), _MANY):
        session.execute(delete(table).where(table.id.in_(ids[place : place + _MANY])))
    return len(ids)


def in_state(session: Session, state: str, *, before: datetime | None) -> Sequence[Upload]:
    """Uploads of everybody in a state; before: without a change since."""
    query = select(Upload).where(Upload.state == state)
    if before is not None:
        query = query.where(Upload.updated_at < before)
    return session.scalars(query.order_by(Upload.id)).all()


def fail(session: Session, upload_id: int, detail: str, now: datetime) -> None:
    """Record an import as failed, unless it has ended meanwhile."""
    session.execute(
        update(Upload)
        .where(Upload.id == upload_id, Upload.state == "importing")
        .values(state="failed", detail=detail, to_store=0, imported=0, duplicates=0, updated_at=now)
    )


def uncleared(session: Session) -> Sequence[Upload]:
    """Failed uploads of which rows remain."""
    query = select(Upload).where(Upload.state == "failed", Upload.stored > 0)
    return session.scalars(query.order_by(Upload.id)).all()


def set_cleared(session: Session, upload_id: int) -> None:
    """Record that no row of a failed upload remains."""
    session.execute(
        update(Upload).where(Upload.id == upload_id, Upload.state == "failed").values(stored=0)
    )


def touch(session: Session, upload_ids: Collection[int], now: datetime) -> None:
    """Record that these imports are not lost."""
    session.execute(
        update(Upload)
        .where(Upload.id.in_(tuple(upload_ids)), Upload.state == "importing")
        .values(updated_at=now)
    )


def raise_version(session: Session, user_id: int) -> None:
    """Note that what a person's uploads state has changed."""
    take_advisory_lock(session.connection(), f"upload-version-{user_id}")
    found = session.get(UploadVersion, user_id, populate_existing=True)
    if found is None:
        session.add(UploadVersion(user_id=user_id, version=1))
    else:
        found.version += 1
    session.flush()


def version(session: Session, user_id: int) -> int:
    """How often what a person's uploads state has changed."""
    query = select(UploadVersion.version).where(UploadVersion.user_id == user_id)
    return session.scalar(query) or 0


def completed(session: Session, user_id: int, table: Imported) -> Iterator[Any]:
    """The rows of a person's completed uploads, those of the earliest upload first."""
    query = (
        select(*table.__table__.columns)
        .join(Upload, Upload.id == table.upload_id)
        .where(table.user_id == user_id, Upload.state == "done")
        .order_by(table.upload_id, table.id)
    )
    yield from session.execute(query.execution_options(yield_per=5000))


def completed_trades(
    session: Session, user_id: int, symbols: Collection[str], isins: Collection[str]
) -> Iterator[Any]:
    """Trades of a person's completed uploads in some symbols or ISINs, as `completed` has them:
    the latest of each symbol. None of scaled ones, whose quantities are not the real ones."""
    table = ImportedTrade.__table__
    newest = (table.c.traded_on.desc(), table.c.at.desc(), table.c.id.desc())
    place = func.row_number().over(partition_by=table.c.symbol, order_by=newest).label("place")
    found = (
        select(*table.columns, place)
        .join(Upload, Upload.id == ImportedTrade.upload_id)
        .where(
            ImportedTrade.user_id == user_id, Upload.state == "done", Upload.is_scaled.is_(False),
            or_(ImportedTrade.symbol.in_(symbols), ImportedTrade.isin.in_(isins)),
        )
        .subquery()
    )  # fmt: skip
    query = select(found).where(found.c.place <= MOST_OF_SYMBOL)
    yield from session.execute(query.order_by(found.c.upload_id, found.c.id))


def mappings(session: Session, user_id: int) -> Sequence[UploadMapping]:
    """A person's saved mappings, by name."""
    query = select(UploadMapping).where(UploadMapping.user_id == user_id)
    return session.scalars(query.order_by(UploadMapping.name)).all()
