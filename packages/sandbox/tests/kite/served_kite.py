"""Kite's door in process: the whole application with a clock that the test moves."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from packages.sandbox.tests.exchange.bench import HandClock

from tradertape_sandbox.app import Sandbox, build
from tradertape_sandbox.settings import SandboxSettings
from tradertape_sandbox.wire.sessions import SANDBOX_SECRET


@dataclass
class ServedKite:
    """The application, its clock, and the headers of a caller who is signed in."""

    sandbox: Sandbox
    clock: HandClock
    headers: dict[str, str] = field(default_factory=dict)

    def call(self, method: str, path: str, **terms: Any) -> httpx.Response:
        """Answer one request; two seconds pass before, so that no rate limit is met."""
        self.step(2.0)
        return self.at_once(method, path, **terms)

    def at_once(self, method: str, path: str, **terms: Any) -> httpx.Response:
        """Answer one request without time having passed."""
        headers = {**self.headers, **terms.pop("headers", {})}
        return asyncio.run(self._call(method, path, headers=headers, **terms))

    def data(self, method: str, path: str, **terms: Any) -> Any:
        """The data of a call that succeeds."""
        reply = self.call(method, path, **terms)
        assert reply.status_code == 200, reply.text
        return reply.json()["data"]

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

    def step(self, seconds: float = 0.2) -> None:
        """Let time pass."""
        self.clock.at += timedelta(seconds=seconds)
        self.sandbox.exchange.advance()

    async def _call(self, method: str, path: str, **terms: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.sandbox.app, client=("127.0.0.1", 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            reply = await client.request(method, path, **terms)
            await asyncio.sleep(0)  # what was to be sent by the way is sent
            return reply


def checksum(token: str, secret: str = SANDBOX_SECRET) -> str:
    """What an app proves itself with."""
    return hashlib.sha256(f"sandbox{token}{secret}".encode()).hexdigest()


def served_kite(**settings: Any) -> ServedKite:
    """A fresh sandbox, with nobody signed in."""
    clock = HandClock()
    terms = SandboxSettings(port=18900, totp_secret="S" * 16, admin_key="the-admin-key", **settings)
    return ServedKite(build(terms, clock), clock)
