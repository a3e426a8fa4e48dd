"""Groww's door in process: the whole application with a clock that the test moves."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
from packages.sandbox.tests.exchange.bench import HandClock

from tradertape_sandbox.app import Sandbox, build
from tradertape_sandbox.exchange.events import AccountKey
from tradertape_sandbox.settings import SandboxSettings
from tradertape_sandbox.wire.sessions import SANDBOX_SECRET

TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
KEY = AccountKey("groww", "SB0001")


@dataclass
class ServedGroww:
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
        return asyncio.run(self._call(method, f"/groww{path}", headers=headers, **terms))

    def payload(self, method: str, path: str, **terms: Any) -> Any:
        """The payload of a call that succeeds."""
        reply = self.call(method, f"/v1{path}", **terms)
        assert reply.is_success, reply.text
        assert reply.json()["status"] == "SUCCESS"
        return reply.json()["payload"]

    def error(self, method: str, path: str, **terms: Any) -> tuple[int, str, str]:
        """Status, code and message of a call that is refused."""
        reply = self.call(method, f"/v1{path}", **terms)
        assert not reply.is_success, reply.text
        error = reply.json()["error"]
        return reply.status_code, error["code"], error["message"]

    def place(self, **terms: Any) -> dict[str, Any]:
        """Place an order for five shares of INFY, and return the reply."""
        return self.payload("POST", "/order/create", json=order(**terms))

    def sign_in(self) -> str:
        """Open a session by the secret, and use its token from now on."""
        reply = self.ask_token(approval(self.clock))
        token = reply.json()["token"]
        self.headers = {"Authorization": f"Bearer {token}"}
        return token

    def ask_token(self, body: dict[str, Any], api_key: str = "sandbox") -> httpx.Response:
        """Ask for an access token."""
        headers = {"Authorization": f"Bearer {api_key}"}
        return self.call("POST", "/v1/token/api/access", json=body, headers=headers)

    def price(self, price: str, instrument: str = "NSE:INFY") -> None:
        """Set a price, and let the orders meet it."""
        self.sandbox.exchange.market.set_price(instrument, Decimal(price))
        self.step()

    def step(self, seconds: float = 0.2) -> None:
        """Let time pass."""
        self.clock.at += timedelta(seconds=seconds)
        self.sandbox.exchange.advance()

    async def _call(self, method: str, path: str, **terms: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.sandbox.app, client=("127.0.0.1", 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.request(method, path, **terms)


def approval(clock: HandClock, secret: str = SANDBOX_SECRET, late_s: int = 0) -> dict[str, Any]:
    """What a program with the key's secret proves itself with."""
    stamp = int(clock.now().timestamp()) - late_s
    checksum = hashlib.sha256(f"{secret}{stamp}".encode()).hexdigest()
    return {"key_type": "approval", "checksum": checksum, "timestamp": stamp}


def order(**terms: Any) -> dict[str, Any]:
    """A body that asks for five shares of INFY at the market, but for the given terms."""
    return {
        "trading_symbol": "INFY", "quantity": 5, "price": 0.0, "trigger_price": None,
        "validity": "DAY", "exchange": "NSE", "segment": "CASH", "product": "CNC",
        "order_type": "MARKET", "transaction_type": "BUY", "order_reference_id": "abcd-12345",
        **terms,
    }  # fmt: skip


def served_groww(**settings: Any) -> ServedGroww:
    """A fresh sandbox, with nobody signed in."""
    clock = HandClock()
    terms = SandboxSettings(
        port=18900, totp_secret=TOTP_SECRET, admin_key="the-admin-key", **settings
    )
    return ServedGroww(build(terms, clock), clock)
