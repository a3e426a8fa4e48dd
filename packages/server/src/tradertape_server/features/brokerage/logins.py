"""Logins that have begun: each has a state that the broker's page brings back, once."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from tradertape_server.features.brokerage import repository
from tradertape_server.features.brokerage.models import BrokerLogin
from tradertape_server.platform.errors import BadRequest
from tradertape_server.platform.http.identity import Identity
from tradertape_server.platform.secrets import new_token, token_hash

LIFE = timedelta(minutes=10)


def begin(
    session: Session, who: Identity, broker: str, redirect_uri: str, now: datetime
) -> tuple[str, datetime]:
    """Begin a login in a person's browser; returns its state and until when it is valid."""
    repository.delete_old_logins(session, now)
    state = new_token()
    row = BrokerLogin(
        user_id=who.id,
        session_id=who.credential_id,
        broker=broker,
        state_hash=token_hash(state),
        redirect_uri=redirect_uri,
        created_at=now,
        expires_at=now + LIFE,
    )
    session.add(row)
    return state, row.expires_at


def use(session: Session, who: Identity, broker: str, state: str, now: datetime) -> str:
    """Use a state up, and return the address that its login began with.

    Raises BadRequest for one that is unknown, used, too old, of another broker, of another person
    or of another browser: the response does not tell which.
    """
    found = repository.take_login(session, token_hash(state))
    if (
        found is None
        or found.expires_at <= now
        or (found.broker, found.user_id, found.session_id) != (broker, who.id, who.credential_id)
    ):
        raise BadRequest(
            "This sign-in was not begun in this browser, was used already, or is older than ten "
            "minutes. Begin it again.",
            code="login_state_invalid",
        )
    return found.redirect_uri
