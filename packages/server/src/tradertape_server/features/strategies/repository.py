"""All SQL of strategies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from tradertape_server.features.strategies.models import StrategyRow, StrategyVersion

Scope = Literal["mine", "templates", "public", "all"]
Sort = Literal["updated", "name", "created"]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which strategies a list shows; None switches a condition off."""

    scope: Scope = "mine"
    is_active: bool | None = None
    is_template: bool | None = None
    is_public: bool | None = None
    base_model: str | None = None
    tag: str | None = None
    text: str | None = None
    sort: Sort = "updated"


_ORDER = {
    "updated": (StrategyRow.updated_at.desc(), StrategyRow.id.desc()),
    "created": (StrategyRow.created_at.desc(), StrategyRow.id.desc()),
    "name": (func.lower(StrategyRow.name), StrategyRow.id),
}


def _in_scope(scope: Scope, user_id: int) -> ColumnElement[bool]:
    mine = StrategyRow.user_id == user_id
    template = StrategyRow.template_key.is_not(None)
    public = StrategyRow.is_public & StrategyRow.template_key.is_(None)
    return {"mine": mine, "templates": template, "public": public}.get(
        scope, or_(mine, template, public)
    )


def _conditions(user_id: int, wanted: Filter) -> list[ColumnElement[bool]]:
    found = [StrategyRow.deleted_at.is_(None), _in_scope(wanted.scope, user_id)]
    if wanted.is_active is not None:
        found.append(StrategyRow.is_active == wanted.is_active)
    if wanted.is_public is not None:
        found.append(StrategyRow.is_public == wanted.is_public)
    if wanted.is_template is not None:
        key = StrategyRow.template_key
        found.append(key.is_not(None) if wanted.is_template else key.is_(None))
    if wanted.base_model is not None:
        found.append(StrategyRow.base_model == wanted.base_model)
    if wanted.text:
        like = f"%{_escaped(wanted.text)}%"
        found.append(
            or_(
                StrategyRow.name.ilike(like, escape="\\"),
                StrategyRow.description.ilike(like, escape="\\"),
            )
        )
    return found


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def find(
    session: Session, user_id: int, wanted: Filter, *, limit: int, offset: int
) -> tuple[Sequence[StrategyRow], int]:
    """One page of the strategies a user may see, and how many there are in all."""
    query = select(StrategyRow).where(*_conditions(user_id, wanted))
    if wanted.tag is not None:
        # Tags are JSON, which SQLite and PostgreSQL query differently; a person has few strategies.
        rows = [
            row
            for row in session.scalars(query.order_by(*_ORDER[wanted.sort]))
            if wanted.tag in row.tags
        ]
        return rows[offset : offset + limit], len(rows)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    page = query.order_by(*_ORDER[wanted.sort]).limit(limit).offset(offset)
    return session.scalars(page).all(), total


def visible(session: Session, user_id: int, strategy_id: int) -> StrategyRow | None:
    """A strategy the user may read: their own, a public one, or a template."""
    row = session.get(StrategyRow, strategy_id)
    if row is None or row.deleted_at is not None:
        return None
    return row if row.user_id == user_id or row.is_public or row.is_template else None


def locked(session: Session, strategy_id: int) -> StrategyRow:
    """The row, locked against other writers until the transaction ends."""
    return session.scalars(
        select(StrategyRow)
        .where(StrategyRow.id == strategy_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def template(session: Session, key: str) -> StrategyRow | None:
    return session.scalars(select(StrategyRow).where(StrategyRow.template_key == key)).one_or_none()


def versions(session: Session, strategy_id: int) -> Sequence[StrategyVersion]:
    """Every saved version, newest first."""
    return session.scalars(
        select(StrategyVersion)
        .where(StrategyVersion.strategy_id == strategy_id)
        .order_by(StrategyVersion.version.desc())
    ).all()


def version(session: Session, strategy_id: int, number: int) -> StrategyVersion | None:
    return session.scalars(
        select(StrategyVersion).where(
            StrategyVersion.strategy_id == strategy_id, StrategyVersion.version == number
        )
    ).one_or_none()


def add_version(session: Session, row: StrategyRow, note: str) -> None:
    """Store the row's present state under its version number."""
    session.flush()
    session.add(
        StrategyVersion(
            strategy_id=row.id,
            version=row.version,
            name=row.name,
            description=row.description,
            document=row.document,
            tags=row.tags,
            note=note,
            created_at=row.updated_at,
        )
    )
