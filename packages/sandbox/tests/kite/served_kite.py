"""Kite's door in process."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

from packages.sandbox.tests.served_door import ServedDoor, built

from tradertape_sandbox.wire.sessions import SANDBOX_SECRET


class ServedKite(ServedDoor):
    """Kite's door, and the headers of a caller who is signed in."""

    def error(self, method: str, path: str, **terms: Any) -> tuple[int, str, str]:
        """Status, kind and message of a call that is refused."""
        reply = self.call(method, path, **terms)
        body = reply.json()
        assert body["status"] == "error"
        return reply.status_code, body["error_type"], body["message"]

    def request_token(self) -> str:
        """The token that the login page's button gives."""
        reply = self.call("POST", "/connect/login", params={"api_key": "sandbox"})
        return parse_qs(urlsplit(reply.headers["location"]).query)["request_token"][0]

    def sign_in(self) -> dict[str, Any]:
        """Open a session, and use it from now on."""
        token = self.request_token()
        form = {"api_key": "sandbox", "request_token": token, "checksum": checksum(token)}
        session = self.data("POST", "/session/token", data=form)
        self.headers = {"Authorization": f"token sandbox:{session['access_token']}"}
        return session


def checksum(token: str, secret: str = SANDBOX_SECRET) -> str:
    """What an app proves itself with."""
    return hashlib.sha256(f"sandbox{token}{secret}".encode()).hexdigest()


def served_kite(**settings: Any) -> ServedKite:
    """A fresh sandbox, with nobody signed in."""
    return ServedKite(*built(**settings))
