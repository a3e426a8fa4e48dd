"""A session for one request that the command line sends to a running server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.auth import repository
from tradertape_server.features.auth.sign_in.sessions import COOKIE, SessionLife, open_session
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.secrets import token_hash

_LIFE = timedelta(minutes=1)


@contextmanager
def command_line_session(
    database: Database, clock: Clock, user_id: int, *, user_agent: str
) -> Iterator[dict[str, str]]:
    """Yield the cookies of a session of the account, which ends with the block, or in a minute."""
    with database.write() as session:
        token = open_session(
            session,
            repository.user_by_id(session, user_id),
            method="command line",
            ip="local",
            user_agent=user_agent,
            now=clock.now(),
            life=SessionLife(_LIFE, _LIFE),
        )
    try:
        yield {COOKIE: token}
    finally:
        with database.write() as session:
            repository.end_session_by_hash(session, token_hash(token))
