"""Who may call a broker: its API apps, one-time login codes and access tokens.

Each broker has one `Sessions`. Everything is kept in memory: a restart signs everybody out, as a
broker's own night does. Times are those of the clock that the exchange goes by, so that a session
can be carried past its hour by the admin door.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from tradertape_core.kernel.clock import IST, Clock

_CODE_LIFE = timedelta(minutes=5)

SANDBOX_USER = "SB0001"
SANDBOX_API_KEY = "sandbox"
SANDBOX_SECRET = "sandbox-secret"  # noqa: S105 - printed at the start: nothing real is behind it


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiApp:
    """A program registered with a broker: its key, and where the broker calls it.

    redirect_url: where the login page sends the browser. postback_url: where order updates are
    posted; empty: nowhere.
    """

    api_key: str
    secret: str
    user_id: str
    redirect_url: str = ""
    postback_url: str = ""
    app_id: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in program. `expires_at`: aware, the broker's hour of the following morning.

    is_read_only: an extended session, which outlives the day and places no orders.
    """

    access_token: str
    refresh_token: str
    public_token: str
    api_key: str
    user_id: str
    opened_at: datetime
    expires_at: datetime
    is_read_only: bool = False


@dataclass(frozen=True, slots=True)
class _Code:
    api_key: str
    user_id: str
    expires_at: datetime


def next_morning(now: datetime, ends_at: time) -> datetime:
    """The next time, after now, that Indian clocks show `ends_at`."""
    local = now.astimezone(IST)
    end = datetime.combine(local.date(), ends_at, tzinfo=IST)
    return end if end > local else end + timedelta(days=1)


class Sessions:
    """The apps, codes and sessions of one broker; every session ends at the same hour (IST)."""

    def __init__(
        self, clock: Clock, ends_at: time, *, new_token: Callable[[], str] | None = None
    ) -> None:
        self._clock = clock
        self._ends_at = ends_at
        self._new_token = new_token or _alphanumeric
        self._apps: dict[str, ApiApp] = {}
        self._addresses: dict[str, frozenset[str]] = {}  # by API key
        self._user_addresses: dict[str, frozenset[str]] = {}
        self._codes: dict[str, _Code] = {}
        self._by_access: dict[str, Session] = {}
        self._by_refresh: dict[str, Session] = {}

    def register(self, app: ApiApp) -> None:
        """Add an app, or replace the one of its key; open sessions continue."""
        self._apps[app.api_key] = app

    def app(self, api_key: str) -> ApiApp | None:
        """The app of a key."""
        return self._apps.get(api_key)

    @property
    def apps(self) -> tuple[ApiApp, ...]:
        """All registered apps."""
        return tuple(self._apps.values())

    def register_addresses(self, api_key: str, addresses: Iterable[str]) -> None:
        """Take an app's orders from these internet addresses alone; of none, from everywhere."""
        self._addresses[api_key] = frozenset(addresses)

    def register_user_addresses(self, user_id: str, addresses: Iterable[str]) -> None:
        """The same for a user's orders, whichever app sends them."""
        self._user_addresses[user_id] = frozenset(addresses)

    def user_addresses(self, user_id: str) -> frozenset[str]:
        """The addresses that a user's orders may come from; none: from everywhere."""
        return self._user_addresses.get(user_id, frozenset())

    def release_addresses(self) -> None:
        """Take everybody's orders from everywhere."""
        self._addresses.clear()
        self._user_addresses.clear()

    def admits(self, session: Session, address: str) -> bool:
        """Whether orders of the session's app, and of its user, may come from an address."""
        of_app = self._addresses.get(session.api_key)
        of_user = self._user_addresses.get(session.user_id)
        return all(address in one for one in (of_app, of_user) if one)

    def grant(self, api_key: str, user_id: str) -> str:
        """Return a login code for the app, valid for five minutes and one `redeem`."""
        now = self._clock.now()
        self._codes = {text: code for text, code in self._codes.items() if code.expires_at > now}
        text = self._new_token()
        self._codes[text] = _Code(api_key, user_id, now + _CODE_LIFE)
        return text

    def redeem(self, api_key: str, code: str) -> str | None:
        """Use up a login code and return its user; None: unknown, used, expired or another app's.

        A code that another app presents remains valid for its own.
        """
        found = self._codes.get(code)
        if found is None or found.api_key != api_key:
            return None
        del self._codes[code]
        return found.user_id if found.expires_at > self._clock.now() else None

    def open(self, api_key: str, user_id: str, *, ends_earlier: bool = True) -> Session:
        """Sign the user in to the app.

        ends_earlier: the user's earlier sessions of the same app end, as with a new login to Kite.
        """
        now = self._clock.now()
        for old in [one for one in self._by_access.values() if one.api_key == api_key]:
            is_earlier = old.user_id == user_id and not old.is_read_only
            if (ends_earlier and is_earlier) or old.expires_at <= now:
                self._forget(old)
        session = Session(
            access_token=self._new_token(),
            refresh_token=self._new_token(),
            public_token=self._new_token(),
            api_key=api_key,
            user_id=user_id,
            opened_at=now,
            expires_at=next_morning(now, self._ends_at),
        )
        self._by_access[session.access_token] = session
        self._by_refresh[session.refresh_token] = session
        return session

    def open_extended(self, session: Session, life: timedelta) -> Session:
        """Open a session beside another one that only reads; earlier ones of the user continue."""
        extended = replace(
            session,
            access_token=self._new_token(),
            refresh_token=self._new_token(),
            public_token=self._new_token(),
            expires_at=session.opened_at + life,
            is_read_only=True,
        )
        self._by_access[extended.access_token] = extended
        return extended

    def find(self, access_token: str) -> Session | None:
        """The open session of a token; None once it has ended, for whatever reason."""
        session = self._by_access.get(access_token)
        if session is None or session.expires_at <= self._clock.now():
            return None
        return session

    def renew(self, api_key: str, refresh_token: str) -> Session | None:
        """Open a session in the place of the one with this refresh token, even an expired one."""
        old = self._by_refresh.get(refresh_token)
        if old is None or old.api_key != api_key:
            return None
        self._forget(old)
        return self.open(api_key, old.user_id)

    def close(self, access_token: str) -> bool:
        """End a session; False when the token has none."""
        session = self._by_access.get(access_token)
        if session is not None:
            self._forget(session)
        return session is not None

    def close_of(self, user_id: str) -> int:
        """End every session of a user; return how many there were."""
        found = self._of(user_id)
        for session in found:
            self._forget(session)
        return len(found)

    def close_refresh(self, refresh_token: str) -> bool:
        """Make a refresh token invalid; the session it came with stays open."""
        return self._by_refresh.pop(refresh_token, None) is not None

    def close_all(self) -> int:
        """End every session of the day at once, as at the broker's hour; return how many were open.

        Extended sessions continue.
        """
        ended = [one for one in self._by_access.values() if not one.is_read_only]
        count = sum(self.find(one.access_token) is not None for one in ended)
        self._by_access = {name: s for name, s in self._by_access.items() if s.is_read_only}
        self._by_refresh.clear()
        return count

    def _of(self, user_id: str) -> list[Session]:
        return [one for one in self._by_access.values() if one.user_id == user_id]

    def _forget(self, session: Session) -> None:
        self._by_access.pop(session.access_token, None)
        self._by_refresh.pop(session.refresh_token, None)


def _alphanumeric() -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return "".join(secrets.choice(alphabet) for _ in range(32))
