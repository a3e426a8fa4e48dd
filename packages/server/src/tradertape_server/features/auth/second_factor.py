"""The second factor of an account: the authenticator app and its recovery codes."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.auth import repository, schemas
from tradertape_server.features.auth.audit import RequestOrigin, record
from tradertape_server.features.auth.models import User
from tradertape_server.features.auth.sign_in import attempt_limits as limits
from tradertape_server.features.auth.sign_in import recovery_codes
from tradertape_server.features.auth.sign_in.mail_texts import security_mail
from tradertape_server.features.auth.sign_in.totp import (
    new_totp_secret,
    provisioning_uri,
    use_code,
    use_second_factor,
)
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import BadRequest, Conflict
from tradertape_server.platform.http.identity import Identity
from tradertape_server.platform.mail import Mailer
from tradertape_server.platform.secrets import SecretBox


class SecondFactor:
    """The use cases of two-factor authentication in the settings of an account."""

    def __init__(
        self, database: Database, clock: Clock, secrets: SecretBox, mailer: Mailer
    ) -> None:
        self._database = database
        self._clock = clock
        self._secrets = secrets
        self._mailer = mailer

    def state(self, session: Session, user_id: int) -> schemas.TotpState:
        """Whether the second factor is on, and how many recovery codes are left."""
        user = repository.user_by_id(session, user_id)
        return schemas.TotpState(
            enabled=user.totp_enabled_at is not None,
            enabled_at=user.totp_enabled_at,
            recovery_codes_left=recovery_codes.codes_left(session, user_id),
        )

    def start(self, session: Session, user_id: int) -> schemas.TotpStart:
        """Create a secret for the second factor, which is required only once it is confirmed.

        Raises Conflict when the second factor is enabled already.
        """
        user = repository.user_by_id(session, user_id, lock=True)
        _require_off(user)
        secret = new_totp_secret()
        user.totp_secret = self._secrets.seal(secret.encode())
        user.totp_last_step = 0
        return schemas.TotpStart(secret=secret, uri=provisioning_uri(secret, user.email))

    def confirm(self, who: Identity, code: str, origin: RequestOrigin) -> schemas.RecoveryCodes:
        """Enable the second factor; the code proves that the authenticator app has the secret.

        Returns the recovery codes. Raises Conflict when it is enabled already, BadRequest for a
        wrong code.
        """
        now = self._clock.now()
        with self._database.write() as session:
            user = repository.user_by_id(session, who.id, lock=True)
            _require_off(user)
            if not use_code(user, code, secrets=self._secrets, now=now):
                raise BadRequest("The authenticator code is wrong.", code="totp_wrong")
            user.totp_enabled_at = now
            codes = recovery_codes.create_codes(session, user.id, now)
            repository.end_sessions(session, who.id, except_id=who.credential_id)
            self._audit(session, "totp_enabled", user, origin)
        self._mail(who.email, "Two-factor authentication was turned on")
        return schemas.RecoveryCodes(
            detail="Two-factor authentication is on.", recovery_codes=codes
        )

    def disable(self, who: Identity, code: str, origin: RequestOrigin) -> None:
        """Disable the second factor and delete its recovery codes; needs a code of either kind.

        Raises Conflict when it is not enabled, BadRequest for a wrong code, TooMany.
        """

        def change(session: Session, user: User) -> None:
            user.totp_secret = user.totp_enabled_at = None
            recovery_codes.delete_codes(session, user.id)
            self._audit(session, "totp_disabled", user, origin)

        self._with_code(who, code, change)
        self._mail(who.email, "Two-factor authentication was turned off")

    def renew_codes(self, who: Identity, code: str, origin: RequestOrigin) -> schemas.RecoveryCodes:
        """Replace the recovery codes by new ones; needs a code of either kind.

        Raises Conflict when the second factor is not enabled, BadRequest for a wrong code, TooMany.
        """
        codes: list[str] = []

        def change(session: Session, user: User) -> None:
            codes.extend(recovery_codes.create_codes(session, user.id, self._clock.now()))
            self._audit(session, "recovery_codes_created", user, origin)

        self._with_code(who, code, change)
        self._mail(who.email, "New recovery codes were created")
        return schemas.RecoveryCodes(
            detail="The former recovery codes are invalid.", recovery_codes=codes
        )

    def _with_code(self, who: Identity, code: str, change: Callable[[Session, User], None]) -> None:
        now = self._clock.now()
        limits.after_clock_was_set_back(self._database, now)
        subject = str(who.credential_id)
        with self._database.write() as session:
            limits.count_attempt(session, limits.TOTP_OF_SESSION, subject, now)
        with self._database.write() as session:
            user = repository.user_by_id(session, who.id, lock=True)
            if user.totp_enabled_at is None:
                raise Conflict("Two-factor authentication is not on.", code="totp_not_enabled")
            if not use_second_factor(session, user, code, secrets=self._secrets, now=now):
                raise BadRequest("The code is wrong or was used.", code="totp_wrong")
            limits.reset(session, limits.TOTP_OF_SESSION, subject)
            change(session, user)

    def _mail(self, email: str, event: str) -> None:
        self._mailer.send(security_mail(to=email, event=event, at=self._clock.now()))

    def _audit(self, session: Session, action: str, user: User, origin: RequestOrigin) -> None:
        now = self._clock.now()
        record(session, action, user_id=user.id, actor=user.email, origin=origin, now=now)


def _require_off(user: User) -> None:
    if user.totp_enabled_at is not None:
        raise Conflict("Two-factor authentication is already on.", code="totp_enabled")
