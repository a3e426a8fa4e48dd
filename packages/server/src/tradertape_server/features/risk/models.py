"""Tables of risk rules. Amounts in paise."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tradertape_server.platform.database.engine import Base

PAPER, LIVE = "paper", "live"
CANDLES = "candles"  # portfolios that candles fill: simulated at closes, without an account


def _user() -> Mapped[int]:
    return mapped_column(ForeignKey("users.id", ondelete="CASCADE"))


class RiskRule(Base):
    """A rule of a person; params as the catalogue describes them, defaults written out."""

    __tablename__ = "risk_rules"
    __table_args__ = (Index("ix_risk_rules_user_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = _user()
    name: Mapped[str] = mapped_column(String(120))
    type: Mapped[str] = mapped_column(String(40))
    scope_level: Mapped[str] = mapped_column(String(12))
    scope_id: Mapped[str | None] = mapped_column(String(120))
    params: Mapped[dict[str, Any]]
    action: Mapped[str] = mapped_column(String(20))
    applies_to: Mapped[str] = mapped_column(String(12))
    severity: Mapped[str] = mapped_column(String(12))
    is_active: Mapped[bool]
    trigger_count: Mapped[int] = mapped_column(default=0)
    last_triggered_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class RiskEvaluation(Base):
    """What all rules said of one order, or what a watched rule said when it was broken.

    outcomes: a rule each, with what it measured. subject: `order`, `change`, `signal`, `watch`.
    """

    __tablename__ = "risk_evaluations"
    __table_args__ = (
        Index("ix_risk_evaluations_user_id_id", "user_id", "id"),
        Index("ix_risk_evaluations_order_id", "order_id"),
        Index("ix_risk_evaluations_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = _user()
    subject: Mapped[str] = mapped_column(String(12))
    money: Mapped[str] = mapped_column(String(8))
    order_id: Mapped[str | None] = mapped_column(String(40))
    run_id: Mapped[str | None] = mapped_column(String(120))
    instrument: Mapped[str | None] = mapped_column(String(80))
    side: Mapped[str | None] = mapped_column(String(4))
    quantity: Mapped[int | None] = mapped_column(BigInteger)
    passed: Mapped[bool]
    action: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text)
    outcomes: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    at: Mapped[datetime]


class RiskHalt(Base):
    """A halt that a rule has begun. No foreign key to the rule: it outlives it.

    executed_at: when its action was carried out, None before. released_at: by a person, or by its
    time.
    """

    __tablename__ = "risk_halts"
    __table_args__ = (Index("ix_risk_halts_user_id_released_at", "user_id", "released_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = _user()
    money: Mapped[str] = mapped_column(String(8))
    rule_id: Mapped[int]
    rule_name: Mapped[str] = mapped_column(String(120))
    rule_type: Mapped[str] = mapped_column(String(40))
    scope_level: Mapped[str] = mapped_column(String(12))
    scope_id: Mapped[str | None] = mapped_column(String(120))
    action: Mapped[str] = mapped_column(String(20))
    message: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    executed_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    released_by: Mapped[str | None] = mapped_column(String(320))


class RiskDay(Base):
    """The profit of a scope at the beginning of a day and at the last look, for limits that need
    the days before: amounts are totals since the beginning. peak: the highest total since it was
    last set anew."""

    __tablename__ = "risk_days"
    __table_args__ = (UniqueConstraint("user_id", "money", "scope_level", "scope_id", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = _user()
    money: Mapped[str] = mapped_column(String(8))
    scope_level: Mapped[str] = mapped_column(String(12))
    scope_id: Mapped[str] = mapped_column(String(120))
    day: Mapped[date]
    start_paise: Mapped[int] = mapped_column(BigInteger)
    best_paise: Mapped[int] = mapped_column(BigInteger)
    last_paise: Mapped[int] = mapped_column(BigInteger)
    peak_paise: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]


class ClosedTrade(Base):
    """A position that went flat, with what the trade brought: rules on losing streaks count them.
    Kept for people who have such a rule."""

    __tablename__ = "risk_closed_trades"
    __table_args__ = (Index("ix_risk_closed_trades_user_id_id", "user_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = _user()
    account_id: Mapped[int] = mapped_column(ForeignKey("trading_accounts.id", ondelete="CASCADE"))
    run_id: Mapped[str | None] = mapped_column(String(120))
    instrument: Mapped[str] = mapped_column(String(80))
    net_paise: Mapped[int] = mapped_column(BigInteger)
    closed_at: Mapped[datetime]
