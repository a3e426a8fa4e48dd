"""Security headers for browsers, and the refusal of cross-site requests."""

from __future__ import annotations

from functools import cache
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tradertape_server.platform.errors import error_response
from tradertape_server.platform.http.routing import SAFE_METHODS

_COMMON = (
    "default-src 'self'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'none'; style-src 'self' 'unsafe-inline'; "
)
# Charts and components set style attributes; scripts may come only from our own files.
CONSOLE_POLICY = _COMMON + "script-src 'self'"
# The documentation's theme needs inline scripts.
DOCS_POLICY = _COMMON + "script-src 'self' 'unsafe-inline'"
API_POLICY = "default-src 'none'; frame-ancestors 'none'"

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
HSTS = "max-age=31536000"


def policy_for(path: str) -> str:
    """The Content-Security-Policy of a path."""
    if path.startswith(("/api/docs", "/api/redoc")):
        return CONSOLE_POLICY
    if path.startswith("/api/"):
        return API_POLICY
    return DOCS_POLICY if path == "/docs" or path.startswith("/docs/") else CONSOLE_POLICY


def _headers_of(policy: str, scope: Scope) -> tuple[tuple[bytes, bytes], ...]:
    is_api = scope["path"].startswith("/api/")
    return _written(policy, is_api=is_api, is_secure=scope["scheme"] == "https")


@cache
def _written(policy: str, *, is_api: bool, is_secure: bool) -> tuple[tuple[bytes, bytes], ...]:
    headers = {**HEADERS, "Content-Security-Policy": policy}
    if is_api:
        headers["Cache-Control"] = "no-store"
    if is_secure:
        headers["Strict-Transport-Security"] = HSTS
    return tuple((name.lower().encode(), value.encode()) for name, value in headers.items())


class SecurityHeaders:
    """Middleware that adds the headers to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request with the headers added to the response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                wanted = _headers_of(policy_for(scope["path"]), scope)
                given = list(message.get("headers", ()))
                there = {name.lower() for name, _ in given}
                message["headers"] = given + [one for one in wanted if one[0] not in there]
            await send(message)

        await self._app(scope, receive, send_with_headers)


class CrossSite:
    """Middleware that refuses changes requested by a page of another site.

    A request with a bearer token is allowed: browsers do not add one by themselves, and cookies
    are ignored beside it.
    """

    def __init__(self, app: ASGIApp, *, public_url: str) -> None:
        self._app = app
        self._origins = {origin_of(public_url)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or respond with 403."""
        if scope["type"] == "http" and not self._allows(scope):
            detail = "This request comes from another site's page."
            await error_response(403, detail, code="cross_site")(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _allows(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        if scope["method"] in SAFE_METHODS or is_bearer(headers):
            return True
        # A page cannot set Sec-Fetch-Site; if the browser sends it, it decides.
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site in {"same-origin", "none"}
        claimed = headers.get("origin") or headers.get("referer")
        if claimed is None:
            return True  # not a browser: curl and scripts send neither
        own = {*self._origins, f"{scope['scheme']}://{headers.get('host', '')}"}
        return origin_of(claimed) in own


def is_bearer(headers: Headers) -> bool:
    """Whether the request has a bearer token; its cookies are then ignored."""
    return headers.get("authorization", "").lower().startswith("bearer ")


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL; "null" for anything else."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else "null"
