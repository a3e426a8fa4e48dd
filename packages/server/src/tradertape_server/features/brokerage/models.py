"""Tables of accounts at brokers. What signs in is encrypted with a key outside the database."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tradertape_server.platform.database.engine import Base

BROKER = String(20)
BROKER_USER = String(50)
HASH = String(64)


class BrokerCredential(Base):
    """A person's app at a broker.

    api_key is encrypted, after a mark; rows of older versions have it in clear. The secret and the
    authenticator's key are there if the person asked for it.
    """

    __tablename__ = "broker_credentials"
    __table_args__ = (UniqueConstraint("user_id", "broker"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    broker: Mapped[str] = mapped_column(BROKER)
    environment: Mapped[str] = mapped_column(String(10))
    api_key: Mapped[str] = mapped_column(Text)
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)  # encrypted
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary)  # encrypted
    secret_hint: Mapped[str | None] = mapped_column(String(10))
    broker_user_id: Mapped[str | None] = mapped_column(BROKER_USER)  # as the person gave it
    updated_at: Mapped[datetime]


class BrokerSession(Base):
    """The last session of a person at a broker. generation: counts the logins."""

    __tablename__ = "broker_sessions"
    __table_args__ = (UniqueConstraint("user_id", "broker"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    broker: Mapped[str] = mapped_column(BROKER)
    environment: Mapped[str] = mapped_column(String(10))
    broker_user_id: Mapped[str] = mapped_column(BROKER_USER, index=True)
    generation: Mapped[int]
    token: Mapped[bytes] = mapped_column(LargeBinary)  # encrypted: API key and access token
    logged_in_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end: Mapped[str | None] = mapped_column(String(20))  # expired, disconnected
    reason: Mapped[str | None] = mapped_column(String(300))


class BrokerLogin(Base):
    """A login that was begun in a browser: the broker's page comes back with its state, once."""

    __tablename__ = "broker_logins"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    session_id: Mapped[int]  # the console's session that began it
    broker: Mapped[str] = mapped_column(BROKER)
    state_hash: Mapped[str] = mapped_column(HASH, unique=True)
    redirect_uri: Mapped[str] = mapped_column(String(500))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class BrokerPreference(Base):
    """Which mails about their brokers' sessions a person wants."""

    __tablename__ = "broker_preferences"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    mails_expiry: Mapped[bool]
    mails_reminder: Mapped[bool]
    reminded_on: Mapped[str | None] = mapped_column(String(10))  # the day of the last reminder
