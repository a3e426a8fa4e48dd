"""The user's own account: profile, password, broker credentials."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.auth import repository, schemas
from tradertape_server.features.auth.audit import RequestOrigin, record
from tradertape_server.features.auth.credentials.passwords import Passwords, check_new_password
from tradertape_server.features.auth.models import BrokerCredential, User
from tradertape_server.features.auth.sign_in import attempt_limits as limits
from tradertape_server.features.auth.sign_in.known_devices import forget_devices
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import Conflict, Forbidden
from tradertape_server.platform.http.identity import Identity
from tradertape_server.platform.secrets import SecretBox

KITE = "kite"
KITE_LOGIN = "https://kite.zerodha.com/connect/login?v=3&api_key="
ONLINE_WITHIN = timedelta(minutes=10)


class Account:
    """The use cases of the account pages."""

    def __init__(
        self, database: Database, clock: Clock, secrets: SecretBox, passwords: Passwords
    ) -> None:
        self._database = database
        self._clock = clock
        self._secrets = secrets
        self._passwords = passwords

    def me(self, session: Session, user_id: int) -> schemas.Me:
        """The account as the console's header and settings show it."""
        user = repository.user_by_id(session, user_id)
        kite = repository.credential_of(session, user_id, KITE)
        return schemas.Me(
            id=user.id,
            email=user.email,
            name=user.name,
            is_admin=user.is_admin,
            created_at=user.created_at,
            has_password=user.password_hash is not None,
            totp_enabled=user.totp_enabled_at is not None,
            obfuscation=False,
            telegram_linked=False,
            brokers=[_broker_state(kite)] if kite else [],
            agent=self._agent_state(session, user_id),
        )

    def _agent_state(self, session: Session, user_id: int) -> schemas.AgentState:
        keys = repository.keys_of(session, user_id, "agent")
        seen = max((key.last_used_at for key in keys if key.last_used_at), default=None)
        is_online = seen is not None and self._clock.now() - seen <= ONLINE_WITHIN
        return schemas.AgentState(
            registered=bool(keys), last_seen=seen, version=None, online=is_online
        )

    def broker_status(self, session: Session, user_id: int) -> schemas.BrokerStatus:
        """The broker's session; stored credentials alone are not a session."""
        kite = repository.credential_of(session, user_id, KITE)
        return schemas.BrokerStatus(
            broker=KITE if kite else None,
            connected=False,
            user_id=kite.broker_user_id if kite else None,
            login_time=None,
            expires_at=None,
            expires_in_s=None,
            reason="Not logged in to Kite." if kite else "No broker is set up.",
            login_url=KITE_LOGIN + kite.api_key if kite else None,
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

    def kite_credentials(self, session: Session, user_id: int) -> schemas.KiteCredentials:
        """The stored Kite credentials; of the secret only a hint."""
        kite = repository.credential_of(session, user_id, KITE)
        return schemas.KiteCredentials(
            api_key=kite.api_key if kite else None,
            has_secret=kite is not None and kite.secret is not None,
            secret_hint=kite.secret_hint if kite else None,
            user_id=kite.broker_user_id if kite else None,
            updated_at=kite.updated_at if kite else None,
            storage="cloud" if kite and kite.secret else "browser",
        )

    def save_kite_credentials(
        self,
        session: Session,
        who: Identity,
        given: schemas.SaveKiteCredentials,
        origin: RequestOrigin,
    ) -> None:
        """Store Kite's API key; without a secret, one stored earlier is removed."""
        user = repository.user_by_id(session, who.id, lock=True)
        kite = repository.credential_of(session, who.id, KITE)
        if kite is None:
            kite = BrokerCredential(user_id=who.id, broker=KITE)
            session.add(kite)
        secret = given.api_secret.get_secret_value() if given.api_secret else None
        kite.api_key = given.api_key
        kite.secret = self._secrets.seal(secret.encode()) if secret else None
        kite.secret_hint = f"…{secret[-2:]}" if secret else None
        kite.broker_user_id = given.user_id
        kite.updated_at = self._clock.now()
        self._audit(session, "broker_credentials_saved", user, origin, has_secret=bool(secret))

    def delete_kite_credentials(
        self, session: Session, who: Identity, origin: RequestOrigin
    ) -> None:
        """Delete Kite's API key and secret."""
        kite = repository.credential_of(session, who.id, KITE)
        if kite is not None:
            session.delete(kite)
            user = repository.user_by_id(session, who.id)
            self._audit(session, "broker_credentials_deleted", user, origin)

    def _audit(
        self, session: Session, action: str, user: User, origin: RequestOrigin, **details: object
    ) -> None:
        now: datetime = self._clock.now()
        record(
            session, action, user_id=user.id, actor=user.email, origin=origin, now=now, **details
        )


def _broker_state(kite: BrokerCredential) -> schemas.BrokerState:
    return schemas.BrokerState(
        name=KITE,
        connected=False,
        token_expires_at=None,
        last_error=None,
        login_url=KITE_LOGIN + kite.api_key,
    )
