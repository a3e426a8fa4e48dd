"""The gate every request under /api passes: who is it, and may it come in at all."""

from __future__ import annotations

from typing import Protocol

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tradertape_server.platform.identity import STATE_KEY, Identity


class FindsCallers(Protocol):
    """What the gate needs to know about accounts."""

    cookie_name: str

    def by_cookie(self, token: str) -> tuple[Identity | None, bool]: ...

    def by_bearer(self, token: str) -> Identity | None: ...

    def renewed_cookie(self, token: str) -> str:
        """A Set-Cookie value that keeps the session cookie alive."""
        ...


class Gate:
    """Finds the caller. A bearer token makes cookies count for nothing."""

    def __init__(self, app: ASGIApp, *, callers: FindsCallers) -> None:
        self._app = app
        self._callers = callers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its caller in `scope["state"]`."""
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        identity, renewal = await run_in_threadpool(self._find, headers)
        scope.setdefault("state", {})[STATE_KEY] = identity

        async def send_renewed(message: Message) -> None:
            if renewal and message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                if "set-cookie" not in answer:
                    answer.append("set-cookie", renewal)
            await send(message)

        await self._app(scope, receive, send_renewed)

    def _find(self, headers: Headers) -> tuple[Identity | None, str]:
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return self._callers.by_bearer(token.strip()), ""
        cookie = cookie_parser(headers.get("cookie", "")).get(self._callers.cookie_name, "")
        if not cookie:
            return None, ""
        identity, renew = self._callers.by_cookie(cookie)
        return identity, self._callers.renewed_cookie(cookie) if renew else ""
