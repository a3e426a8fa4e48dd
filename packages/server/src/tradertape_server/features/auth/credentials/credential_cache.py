"""A cache of verified keys and sessions, for one second: a hundred orders a second need one query.

A change of a key, a session or an account in this process takes effect at once: committing one
invalidates the whole cache. A change by another process takes effect after at most a second.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.auth.models import ApiKey, User, UserSession
from tradertape_server.platform.http.identity import Identity

LIFETIME_S = 1.0
MAX_ENTRIES = 10_000

_CHANGED = "credentials_changed"
_changes = count(1)
_epoch = 0  # of this process: changes with every committed change


@dataclass(frozen=True, slots=True)
class _Known:
    identity: Identity
    expires_at: datetime | None
    epoch: int
    until_s: float


class CredentialCache:
    """Identities by the hash of their key or session.

    Thread-safe: every step is one dict operation.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: OrderedDict[str, _Known] = OrderedDict()

    @property
    def epoch(self) -> int:
        """The present epoch; read it before the query whose result goes to `store`."""
        return _epoch

    def get(self, token_hash: str) -> Identity | None:
        """The identity, if its entry is valid; None: it has to be read from the database."""
        known = self._known.get(token_hash)
        if known is None or known.epoch != _epoch or self._clock.monotonic() >= known.until_s:
            return None
        if known.expires_at is not None and self._clock.now() >= known.expires_at:
            return None
        return known.identity

    def store(
        self, token_hash: str, identity: Identity, expires_at: datetime | None, *, epoch: int
    ) -> None:
        """Cache an identity. epoch: as read before the query that found it."""
        until_s = self._clock.monotonic() + LIFETIME_S
        self._known[token_hash] = _Known(identity, expires_at, epoch, until_s)
        while len(self._known) > MAX_ENTRIES:
            self._known.popitem(last=False)


def _flushed(session: Session, _context: Any) -> None:
    changed = (*session.new, *session.dirty, *session.deleted)
    if any(isinstance(one, ApiKey | User | UserSession) for one in changed):
        session.info[_CHANGED] = True


def _executed(state: ORMExecuteState) -> None:
    is_change, mapper = state.is_update or state.is_delete, state.bind_mapper
    if is_change and mapper is not None and mapper.class_ in (ApiKey, User, UserSession):
        state.session.info[_CHANGED] = True


def _committed(session: Session) -> None:
    global _epoch  # noqa: PLW0603 - sessions of the whole process end here
    if session.info.pop(_CHANGED, False):
        _epoch = next(_changes)


event.listen(Session, "after_flush", _flushed)
event.listen(Session, "do_orm_execute", _executed)
event.listen(Session, "after_commit", _committed)
