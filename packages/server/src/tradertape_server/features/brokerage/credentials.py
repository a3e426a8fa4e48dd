"""People's apps at brokers: API key, and secrets for those who asked to store them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pyotp.totp import TOTP
from sqlalchemy.orm import Session

from tradertape_brokers.secret import Secret
from tradertape_server.features.brokerage import repository
from tradertape_server.features.brokerage.accounts import Environment
from tradertape_server.features.brokerage.models import BrokerCredential
from tradertape_server.platform.errors import BadRequest, Conflict
from tradertape_server.platform.secrets import SecretBox

SEALED = "sealed:"
LONG_SECRET = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """An app at a broker, readable. user_id: the account at the broker, if the person named it."""

    environment: Environment
    api_key: Secret
    api_secret: Secret | None
    totp_secret: Secret | None
    secret_hint: str | None
    user_id: str | None
    updated_at: datetime

    def totp(self, now: datetime) -> Secret | None:
        """The one-time code of this moment, where the authenticator's key is stored."""
        if self.totp_secret is None:
            return None
        return Secret(TOTP(self.totp_secret.reveal()).at(now))


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenCredentials:
    """What a person stores."""

    environment: Environment
    api_key: str
    api_secret: str | None = None
    totp_secret: str | None = None
    user_id: str | None = None


class CredentialStore:
    """Reads and writes credentials, encrypted, in the caller's transaction."""

    def __init__(self, secrets: SecretBox) -> None:
        self._secrets = secrets

    def of(self, session: Session, user_id: int, broker: str) -> Credentials | None:
        """A person's credentials for a broker."""
        row = repository.credential_of(session, user_id, broker)
        return None if row is None else self._opened(row)

    def secrets_of(self, session: Session, broker: str, broker_user_id: str) -> list[Secret]:
        """The API secrets stored by everybody who has connected this account at the broker."""
        rows = repository.credentials_of_account(session, broker, broker_user_id)
        found = [self._secret(row.secret) for row in rows]
        return [one for one in found if one is not None]

    def save(
        self, session: Session, user_id: int, broker: str, given: GivenCredentials,
        now: datetime, *, replace: bool,
    ) -> Environment | None:  # fmt: skip
        """Store credentials; returns the environment that they take the place of, if another.

        Raises Conflict when another environment is set up and `replace` is false, BadRequest for an
        authenticator's key that is none.
        """
        row = repository.credential_of(session, user_id, broker)
        was = Environment(row.environment) if row is not None else given.environment
        if was is not given.environment and not replace:
            raise Conflict(
                f"A {was.value} account is set up for this broker. To use a "
                f"{given.environment.value} account in its place, send `replace: true`: the "
                f"{was.value} credentials and their session are removed.",
                code="another_environment",
            )
        if row is None:
            row = BrokerCredential(user_id=user_id, broker=broker)
            session.add(row)
        row.environment = given.environment.value
        row.api_key = SEALED + self._secrets.seal(given.api_key.encode()).decode()
        row.secret = self._sealed(given.api_secret)
        row.totp_secret = self._sealed(_checked_totp(given.totp_secret))
        row.secret_hint = _hint(given.api_secret)
        row.broker_user_id = given.user_id
        row.updated_at = now
        session.flush()
        return was if was is not given.environment else None

    def delete(self, session: Session, user_id: int, broker: str) -> bool:
        """Delete a person's credentials for a broker; False when there were none."""
        row = repository.credential_of(session, user_id, broker)
        if row is not None:
            session.delete(row)
        return row is not None

    def _opened(self, row: BrokerCredential) -> Credentials | None:
        api_key = self._api_key(row.api_key)
        if api_key is None:
            return None
        return Credentials(
            environment=Environment(row.environment),
            api_key=Secret(api_key),
            api_secret=self._secret(row.secret),
            totp_secret=self._secret(row.totp_secret),
            secret_hint=row.secret_hint,
            user_id=row.broker_user_id,
            updated_at=row.updated_at,
        )

    def _api_key(self, stored: str) -> str | None:
        if not stored.startswith(SEALED):
            return stored
        opened = self._secrets.unseal(stored.removeprefix(SEALED).encode())
        return None if opened is None else opened.decode()

    def _secret(self, sealed: bytes | None) -> Secret | None:
        opened = self._secrets.unseal(sealed) if sealed else None
        return Secret(opened.decode()) if opened else None

    def _sealed(self, text: str | None) -> bytes | None:
        return self._secrets.seal(text.encode()) if text else None


def _hint(secret: str | None) -> str | None:
    """The last two characters of a secret that is long enough to lose them."""
    return f"…{secret[-2:]}" if secret is not None and len(secret) >= LONG_SECRET else None


def _checked_totp(text: str | None) -> str | None:
    if text is None:
        return None
    key = "".join(text.split()).upper().rstrip("=")
    try:
        TOTP(key).at(0)
    except ValueError:
        raise BadRequest(
            "The authenticator's key is not base32: copy it from the broker's page, letters and "
            "the digits 2 to 7."
        ) from None
    return key
