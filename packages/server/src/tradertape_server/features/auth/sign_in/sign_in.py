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
from tradertape_server.features.auth.sign_in import attempt_limits as limits
from tradertape_server.features.auth.sign_in.known_devices import find_device, remember_device
from tradertape_server.features.auth.sign_in.mail_texts import (
    administrator_mail,
    security_mail,
    sign_in_mail,
)
from tradertape_server.features.auth.sign_in.recovery_codes import codes_left
from tradertape_server.features.auth.sign_in.sessions import SessionLife, open_session
from tradertape_server.features.auth.sign_in.totp import is_recovery_code, take_totp
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import ApiError, Conflict, Forbidden, Unauthenticated
from tradertape_server.platform.mail import Mail, Mailer
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
    device_token: str = ""  # the cookie it received when it last signed in


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session, and the browser's mark from now on; both tokens are only sent in cookies."""

    token: str
    user_id: int
    device_token: str
    mail: Mail | None = None  # to the owner, where a recovery code was used


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
        first_is_admin: bool,
    ) -> None:
        self._database = database
        self._clock = clock
        self._secrets = secrets
        self._mailer = mailer
        self._passwords = passwords
        self._life = life
        self._public_url = public_url
        self._allow_signup = allow_signup
        self._first_is_admin = first_is_admin

    def request_link(self, email: str, browser: Browser) -> str:
        """Mail a sign-in link and code; returns the cookie value that marks this browser.

        The same work is done for every e-mail address, but mail is sent only to one that may sign
        in, and not while a recent mail is valid that another browser asked for. Raises TooMany.
        """
        link, code, mark = new_token(), new_code(), new_token()
        now = self._clock.now()
        limits.after_clock_was_set_back(self._database, now)
        with self._database.write(from_reserve=True) as session:
            device = find_device(session, browser.device_token, email, now)
            limits.count_attempts(session, _links_of(email, browser, device), now)
            is_due = limits.mail_is_due(session, email, now) or device is not None
            user = repository.user_by_email(session, email)
            if is_due:
                former = token_hash(browser.link_mark)
                repository.delete_codes_of_browser(session, email, former, now)
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
        if may_enter and is_due:
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
        repository.delete_codes(session, email, now)
        self._store(session, email, link=link, code=new_code(), mark=new_token(), now=now)
        return self._link(link)

    def by_link(self, token: str, browser: Browser, *, confirm: bool, totp: str | None) -> SignedIn:
        """Sign in with the link's token; raises Unauthenticated, Conflict, Forbidden, TooMany."""
        now = self._clock.now()
        limits.after_clock_was_set_back(self._database, now)
        with self._database.write(from_reserve=True) as session:
            found = repository.code_by_link(session, token_hash(token), now)
            if found is None:
                # Only wrong ones count: nobody else's guesses keep a right one from working.
                limits.count_attempt(session, limits.CODES_OF_IP, browser.origin.network, now)
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
        return self._finished(outcome)

    def by_code(self, email: str, code: str, browser: Browser, *, totp: str | None) -> SignedIn:
        """Sign in with the six digits; raises Unauthenticated, Forbidden, TooMany."""
        now = self._clock.now()
        limits.after_clock_was_set_back(self._database, now)
        with self._database.write(from_reserve=True) as session:
            device = find_device(session, browser.device_token, email, now)
            attempts = limits.count_attempts(session, _codes_of(email, browser, device), now)
            expected = self._secrets.code_hash(email, code)
            # A stranger's guesses use up no attempts of the code that the owner's browser asked
            # for; the limits of the e-mail address hold for them.
            mark = token_hash(browser.link_mark)
            found = repository.code_to_match(session, email, mark, now)
            if (
                found is None
                or not repository.use_attempt(session, found, mark)
                or not constant_time_equal(found.otp_hash, expected)
            ):
                outcome = _bad_code()
            else:
                outcome = self._enter(session, found, browser, totp=totp, method="code", now=now)
                if isinstance(outcome, SignedIn):
                    limits.take_back(session, attempts)
        return self._finished(outcome)

    def by_password(
        self, email: str, password: str, browser: Browser, *, totp: str | None
    ) -> SignedIn:
        """Sign in with a password; raises Unauthenticated, Forbidden, TooMany."""
        now = self._clock.now()
        limits.after_clock_was_set_back(self._database, now)
        with self._database.write(from_reserve=True) as session:
            # Counted before the check, so that concurrent guesses cannot exceed the limit.
            device = find_device(session, browser.device_token, email, now)
            counted = _passwords_of(email, browser, device)
            attempts = limits.count_attempts(session, counted, now)
            user = repository.user_by_email(session, email)
            stored = user.password_hash if user else None
        is_right = self._passwords.verify(stored, password)
        # Hashed again before the transaction: others would wait for it.
        is_weak = is_right and self._passwords.needs_rehash(stored or "")
        rehashed = self._passwords.hash(password) if is_weak else stored
        with self._database.write(from_reserve=True) as session:
            user = repository.user_by_email(session, email)
            if user is None or not is_right or user.password_hash != stored:
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
                    limits.take_back(session, attempts)
                    limits.reset(session, *counted[0])
                    user.password_hash = rehashed
        return self._finished(outcome)

    def _store(
        self, session: Session, email: str, *, link: str, code: str, mark: str, now: datetime
    ) -> None:
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
            user = self._new_user(session, found.email, now)
            record(
                session,
                "account_created",
                user_id=user.id,
                actor=user.email,
                origin=browser.origin,
                now=now,
                administrator=user.is_admin,
            )
            if user.is_admin:
                self._mailer.send(administrator_mail(to=user.email))
        outcome = self._open(session, user, browser, totp=totp, method=method, now=now)
        if isinstance(outcome, SignedIn):
            repository.delete_codes(session, found.email, now)
        return outcome

    def _new_user(self, session: Session, email: str, now: datetime) -> User:
        """A new account: the administrator's, where it is the first on a server of one machine."""
        self._database.advisory_lock(session, "first-account")
        is_first = self._first_is_admin and not repository.has_users(session)
        return repository.add_user(session, email, now=now, is_admin=is_first)

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
        device = find_device(session, browser.device_token, user.email, now)
        refusal = take_totp(session, user, totp, secrets=self._secrets, now=now, device=device)
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
        device_token = remember_device(session, user.id, browser.device_token, now, self._secrets)
        is_recovered = user.totp_enabled_at is not None and is_recovery_code(totp or "")
        mail = self._recovered(session, user, browser.origin, now) if is_recovered else None
        return SignedIn(token, user.id, device_token, mail)

    def _finished(self, outcome: SignedIn | ApiError) -> SignedIn:
        """After the transaction: raise what refused the sign-in, or send the mail about it."""
        if isinstance(outcome, ApiError):
            raise outcome
        if outcome.mail is not None:
            self._mailer.send(outcome.mail)
        return outcome

    def _recovered(
        self, session: Session, user: User, origin: RequestOrigin, now: datetime
    ) -> Mail:
        left = codes_left(session, user.id)
        record(
            session,
            "recovery_code_used",
            user_id=user.id,
            actor=user.email,
            origin=origin,
            now=now,
            left=left,
        )
        detail = f"{left} of the recovery codes are left. "
        event = "A recovery code was used to sign in"
        return security_mail(to=user.email, event=event, at=now, detail=detail)

    def _link(self, token: str) -> str:
        return f"{self._public_url}{LINK_PAGE}?token={token}"


def _links_of(email: str, browser: Browser, device: int | None) -> list[limits.Counted]:
    if device is not None:
        return [(limits.LINKS_OF_DEVICE, str(device))]
    network = browser.origin.network
    return [(limits.LINKS_OF_IP, network), (limits.LINKS_OF_PAIR, f"{email} {network}")]


def _codes_of(email: str, browser: Browser, device: int | None) -> list[limits.Counted]:
    if device is not None:
        return [(limits.CODES_OF_DEVICE, str(device))]
    return [(limits.CODES_OF_IP, browser.origin.network), (limits.CODES_OF_EMAIL, email)]


def _passwords_of(email: str, browser: Browser, device: int | None) -> list[limits.Counted]:
    """The limits on passwords; the first is reset by a right one."""
    if device is not None:
        return [(limits.PASSWORDS_OF_DEVICE, str(device))]
    network = browser.origin.network
    return [
        (limits.PASSWORDS_OF_PAIR, f"{email} {network}"),
        (limits.PASSWORDS_OF_EMAIL, email),
        (limits.PASSWORDS_OF_IP, network),
    ]


def _bad_link() -> ApiError:
    return Unauthenticated(
        "This link was used, has expired or was replaced by a newer one.", code="link_invalid"
    )


def _bad_code() -> ApiError:
    return Unauthenticated(
        "This code is wrong, was used, has expired or was replaced by a newer one.",
        code="code_invalid",
    )
