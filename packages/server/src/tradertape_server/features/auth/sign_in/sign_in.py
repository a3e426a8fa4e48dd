"""Signing in: by a mailed link or code, or by password.

Counted attempts must remain counted when sign-in is refused, so each step is a transaction of its
own and a refusal is raised after the commit. Slow work (hashing, mail) is done outside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.auth import repository
from tradertape_server.features.auth.audit import RequestOrigin, record
from tradertape_server.features.auth.credentials.passwords import Passwords
from tradertape_server.features.auth.models import SignInCode, User
from tradertape_server.features.auth.sign_in import attempt_limits
from tradertape_server.features.auth.sign_in.mail_texts import sign_in_mail
from tradertape_server.features.auth.sign_in.sessions import SessionLife, open_session
from tradertape_server.features.auth.sign_in.totp import take_totp
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import ApiError, Conflict, Forbidden, Unauthenticated
from tradertape_server.platform.mail import Mailer
from tradertape_server.platform.secrets import (
    SecretBox,
    constant_time_equal,
    new_code,
    new_token,
    token_hash,
)

CODE_LIFE = timedelta(minutes=10)
TRIES = 5
LINK_PAGE = "/sign-in/verify"


@dataclass(frozen=True, slots=True)
class Browser:
    """The requesting browser: its origin, its present session, and the mark of a link request."""

    origin: RequestOrigin
    session_token: str = ""
    link_mark: str = ""  # the cookie it received when it requested the link


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session; its token is only sent in the cookie."""

    token: str
    user_id: int


class SignInService:
    """The use cases of the sign-in page."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        secrets: SecretBox,
        mailer: Mailer,
        passwords: Passwords,
        *,
        life: SessionLife,
        public_url: str,
        allow_signup: bool,
    ) -> None:
        self._database = database
        self._clock = clock
        self._secrets = secrets
        self._mailer = mailer
        self._passwords = passwords
        self._life = life
        self._public_url = public_url
        self._allow_signup = allow_signup

    def request_link(self, email: str, browser: Browser) -> str:
        """Mail a sign-in link and code; returns the cookie value that marks this browser.

        The same work is done for every e-mail address, but mail is sent only to one that may sign
        in. Raises TooMany.
        """
        link, code, mark = new_token(), new_code(), new_token()
        now = self._clock.now()
        with self._database.write(from_reserve=True) as session:
            attempt_limits.count_attempt(
                session, attempt_limits.LINKS_OF_IP, browser.origin.network, now
            )
            attempt_limits.count_attempt(session, attempt_limits.LINKS_OF_EMAIL, email, now)
            user = repository.user_by_email(session, email)
            self._store(session, email, link=link, code=code, mark=mark, now=now)
            may_enter = self._allow_signup if user is None else user.disabled_at is None
            record(
                session,
                "sign_in_link_asked",
                user_id=user.id if user else None,
                actor=email,
                origin=browser.origin,
                now=now,
            )
        if may_enter:
            self._mailer.send(
                sign_in_mail(
                    to=email,
                    link=self._link(link),
                    code=code,
                    minutes=int(CODE_LIFE.total_seconds() // 60),
                )
            )
        return mark

    def link_for(self, session: Session, email: str) -> str:
        """Create a sign-in link to pass on by other means; opening it requires a confirmation."""
        link = new_token()
        now = self._clock.now()
        self._store(session, email, link=link, code=new_code(), mark=new_token(), now=now)
        return self._link(link)

    def by_link(self, token: str, browser: Browser, *, confirm: bool, totp: str | None) -> SignedIn:
        """Sign in with the link's token; raises Unauthenticated, Conflict, Forbidden, TooMany."""
        now = self._clock.now()
        with self._database.write(from_reserve=True) as session:
            attempt_limits.count_attempt(
                session, attempt_limits.CODES_OF_IP, browser.origin.network, now
            )
            found = repository.code_by_link(session, token_hash(token), now)
            if found is None:
                outcome = _bad_link()
            elif not confirm and not constant_time_equal(
                found.browser_hash, token_hash(browser.link_mark)
            ):
                outcome = Conflict(
                    "This link was requested in another browser. "
                    f"Confirm that you want to sign in as {found.email} here.",
                    code="confirm_needed",
                )
            else:
                outcome = self._enter(session, found, browser, totp=totp, method="link", now=now)
        return _or_raise(outcome)

    def by_code(self, email: str, code: str, browser: Browser, *, totp: str | None) -> SignedIn:
        """Sign in with the six digits; raises Unauthenticated, Forbidden, TooMany."""
        now = self._clock.now()
        with self._database.write(from_reserve=True) as session:
            attempt_limits.count_attempt(
                session, attempt_limits.CODES_OF_IP, browser.origin.network, now
            )
            attempt_limits.count_attempt(session, attempt_limits.CODES_OF_EMAIL, email, now)
            expected = self._secrets.code_hash(email, code)
            found = repository.codes_of(session, email, now)
            if (
                found is None
                or not repository.use_attempt(session, found)
                or not constant_time_equal(found.otp_hash, expected)
            ):
                outcome = _bad_code()
            else:
                outcome = self._enter(session, found, browser, totp=totp, method="code", now=now)
                if isinstance(outcome, SignedIn):
                    attempt_limits.reset(session, attempt_limits.CODES_OF_EMAIL, email)
        return _or_raise(outcome)

    def by_password(
        self, email: str, password: str, browser: Browser, *, totp: str | None
    ) -> SignedIn:
        """Sign in with a password; raises Unauthenticated, Forbidden, TooMany."""
        now = self._clock.now()
        pair = f"{email} {browser.origin.network}"
        with self._database.write(from_reserve=True) as session:
            # Counted before the check, so that concurrent guesses cannot exceed the limit.
            attempt_limits.count_attempt(session, attempt_limits.PASSWORDS_OF_PAIR, pair, now)
            attempt_limits.count_attempt(session, attempt_limits.PASSWORDS_OF_EMAIL, email, now)
            attempt_limits.count_attempt(
                session, attempt_limits.PASSWORDS_OF_IP, browser.origin.network, now
            )
            user = repository.user_by_email(session, email)
            stored = user.password_hash if user else None
        is_right = self._passwords.verify(stored, password)
        with self._database.write(from_reserve=True) as session:
            user = repository.user_by_email(session, email)
            if user is None or not is_right:
                outcome = Unauthenticated(
                    "Wrong e-mail address or password.", code="wrong_credentials"
                )
                record(
                    session,
                    "password_refused",
                    user_id=user.id if user else None,
                    actor=email,
                    origin=browser.origin,
                    now=now,
                )
            else:
                outcome = self._open(session, user, browser, totp=totp, method="password", now=now)
                if isinstance(outcome, SignedIn):
                    attempt_limits.reset(session, attempt_limits.PASSWORDS_OF_PAIR, pair)
                    if self._passwords.needs_rehash(stored or ""):
                        user.password_hash = self._passwords.hash(password)
        return _or_raise(outcome)

    def _store(
        self, session: Session, email: str, *, link: str, code: str, mark: str, now: datetime
    ) -> None:
        repository.delete_codes(session, email, now)
        session.add(
            SignInCode(
                email=email,
                link_hash=token_hash(link),
                otp_hash=self._secrets.code_hash(email, code),
                browser_hash=token_hash(mark),
                tries_left=TRIES,
                created_at=now,
                expires_at=now + CODE_LIFE,
            )
        )

    def _enter(
        self,
        session: Session,
        found: SignInCode,
        browser: Browser,
        *,
        totp: str | None,
        method: str,
        now: datetime,
    ) -> SignedIn | ApiError:
        user = repository.user_by_email(session, found.email)
        if user is None and not self._allow_signup:
            return _bad_link() if method == "link" else _bad_code()
        if user is None:
            user = repository.add_user(session, found.email, now=now)
            record(
                session,
                "account_created",
                user_id=user.id,
                actor=user.email,
                origin=browser.origin,
                now=now,
            )
        outcome = self._open(session, user, browser, totp=totp, method=method, now=now)
        if isinstance(outcome, SignedIn):
            repository.delete_codes(session, found.email, now)
        return outcome

    def _open(
        self,
        session: Session,
        user: User,
        browser: Browser,
        *,
        totp: str | None,
        method: str,
        now: datetime,
    ) -> SignedIn | ApiError:
        if user.disabled_at is not None:
            return Forbidden("This account is disabled.", code="account_disabled")
        refusal = take_totp(session, user, totp, secrets=self._secrets, now=now)
        if refusal is not None:
            return refusal
        if browser.session_token:  # each sign-in replaces the browser's session
            repository.end_session_by_hash(session, token_hash(browser.session_token))
        repository.delete_ended_sessions(session, now=now, unused_since=now - self._life.idle)
        token = open_session(
            session,
            user,
            method=method,
            ip=browser.origin.ip,
            user_agent=browser.origin.user_agent,
            now=now,
            life=self._life,
        )
        record(
            session,
            "signed_in",
            user_id=user.id,
            actor=user.email,
            origin=browser.origin,
            now=now,
            method=method,
        )
        return SignedIn(token, user.id)

    def _link(self, token: str) -> str:
        return f"{self._public_url}{LINK_PAGE}?token={token}"


def _or_raise(outcome: SignedIn | ApiError) -> SignedIn:
    if isinstance(outcome, ApiError):
        raise outcome
    return outcome


def _bad_link() -> ApiError:
    return Unauthenticated(
        "This link was used, has expired or was replaced by a newer one.", code="link_invalid"
    )


def _bad_code() -> ApiError:
    return Unauthenticated(
        "This code is wrong, was used, has expired or was replaced by a newer one.",
        code="code_invalid",
    )
