"""Authentication of every request under /api: finds the caller by bearer token or cookie."""

from __future__ import annotations

from typing import Protocol
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tradertape_server.platform.errors import Unavailable, response_for
from tradertape_server.platform.http.concurrency import (
    Capacity,
    ConcurrencyLimit,
    OwnThreads,
)
from tradertape_server.platform.http.identity import (
    REFUSAL_KEY,
    STATE_KEY,
    AddressRefused,
    Identity,
    TokenInvalid,
)
from tradertape_server.platform.http.requests import caller_network, client_ip

# An order must not wait for its caller to be found while the routes' threads are busy, nor behind
# hundreds of requests from another address.
_LOOKUPS = Capacity(at_once=8, of_one=4, waiting=10_000, wait_s=10.0)
_threads = OwnThreads("authentication", _LOOKUPS.at_once)


class CredentialLookup(Protocol):
    """What the middleware asks of the accounts."""

    cookie_name: str

    def cached_cookie(self, token: str) -> Identity | None:
        """The caller with a session cookie if it is cached; called on the event loop."""
        ...

    def by_cookie(self, token: str) -> tuple[Identity | None, bool]:
        """The caller with a session cookie, and whether the cookie should be renewed."""
        ...

    def cached_bearer(self, token: str, address: str) -> Identity | None:
        """The caller with a bearer token if it is cached; called on the event loop."""
        ...

    def by_bearer(self, token: str, address: str) -> Identity | None:
        """The caller with a bearer token. Raises AddressRefused, TokenInvalid."""
        ...

    def renewed_cookie(self, token: str) -> str:
        """A Set-Cookie value that keeps the session cookie alive."""
        ...


class AuthenticationMiddleware:
    """Finds the caller. With a bearer token, cookies are ignored.

    streams: below this path a stream of server-sent events also accepts the token in the query, as
    a browser's EventSource cannot set headers.
    """

    def __init__(self, app: ASGIApp, *, callers: CredentialLookup, streams: str) -> None:
        self._app = app
        self._callers = callers
        self._streams = streams
        self._lookups = ConcurrencyLimit(_LOOKUPS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its caller in `scope["state"]`."""
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        headers, address = Headers(scope=scope), client_ip(scope)
        state = scope.setdefault("state", {})
        token = bearer_of(headers)
        if token is None and self._is_stream(scope):
            token = _token_in_query(scope)
        identity, renewal = None, ""
        try:
            if token is not None:
                identity = await self._by_bearer(token, address)
            elif cookie := self._cookie_of(headers):
                identity, renewal = await self._by_cookie(cookie, address)
        except Unavailable as error:
            await response_for(error)(scope, receive, send)
            return
        except (AddressRefused, TokenInvalid) as refusal:  # continues as an anonymous caller
            state[REFUSAL_KEY] = refusal
        state[STATE_KEY] = identity
        if not renewal:
            await self._app(scope, receive, send)
            return

        async def send_renewed(message: Message) -> None:
            if message["type"] == "http.response.start":
                response_headers = MutableHeaders(scope=message)
                if "set-cookie" not in response_headers:
                    response_headers.append("set-cookie", renewal)
            await send(message)

        await self._app(scope, receive, send_renewed)

    def _is_stream(self, scope: Scope) -> bool:
        path: str = scope["path"]
        is_get = scope["method"] == "GET"
        return is_get and path.startswith(self._streams) and path.endswith("/stream")

    def _cookie_of(self, headers: Headers) -> str:
        return cookie_parser(headers.get("cookie", "")).get(self._callers.cookie_name, "")

    async def _by_bearer(self, token: str, address: str) -> Identity | None:
        """The caller with a token. Raises AddressRefused, TokenInvalid, Unavailable."""
        if (known := self._callers.cached_bearer(token, address)) is not None:
            return known
        async with self._lookups.enter(caller_network(address)):
            # Of hundreds that came at once, the first was looked up meanwhile.
            known = self._callers.cached_bearer(token, address)
            return known or await _threads.run(self._callers.by_bearer, token, address)

    async def _by_cookie(self, cookie: str, address: str) -> tuple[Identity | None, str]:
        """The caller with a session, and the cookie's new value if it is to be renewed."""
        if (known := self._callers.cached_cookie(cookie)) is not None:
            return known, ""
        async with self._lookups.enter(caller_network(address)):
            if (known := self._callers.cached_cookie(cookie)) is not None:
                return known, ""
            identity, renew = await _threads.run(self._callers.by_cookie, cookie)
        return identity, self._callers.renewed_cookie(cookie) if renew else ""


def bearer_of(headers: Headers) -> str | None:
    """The bearer token of the Authorization header, None without one."""
    kind, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def _token_in_query(scope: Scope) -> str | None:
    """The `token` of the query, which is never logged."""
    found = parse_qs(scope["query_string"].decode("latin-1")).get("token")
    return found[-1] if found else None
