"""The user's own account: profile and password."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.auth import repository, schemas
from tradertape_server.features.auth.audit import RequestOrigin, record
from tradertape_server.features.auth.credentials.passwords import Passwords, check_new_password
from tradertape_server.features.auth.models import User
from tradertape_server.features.auth.sign_in import attempt_limits as limits
from tradertape_server.features.auth.sign_in.known_devices import forget_devices
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import Conflict, Forbidden
from tradertape_server.platform.http.identity import Identity

ONLINE_WITHIN = timedelta(minutes=10)


class Account:
    """The use cases of the account pages.

    brokers_of: the brokers a person has set up, agent_of: their agent as it was last heard of,
    is_obfuscated: whether figures are scaled, has_telegram: whether a chat is linked; from the
    features above that know them.
    """

    def __init__(self, database: Database, clock: Clock, passwords: Passwords) -> None:
        self.brokers_of: Callable[[int], list[schemas.BrokerState]] = lambda _: []
        self.agent_of: Callable[[int], schemas.AgentState | None] = lambda _: None
        self.is_obfuscated: Callable[[int], bool] = lambda _: False
        self.has_telegram: Callable[[int], bool] = lambda _: False
        self._database = database
        self._clock = clock
        self._passwords = passwords

    def me(self, session: Session, user_id: int) -> schemas.Me:
        """The account as the console's header and settings show it."""
        user = repository.user_by_id(session, user_id)
        return schemas.Me(
            id=user.id,
            email=user.email,
            name=user.name,
            is_admin=user.is_admin,
            created_at=user.created_at,
            has_password=user.password_hash is not None,
            totp_enabled=user.totp_enabled_at is not None,
            obfuscation=self.is_obfuscated(user_id),
            telegram_linked=self.has_telegram(user_id),
            brokers=self.brokers_of(user_id),
            agent=self._agent_state(session, user_id),
        )

    def _agent_state(self, session: Session, user_id: int) -> schemas.AgentState:
        keys = repository.keys_of(session, user_id, "agent")
        known = self.agent_of(user_id) if keys else None
        if known is not None:
            return known
        seen = max((key.last_used_at for key in keys if key.last_used_at), default=None)
        is_online = seen is not None and self._clock.now() - seen <= ONLINE_WITHIN
        return schemas.AgentState(
            registered=bool(keys), last_seen=seen, version=None, online=is_online
        )

    def rename(self, session: Session, user_id: int, name: str) -> None:
        """Change the account's display name."""
        repository.user_by_id(session, user_id).name = " ".join(name.split())

    def set_password(
        self, who: Identity, password: str, current: str | None, origin: RequestOrigin
    ) -> None:
        """Set or change the password and sign out every other device.

        Raises BadRequest for a weak password, Forbidden when `current` is wrong, TooMany over the
        attempt limit.
        """
        check_new_password(password, who.email)
        now = self._clock.now()
        limits.after_clock_was_set_back(self._database, now)
        with self._database.write() as session:
            stored = repository.user_by_id(session, who.id).password_hash
            if stored is not None:
                limits.count_attempt(
                    session, limits.PASSWORDS_OF_SESSION, str(who.credential_id), now
                )
        if stored is not None and not self._passwords.verify(stored, current or ""):
            raise Forbidden("The current password is wrong.", code="wrong_credentials")
        hashed = self._passwords.hash(password)
        with self._database.write() as session:
            user = repository.user_by_id(session, who.id, lock=True)
            if user.password_hash != stored:
                raise Conflict("The password was changed by another request just now.")
            user.password_hash = hashed
            repository.end_sessions(session, who.id, except_id=who.credential_id)
            forget_devices(session, who.id)
            limits.reset(session, limits.PASSWORDS_OF_SESSION, str(who.credential_id))
            self._audit(session, "password_set", user, origin)

    def _audit(
        self, session: Session, action: str, user: User, origin: RequestOrigin, **details: object
    ) -> None:
        now: datetime = self._clock.now()
        record(
            session, action, user_id=user.id, actor=user.email, origin=origin, now=now, **details
        )
