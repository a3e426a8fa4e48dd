"""The use cases of accounts, for the rest of the server and for the command line."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.auth import repository
from tradertape_server.features.auth.account import Account
from tradertape_server.features.auth.administration import Administration
from tradertape_server.features.auth.audit import COMMAND_LINE, record
from tradertape_server.features.auth.credentials.keys import Keys, Kind, Owner
from tradertape_server.features.auth.credentials.passwords import Passwords
from tradertape_server.features.auth.models import User
from tradertape_server.features.auth.schemas import Me, normal_email
from tradertape_server.features.auth.second_factor import SecondFactor
from tradertape_server.features.auth.sign_in.known_devices import forget_devices
from tradertape_server.features.auth.sign_in.recovery_codes import (
    delete_codes as delete_recovery_codes,
)
from tradertape_server.features.auth.sign_in.sessions import Authenticator, SessionLife
from tradertape_server.features.auth.sign_in.sign_in import SignInService
from tradertape_server.features.auth.token_limits import NO_LIMITS, TokenLimits
from tradertape_server.features.auth.token_scope import UNRESTRICTED, TokenScope
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import BadRequest, Conflict, NotFound
from tradertape_server.platform.mail import Mailer
from tradertape_server.platform.secrets import SecretBox


@dataclass(frozen=True, slots=True)
class AccountPolicy:
    """The settings that concern accounts."""

    life: SessionLife
    public_url: str
    allow_signup: bool
    first_is_admin: bool = False  # the first account that signs up

    @property
    def is_secure(self) -> bool:
        """Whether cookies are sent over https only."""
        return self.public_url.startswith("https://")


class AuthService:
    """Combines the services of the feature; its own methods are those of the command line."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        secrets: SecretBox,
        mailer: Mailer,
        policy: AccountPolicy,
        passwords: Passwords,
    ) -> None:
        self._database = database
        self._clock = clock
        self._passwords = passwords
        self.policy = policy
        self.prefers_password = False
        self.authenticator = Authenticator(
            database, clock, policy.life, secure_cookie=policy.is_secure
        )
        self.sign_in = SignInService(
            database,
            clock,
            secrets,
            mailer,
            passwords,
            life=policy.life,
            public_url=policy.public_url,
            allow_signup=policy.allow_signup,
            first_is_admin=policy.first_is_admin,
        )
        self.account = Account(database, clock, passwords)
        self.second_factor = SecondFactor(database, clock, secrets, mailer)
        self.keys: dict[Kind, Keys] = {
            "agent": Keys(clock, "agent"),
            "worker": Keys(clock, "worker"),
        }
        self.administration = Administration(clock, self.sign_in)

    def me_of(self, user_id: int) -> Me:
        """The account as its own pages show it."""
        with self._database.read() as session:
            return self.account.me(session, user_id)

    def create_user(
        self, email: str, *, password: str | None, is_admin: bool = False, name: str = ""
    ) -> int:
        """Create an account; needs no permission beyond access to the machine.

        Returns its id. Raises BadRequest for an invalid address, Conflict for an existing one.
        """
        email = _checked(email)
        hashed = self._passwords.hash(password) if password else None
        with self._database.write() as session:
            if repository.user_by_email(session, email) is not None:
                raise Conflict(f"An account for {email} already exists.")
            user = repository.add_user(session, email, now=self._clock.now(), is_admin=is_admin)
            user.password_hash = hashed
            user.name = name
            self._audit(session, "account_created", user)
            return user.id

    def set_admin(self, email: str, *, is_admin: bool) -> None:
        """Make an account an administrator, or an ordinary one again. Raises NotFound."""
        with self._database.write() as session:
            user = self._found(session, email)
            user.is_admin = is_admin
            self._audit(session, "made_administrator" if is_admin else "made_ordinary", user)

    def reset_password(self, email: str, password: str) -> None:
        """Set an account's password and end its sessions. Raises NotFound."""
        hashed = self._passwords.hash(password)
        with self._database.write() as session:
            user = self._found(session, email)
            user.password_hash = hashed
            repository.end_sessions(session, user.id)
            forget_devices(session, user.id)
            self._audit(session, "password_set", user)

    def reset_totp(self, email: str) -> None:
        """Disable an account's second factor, for example after a lost phone. Raises NotFound."""
        with self._database.write() as session:
            user = self._found(session, email)
            user.totp_secret = user.totp_enabled_at = None
            delete_recovery_codes(session, user.id)
            self._audit(session, "totp_disabled", user)

    def create_token(
        self,
        email: str,
        kind: Kind,
        *,
        name: str,
        scopes: list[str],
        token_scope: TokenScope = UNRESTRICTED,
        limits: TokenLimits = NO_LIMITS,
    ) -> str:
        """Create a key for an account and return its token. Raises NotFound."""
        with self._database.write() as session:
            user = self._found(session, email)
            made = self.keys[kind].create(
                session,
                Owner(user.id, user.email),
                COMMAND_LINE,
                label=name,
                scopes=scopes,
                expires_in_days=None,
                token_scope=token_scope,
                limits=limits,
            )
            return made.token

    def link_for(self, email: str) -> str:
        """Create a sign-in link for an account. Raises NotFound."""
        with self._database.write() as session:
            user = self._found(session, email)
            self._audit(session, "sign_in_link_issued", user)
            return self.sign_in.link_for(session, user.email)

    def user_id_of(self, email: str) -> int | None:
        """The id of the account of an e-mail address, None if there is none."""
        with self._database.read() as session:
            user = repository.user_by_email(session, _checked(email))
            return user.id if user else None

    def _found(self, session: Session, email: str) -> User:
        user = repository.user_by_email(session, _checked(email))
        if user is None:
            raise NotFound(f"Account {email}")
        return user

    def _audit(self, session: Session, action: str, user: User) -> None:
        record(
            session,
            action,
            user_id=user.id,
            actor="command line",
            origin=COMMAND_LINE,
            now=self._clock.now(),
        )


def _checked(email: str) -> str:
    try:
        return normal_email(email)
    except ValueError as error:
        raise BadRequest(str(error)) from None
