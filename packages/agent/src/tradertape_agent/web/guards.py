"""Who may call, and from which page: checked before any route is.

This machine needs no login. Another device of the network gets the page, which pairs it, and
nothing else. A page of another site gets nothing, whatever machine shows it.
"""

from __future__ import annotations

import secrets
import socket
from typing import Final
from urllib.parse import urlsplit

from flask import Flask, Request, Response, g, jsonify, request

from tradertape_agent.web.network import address_of, is_public, is_this_machine
from tradertape_agent.web.pairing import Pairing

DEVICE: Final = "X-Device-Token"
CSRF: Final = "X-CSRF-Token"
_SAFE: Final = frozenset({"GET", "HEAD"})
_OPEN: Final = frozenset(
    {"/", "/api/session", "/api/pairing", "/color-scheme.js", "/favicon.ico", "/icon.svg"}
)
_FIRST_FAILURE: Final = 400
_PROXIED: Final = ("Forwarded", "X-Forwarded-For", "X-Real-IP")
_POLICY: Final = (
    # Components set styles of their own; scripts come from our files alone.
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "script-src 'self'; object-src 'none'; "
    "frame-ancestors 'none'; form-action 'self'; base-uri 'none'"
)


class Guards:
    """The checks of one server. csrf: proves that a page of this server has made a request."""

    def __init__(self, pairing: Pairing, *, allow_public: bool) -> None:
        self.csrf = secrets.token_urlsafe(24)
        self._pairing = pairing
        self._allow_public = allow_public
        self._names = {"localhost", socket.gethostname().lower()}

    def install(self, app: Flask) -> None:
        """Check every request of an application, and close its answers to other pages."""
        app.before_request(self._check)
        app.after_request(_closed)

    def _check(self) -> Response | None:
        why = self._refusal(request)
        if why is not None:
            return refused(*why)
        return None

    def _refusal(self, asked: Request) -> tuple[int, str] | None:
        if not self._is_our_host(asked.host):
            return 421, "this name is not this agent's: open it by its address or NAME.local"
        if is_public(asked.remote_addr or "") and not self._allow_public:
            return 403, "callers of the internet are refused"
        if _is_foreign(asked):
            return 403, "another site's page may not call this agent"
        g.is_local = _is_local(asked)
        g.is_paired = self._pairing.knows(asked.headers.get(DEVICE, ""))
        is_open = asked.path in _OPEN or asked.path.startswith("/assets/")
        if not (g.is_local or g.is_paired or is_open):
            return 401, "this device is not paired"
        return None if asked.method in _SAFE else self._of_change(asked)

    def _of_change(self, asked: Request) -> tuple[int, str] | None:
        if not asked.is_json and asked.method != "DELETE":
            return 415, "the body must be application/json"
        given = asked.headers.get(CSRF, "")
        if not secrets.compare_digest(given.encode(), self.csrf.encode()):
            return 403, "the page is out of date: reload it"
        return None

    def _is_our_host(self, host: str) -> bool:
        """A rebound name of a foreign site is none of these."""
        name = (urlsplit(f"//{host}").hostname or "").lower()
        found = address_of(name)
        if found is not None:
            return self._allow_public or not found.is_global
        return name in self._names or name.endswith(".local")


def _is_local(asked: Request) -> bool:
    """A proxy on this machine passes on the calls of others: they are not local."""
    is_passed_on = any(name in asked.headers for name in _PROXIED)
    return is_this_machine(asked.remote_addr or "") and not is_passed_on


def _is_foreign(asked: Request) -> bool:
    """Whether another site's page makes the request. Opening our page by a link is none."""
    site = asked.headers.get("Sec-Fetch-Site", "none")
    is_opened = asked.method == "GET" and asked.headers.get("Sec-Fetch-Mode") == "navigate"
    if site not in ("same-origin", "none") and not (is_opened and not _is_api(asked)):
        return True
    origin = asked.headers.get("Origin")
    return origin is not None and origin != f"{asked.scheme}://{asked.host}"


def _is_api(asked: Request) -> bool:
    return asked.path.startswith("/api/")


def refused(status: int, detail: str) -> Response:
    """An answer that says why something is not done."""
    answer = jsonify(detail=detail)
    answer.status_code = status
    return answer


def _kept(answer: Response) -> str:
    """The names of built files change with their content; nothing else is kept anywhere."""
    is_built = request.path.startswith("/assets/") and answer.status_code < _FIRST_FAILURE
    return "public, max-age=31536000, immutable" if is_built else "no-store"


def _closed(answer: Response) -> Response:
    answer.headers["Cache-Control"] = _kept(answer)
    answer.headers["Content-Security-Policy"] = _POLICY
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["X-Frame-Options"] = "DENY"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
