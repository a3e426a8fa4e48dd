"""A sandbox in process: the whole application with a clock that the test moves."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar

import httpx
from packages.sandbox.tests.exchange.bench import HandClock

from tradertape_sandbox.app import Sandbox, build
from tradertape_sandbox.settings import SandboxSettings


@dataclass
class ServedDoor:
    """The application, its clock, and the headers of a caller who is signed in."""

    sandbox: Sandbox
    clock: HandClock
    headers: dict[str, str] = field(default_factory=dict)
    prefix: ClassVar[str] = ""

    def call(self, method: str, path: str, **terms: Any) -> httpx.Response:
        """Answer one request; two seconds pass before, so that no rate limit is met."""
        self.step(2.0)
        return self.at_once(method, path, **terms)

    def at_once(self, method: str, path: str, **terms: Any) -> httpx.Response:
        """Answer one request without time having passed."""
        headers = {**self.headers, **terms.pop("headers", {})}
        return asyncio.run(self._call(method, self.prefix + path, headers=headers, **terms))

    def data(self, method: str, path: str, **terms: Any) -> Any:
        """The data of a call that succeeds."""
        reply = self.call(method, path, **terms)
        assert reply.status_code == 200, reply.text
        return reply.json()["data"]

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


def built(**settings: Any) -> tuple[Sandbox, HandClock]:
    """A fresh sandbox and its clock."""
    clock = HandClock()
    terms = SandboxSettings(port=18900, totp_secret="S" * 16, admin_key="the-admin-key", **settings)
    return build(terms, clock), clock
