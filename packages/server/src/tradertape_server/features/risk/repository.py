"""All SQL of risk rules."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from tradertape_core.risk.rulebook.rule import Scope
from tradertape_server.features.risk.models import (
    ClosedTrade,
    RiskDay,
    RiskEvaluation,
    RiskHalt,
    RiskRule,
)

Values = Mapping[str, Any]


def rules(session: Session, user_id: int, *, active_only: bool = True) -> Sequence[RiskRule]:
    """A person's rules, oldest first."""
    query = select(RiskRule).where(RiskRule.user_id == user_id).order_by(RiskRule.id)
    if active_only:
        query = query.where(RiskRule.is_active)
    return session.scalars(query).all()


def rule(session: Session, user_id: int, rule_id: int) -> RiskRule | None:
    """One of a person's rules."""
    query = select(RiskRule).where(RiskRule.user_id == user_id, RiskRule.id == rule_id)
    return session.scalar(query)


def count_rules(session: Session, user_id: int) -> int:
    """How many rules a person has."""
    query = select(func.count()).select_from(RiskRule).where(RiskRule.user_id == user_id)
    return session.scalar(query) or 0


def users_with_rules(session: Session) -> list[int]:
    """People with an active rule, or with a halt to be carried out or ended."""
    ruled = select(RiskRule.user_id).where(RiskRule.is_active)
    halted = select(RiskHalt.user_id).where(RiskHalt.released_at.is_(None))
    return sorted(set(session.scalars(ruled.union(halted))))


def triggered(session: Session, rule_ids: Collection[int], at: datetime) -> None:
    """Count that rules were broken."""
    session.execute(
        update(RiskRule)
        .where(RiskRule.id.in_(rule_ids))
        .values(trigger_count=RiskRule.trigger_count + 1, last_triggered_at=at)
    )


# --- halts ----------------------------------------------------------------------------------------


def active_halts(session: Session, user_id: int) -> Sequence[RiskHalt]:
    """Halts that have not ended, oldest first."""
    query = select(RiskHalt).where(RiskHalt.user_id == user_id, RiskHalt.released_at.is_(None))
    return session.scalars(query.order_by(RiskHalt.id)).all()


def halts(session: Session, user_id: int, limit: int) -> Sequence[RiskHalt]:
    """Halts of a person, newest first."""
    query = select(RiskHalt).where(RiskHalt.user_id == user_id)
    return session.scalars(query.order_by(RiskHalt.id.desc()).limit(limit)).all()


def halt(session: Session, user_id: int, halt_id: int) -> RiskHalt | None:
    """One of a person's halts."""
    query = select(RiskHalt).where(RiskHalt.user_id == user_id, RiskHalt.id == halt_id)
    return session.scalar(query)


def last_halt_since(session: Session, user_id: int, rule_id: int, money: str) -> datetime | None:
    """When a rule last began a halt."""
    query = select(func.max(RiskHalt.since)).where(
        RiskHalt.user_id == user_id, RiskHalt.rule_id == rule_id, RiskHalt.money == money
    )
    return session.scalar(query)


def end_halts(session: Session, halt_ids: Collection[int], *, at: datetime, by: str) -> None:
    """End halts that have not ended."""
    session.execute(
        update(RiskHalt)
        .where(RiskHalt.id.in_(halt_ids), RiskHalt.released_at.is_(None))
        .values(released_at=at, released_by=by)
    )


def executed(session: Session, halt_id: int, at: datetime) -> None:
    """Mark a halt's action as carried out."""
    session.execute(update(RiskHalt).where(RiskHalt.id == halt_id).values(executed_at=at))


# --- evaluations ----------------------------------------------------------------------------------


def add(session: Session, table: type[Any], values: Values) -> None:
    """Insert a row."""
    session.execute(insert(table).values(**values))


def evaluations(
    session: Session, user_id: int, *, passed: bool | None, limit: int, offset: int
) -> tuple[Sequence[RiskEvaluation], int]:
    """A page of evaluations, newest first, and how many there are in all."""
    query = select(RiskEvaluation).where(RiskEvaluation.user_id == user_id)
    if passed is not None:
        query = query.where(RiskEvaluation.passed.is_(passed))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    newest = query.order_by(RiskEvaluation.id.desc()).limit(limit).offset(offset)
    return session.scalars(newest).all(), total


def rejections(session: Session, user_id: int, money: str, since: datetime) -> int:
    """How many orders rules have refused since a moment."""
    query = select(func.count()).where(
        RiskEvaluation.user_id == user_id,
        RiskEvaluation.money == money,
        RiskEvaluation.passed.is_(False),
        RiskEvaluation.subject != "watch",
        RiskEvaluation.at >= since,
    )
    return session.scalar(query) or 0


def forget_evaluations(session: Session, before: datetime) -> int:
    """Delete old evaluations, and halts and closed trades of that time; how many of the first."""
    gone = session.execute(delete(RiskEvaluation).where(RiskEvaluation.at < before))
    session.execute(delete(RiskHalt).where(RiskHalt.released_at < before))
    session.execute(delete(ClosedTrade).where(ClosedTrade.closed_at < before))
    return int(getattr(gone, "rowcount", 0))


# --- days and trades ------------------------------------------------------------------------------


def days(session: Session, user_id: int, money: str, scope: Scope, since: date) -> list[RiskDay]:
    """A scope's days since one of them, and the last one before, oldest first."""
    own = (
        RiskDay.user_id == user_id,
        RiskDay.money == money,
        RiskDay.scope_level == scope.level,
        RiskDay.scope_id == (scope.id or ""),
    )
    before = select(func.max(RiskDay.day)).where(*own, RiskDay.day < since).scalar_subquery()
    query = select(RiskDay).where(*own, or_(RiskDay.day >= since, RiskDay.day == before))
    return list(session.scalars(query.order_by(RiskDay.day)))


def put_day(session: Session, values: Values) -> None:
    """Write a day's figures, whether they are there already or not."""
    keys = ("user_id", "money", "scope_level", "scope_id", "day")
    own = [getattr(RiskDay, key) == values[key] for key in keys]
    changed = session.execute(update(RiskDay).where(*own).values(**values))
    if not getattr(changed, "rowcount", 0):
        session.execute(insert(RiskDay).values(**values))


def closed_trades(session: Session, user_id: int, limit: int) -> list[ClosedTrade]:
    """A person's closed trades, newest first."""
    query = select(ClosedTrade).where(ClosedTrade.user_id == user_id)
    return list(session.scalars(query.order_by(ClosedTrade.id.desc()).limit(limit)))
