"""Brokers' tokens on their way: a login's to an agent, and a session's that an agent opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.agents import repository
from tradertape_server.features.agents.models import AgentToken
from tradertape_server.features.agents.obfuscation import demand_off
from tradertape_server.features.agents.schemas import AccessToken, AccessTokenOut, PendingToken
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.secrets import SecretBox

REQUEST, ACCESS = "request", "access"
LIFE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Stores tokens encrypted."""

    database: Database
    clock: Clock
    secrets: SecretBox

    def offer(self, session: Session, user_id: int, broker: str, request_token: str) -> None:
        """Keep a login's token for an agent, in place of an earlier one of this broker."""
        now = self.clock.now()
        row = self._row(session, user_id, REQUEST, broker)
        row.token = self.secrets.seal(request_token.encode())
        row.created_at, row.expires_at = now, now + LIFE

    def take(self, user_id: int) -> PendingToken | None:
        """The oldest token that waits, which is deleted with this; None where there is none."""
        now = self.clock.now()
        with self.database.read() as session:
            if not repository.tokens(session, user_id, REQUEST):
                return None  # the usual answer needs no write
        found: PendingToken | None = None
        with self.database.write() as session:
            self.database.advisory_lock(session, f"agent-tokens:{user_id}")
            for row in repository.tokens(session, user_id, REQUEST):
                is_valid = row.expires_at is not None and row.created_at <= now < row.expires_at
                opened = self.secrets.unseal(row.token) if is_valid and found is None else None
                if opened is not None:
                    found = PendingToken(
                        request_token=opened.decode(), broker=row.broker, created_at=row.created_at
                    )
                if opened is not None or not is_valid:
                    session.delete(row)
        return found

    def store(self, user_id: int, given: AccessToken) -> AccessTokenOut:
        """Keep the session that an agent opened at a broker. Raises Conflict where the account is
        obfuscated: it could read real holdings."""
        with self.database.write() as session:
            self.database.advisory_lock(session, f"agent-tokens:{user_id}")  # as `forget` does
            demand_off(session, user_id)
            row = self._row(session, user_id, ACCESS, given.broker)
            row.token = self.secrets.seal(given.access_token.get_secret_value().encode())
            row.broker_user = given.user_id
            row.created_at = given.login_time or self.clock.now()
            row.expires_at = given.expires_at
        return AccessTokenOut(stored=True, broker=given.broker, expires_at=given.expires_at)

    def forget(self, session: Session, user_id: int) -> None:
        """Delete the sessions that agents opened: the account is obfuscated now."""
        self.database.advisory_lock(session, f"agent-tokens:{user_id}")
        for row in repository.tokens(session, user_id, ACCESS):
            session.delete(row)

    def _row(self, session: Session, user_id: int, kind: str, broker: str) -> AgentToken:
        self.database.advisory_lock(session, f"agent-tokens:{user_id}")
        row = repository.token(session, user_id, kind, broker)
        if row is None:
            row = AgentToken(user_id=user_id, kind=kind, broker=broker)
            session.add(row)
        return row
