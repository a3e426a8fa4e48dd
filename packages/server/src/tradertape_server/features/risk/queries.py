"""What other features may read of risk rules."""

from __future__ import annotations

from sqlalchemy.orm import Session

from tradertape_core.risk.rulebook.rule import Level, Owner, RuleType, Scope, covers
from tradertape_server.features.risk import repository


def has_daily_loss(session: Session, user_id: int, owner: Owner) -> bool:
    """Whether an active daily loss rule covers all that an owner trades."""
    scopes = [
        Scope(Level(row.scope_level), row.scope_id)
        for row in repository.rules(session, user_id)
        if row.type == RuleType.DAILY_LOSS
    ]
    return any(one.level is not Level.SYMBOL and covers(one, owner, None) for one in scopes)


def has_rules(session: Session, user_id: int) -> bool:
    """Whether a person has an active rule, or a halt that a rule began."""
    return bool(repository.rules(session, user_id) or repository.active_halts(session, user_id))
