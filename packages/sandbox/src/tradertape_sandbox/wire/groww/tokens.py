"""Access tokens: an API key with a one-time password, or with a check sum of its secret."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pyotp.totp import TOTP

from tradertape_core.kernel.clock import IST, Clock
from tradertape_sandbox.wire.groww.envelopes import Code, GrowwError, bad_request
from tradertape_sandbox.wire.groww.reading import Document
from tradertape_sandbox.wire.sessions import ApiApp, Session, Sessions

_STEP_S = 30
_TOLERATED_STEPS = 1  # a password of the step before or after is accepted
_CHECKSUM_AGE_S = 600


class WallClock:
    """The time on the caller's watch: it runs on where the exchange's clock is moved or stopped."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began, self._began_s = clock.now(), clock.monotonic()

    def now(self) -> datetime:
        """The time, aware."""
        return self._began + timedelta(seconds=self._clock.monotonic() - self._began_s)


@dataclass(slots=True)
class AccessTokens:
    """Checks what a program presents, and opens its session.

    totp_secret: the base-32 seed of the API key's one-time passwords.
    """

    sessions: Sessions
    totp_secret: str
    now: Callable[[], datetime]
    _used_steps: dict[str, int] = field(default_factory=dict[str, int])

    def open(self, api_key: str, body: Document) -> Session:
        """Open a session for an API key. Raises GrowwError."""
        app = self.sessions.app(api_key)
        if app is None:
            raise GrowwError(Code.NOT_AUTHORISED, "the API key is unknown")
        kind = body.text("key_type")
        if kind == "totp":
            self._check_totp(app, body.text("totp"))
        elif kind == "approval":
            self._check_sum(app, body)
        else:
            raise bad_request(f"key_type must be totp or approval, was {kind!r}")
        return self.sessions.open(app.api_key, app.user_id, ends_earlier=False)

    def _check_totp(self, app: ApiApp, code: str) -> None:
        """Each password opens one session: a step that was used, and those before, are over."""
        step = int(self.now().timestamp()) // _STEP_S
        totp = TOTP(self.totp_secret, interval=_STEP_S)
        for candidate in range(step - _TOLERATED_STEPS, step + _TOLERATED_STEPS + 1):
            at = datetime.fromtimestamp(candidate * _STEP_S, UTC)
            if not hmac.compare_digest(totp.at(at).encode(), code.encode()):
                continue
            if candidate <= self._used_steps.get(app.api_key, -1):
                raise bad_request("the TOTP was used already: wait for the next one")
            self._used_steps[app.api_key] = candidate
            return
        raise bad_request("the TOTP is wrong: check the seed and the clock of this machine")

    def _check_sum(self, app: ApiApp, body: Document) -> None:
        stamp = body.whole("timestamp", 0, 2**40)
        if abs(self.now().timestamp() - stamp) > _CHECKSUM_AGE_S:
            raise bad_request("timestamp must be the present time in seconds since 1970")
        wanted = hashlib.sha256(f"{app.secret}{stamp}".encode()).hexdigest()
        if not hmac.compare_digest(wanted.encode(), body.text("checksum").lower().encode()):
            raise bad_request("checksum must be the hex SHA-256 of the secret and the timestamp")


def token_reply(session: Session) -> dict[str, object]:
    """What a new token comes with; `token` is at the top, without an envelope."""
    return {
        "token": session.access_token,
        "tokenRefId": session.public_token,
        "sessionName": session.api_key,
        "expiry": f"{session.expires_at.astimezone(IST):%Y-%m-%dT%H:%M:%S}",
        "isActive": True,
    }
