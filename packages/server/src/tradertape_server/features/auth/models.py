"""Tables of accounts. Every credential is stored as a hash or encrypted, never in plain text."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tradertape_server.platform.database.engine import Base, DecimalText

HASH = String(64)  # SHA-256 or HMAC-SHA-256, hexadecimal
EMAIL = String(254)


class User(Base):
    """An account; its users sign in with `email`, which is in lower case."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(EMAIL, unique=True)
    name: Mapped[str] = mapped_column(String(100), default="")
    is_admin: Mapped[bool] = mapped_column(default=False)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary)  # encrypted
    totp_enabled_at: Mapped[datetime | None]
    totp_last_step: Mapped[int] = mapped_column(default=0)  # a code can be used once
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class UserSession(Base):
    """A signed-in browser; the cookie holds the token, this row its hash."""

    __tablename__ = "user_sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(HASH, unique=True)
    method: Mapped[str] = mapped_column(String(20))
    ip: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class SignInCode(Base):
    """A sign-in link and six-digit code for one e-mail address.

    A new one replaces those that the same browser asked for.
    """

    __tablename__ = "sign_in_codes"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(EMAIL, index=True)
    link_hash: Mapped[str] = mapped_column(HASH, unique=True)
    otp_hash: Mapped[str] = mapped_column(HASH)
    browser_hash: Mapped[str] = mapped_column(HASH)
    tries_left: Mapped[int]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class SignInAttempt(Base):
    """One attempt that counts against a limit, whether or not the address has an account."""

    __tablename__ = "sign_in_attempts"
    __table_args__ = (Index("ix_sign_in_attempts_kind_subject_at", "kind", "subject", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(320))
    at: Mapped[datetime] = mapped_column(index=True)


class RecoveryCode(Base):
    """A code that replaces the authenticator app once; shown once, stored as a hash."""

    __tablename__ = "recovery_codes"
    __table_args__ = (UniqueConstraint("user_id", "code_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    code_hash: Mapped[str] = mapped_column(HASH)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class KnownDevice(Base):
    """A browser that has signed in to an account before; its cookie holds the token."""

    __tablename__ = "known_devices"
    __table_args__ = (UniqueConstraint("token_hash", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(HASH)
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]


class ApiKey(Base):
    """An agent key (zt_…) or a worker token (kwa_…); shown once, stored as a hash."""

    __tablename__ = "api_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    label: Mapped[str] = mapped_column(String(100))
    prefix: Mapped[str] = mapped_column(String(12))
    token_hash: Mapped[str] = mapped_column(HASH, unique=True)
    scopes: Mapped[list[str]]
    # Of worker tokens; None or empty: all accounts of the user, any address.
    account_scopes: Mapped[list[str] | None]
    allowed_ips: Mapped[list[str] | None]
    # Of worker tokens, in percent; for the runs that it creates. None: the run's own choice.
    price_band_pct: Mapped[Decimal | None] = mapped_column(DecimalText())
    option_price_band_pct: Mapped[Decimal | None] = mapped_column(DecimalText())
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class AuditEntry(Base):
    """Who did what to an account, and from where; never changed, and without secrets."""

    __tablename__ = "audit_log"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    actor: Mapped[str] = mapped_column(EMAIL)
    action: Mapped[str] = mapped_column(String(50))
    ip: Mapped[str] = mapped_column(String(45))
    request_id: Mapped[str] = mapped_column(String(36))
    details: Mapped[dict[str, Any]]
