"""The names this server answers to: requests for any other host are refused.

A page of a foreign site can point its own name at this machine's address (DNS rebinding); its
browser then takes our answers for that site's own. Such a request still names the foreign host.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address

from starlette.types import ASGIApp, Receive, Scope, Send

from tradertape_server.platform.errors import error_response

EVERYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - compared, not listened on
LOOPBACK_NAME = "localhost"


class AllowedHosts:
    """Which `Host` headers are answered.

    names: host names and addresses of this server; `.example.com` stands for every name below it.
    bound: the address it listens on. Where that is every network, any address in digits is
    answered, as a page of another site cannot have one; loopback names and addresses always are.
    """

    def __init__(self, names: Iterable[str], *, bound: str) -> None:
        given = {name.lower().rstrip(".") for name in (*names, bound) if name}
        self._names = {name.removeprefix("*") for name in given} - EVERYWHERE
        self._below = tuple(name for name in self._names if name.startswith("."))
        self._is_everywhere = bound in EVERYWHERE

    def allows(self, header: str) -> bool:
        """Whether a `Host` header, with or without a port, names this server."""
        host = host_of(header)
        if host in self._names or host == LOOPBACK_NAME or host.endswith(f".{LOOPBACK_NAME}"):
            return True
        if self._below and host.endswith(self._below):
            return True
        try:
            address = ip_address(host)
        except ValueError:
            return False
        return self._is_everywhere or address.is_loopback


def host_of(header: str) -> str:
    """The host of a `Host` header in lower case, without port, brackets and the last dot."""
    text = header.strip().lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0].rstrip(".")


class CheckedHost:
    """Middleware that refuses requests and sockets for foreign hosts.

    HTTP/1.0 has no `Host`, and no browser speaks it: a request without one is answered.
    """

    def __init__(self, app: ASGIApp, *, allowed: AllowedHosts) -> None:
        self._app = app
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or refuse it with 400."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        named = [value for name, value in scope["headers"] if name == b"host"]
        if all(self._allowed.allows(value.decode("latin-1")) for value in named):
            await self._app(scope, receive, send)
            return
        detail = (
            "This server does not answer to the host name of the request. Set "
            "TRADERTAPE_PUBLIC_URL to the address that people open, or name further hosts in "
            "TRADERTAPE_ALLOWED_HOSTS."
        )
        refusal = error_response(400, detail, code="host_not_allowed")
        await refusal(scope, receive, send)
