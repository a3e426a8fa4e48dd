"""Who may use the admin door: this machine's programs, and whoever has the printed key."""

from __future__ import annotations

import hmac
from ipaddress import ip_address

from starlette.requests import Request

KEY_HEADER = "X-Admin-Key"
_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def is_allowed(request: Request, key: str) -> bool:
    """Whether a request has the key, or comes from a program on this machine.

    A web page in this machine's browser does not count: it names its origin, and a name that was
    made to point here is not one of this machine's own.
    """
    given = request.headers.get(KEY_HEADER)
    if given is not None:
        return hmac.compare_digest(given.encode(), key.encode())
    if request.client is None or not _is_loopback(request.client.host):
        return False
    return request.url.hostname in _LOCAL_NAMES and "origin" not in request.headers


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
