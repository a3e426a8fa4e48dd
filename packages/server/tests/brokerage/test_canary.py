"""AU-10, AU-16: what signs in at a broker comes out nowhere, whatever goes right or wrong."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from packages.brokers.tests.sandboxed import TOTP_SECRET, Running

from tradertape_server.container import Container

from .conftest import KEY, SECRET, callback_of, save, timed_checksum

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

WRONG = "canary-wrong-secret-7"
WRONG_CODE = "canary-wrong-code-71"
BROKERS = ("kite", "upstox", "groww")
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 429},
    {"kind": "html"},
    {"kind": "truncated"},
    {"kind": "empty"},
    {"kind": "drop_before"},
)


@dataclass
class Canary:
    """A person at one broker. shown: every response; secrets: what must be in none."""

    broker: str
    person: TestClient
    container: Container
    admin: httpx.Client
    shown: list[str] = field(default_factory=list[str])
    secrets: set[str] = field(default_factory=set[str])

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        answer = self.person.request(method, path, **more)
        self.shown += [answer.text, str(answer.headers), str(answer.url.path)]
        return answer

    def open(self, fault: dict[str, Any] | None = None, **proof: Any) -> httpx.Response:
        """Sign in with this proof, or with what is stored. fault: of the exchange of the code."""
        begun = self.call("POST", f"/api/brokers/{self.broker}/login").json()
        body = {**proof}
        if begun["login_url"]:
            code, body["state"] = callback_of(begun["login_url"])
            body["code"] = proof.get("code", code)
            self.secrets |= {code, body["code"]}
            # The broker leads the browser to a page of ours, with the code in its query.
            self.call("GET", f"/brokers/{self.broker}/callback?request_token={code}&code={code}")
        elif not proof:
            body |= timed_checksum()
            self.secrets.add(str(body["checksum"]))
        if fault is not None:
            self.admin.post("/faults", json={"broker": self.broker, **fault}).raise_for_status()
        answer = self.call("POST", f"/api/brokers/{self.broker}/session", json=body)
        self.admin.delete("/faults")
        connected = self.container.connections.of(1, self.broker)
        if connected is not None:
            self.secrets.add(connected.session.access_token.reveal())
        return answer

    def use(self) -> None:
        """Everything that asks the broker."""
        for path in ("holdings", "positions", "orders", "margins"):
            self.call("GET", f"/api/portfolio/{path}?broker={self.broker}&refresh=true")
        self.call("GET", f"/api/brokers/{self.broker}")
        self.call("GET", "/api/brokers")
        self.call("GET", f"/api/auth/status?broker={self.broker}")
        self.call("GET", "/api/auth/me")
        self.container.live_accounts.step()


@pytest.fixture
def canary(
    request: pytest.FixtureRequest, person: TestClient, container: Container, sandbox: Running
) -> Any:
    url = f"http://127.0.0.1:{sandbox.port}/admin"
    with httpx.Client(base_url=url, headers={"X-Admin-Key": "k"}) as admin:
        yield Canary(request.param, person, container, admin)
        admin.delete("/faults")


@pytest.mark.parametrize("canary", BROKERS, indirect=True)
def test_nothing_that_signs_in_is_in_a_response_log_line_or_file(
    canary: Canary, tmp_path: Path, capfd: Any, caplog: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    canary.secrets |= {WRONG, SECRET}
    if canary.broker == "groww":
        canary.secrets.add(TOTP_SECRET)
    wrong_login(canary)
    stored(canary, SECRET)
    assert canary.open().status_code == 200
    canary.use()
    for fault in FAULTS:
        canary.admin.post("/faults", json={"broker": canary.broker, **fault}).raise_for_status()
        canary.use()
        canary.admin.delete("/faults")
        canary.open(fault)
    assert canary.open().status_code == 200, "and again without faults"
    postbacks(canary)
    canary.admin.post("/sessions/expire", json={"broker": canary.broker})
    canary.use()
    canary.call("DELETE", f"/api/brokers/{canary.broker}/session")
    canary.call("GET", "/api/auth/kite-credentials")
    canary.container.mailer.wait_until_sent()
    assert len(canary.secrets) >= 4
    demand_nowhere(canary, tmp_path, capfd.readouterr(), lines_of(caplog.records))


def lines_of(records: list[logging.LogRecord]) -> str:
    """What the server logged: of the browser's own requests in this process nothing."""
    texts = [f"{one.name} {one.getMessage()} {one.exc_text or ''}" for one in records]
    return "\n".join(
        text for text in texts
        if not text.startswith("httpcore") and not (text.startswith("httpx") and "callback" in text)
    )  # fmt: skip


def wrong_login(canary: Canary) -> None:
    stored(canary, WRONG)
    if canary.broker == "groww":
        canary.secrets.add("918273")
        assert canary.open(totp="918273").status_code >= 400
        assert canary.open(api_secret=WRONG).status_code >= 400
        return
    assert canary.open().status_code >= 400
    assert canary.open(code=WRONG_CODE).status_code >= 400


def stored(canary: Canary, secret: str) -> None:
    more: dict[str, Any] = {"api_secret": secret}
    if canary.broker == "groww" and secret == SECRET:
        more["totp_secret"] = TOTP_SECRET
    canary.shown.append(save(canary.person, canary.broker, **more).text)
    if canary.broker == "kite":  # the second address of the same credentials
        body = {"api_key": KEY, "api_secret": secret}
        assert canary.call("POST", "/api/auth/kite-credentials", json=body).status_code == 200
        hint = canary.call("GET", "/api/auth/kite-credentials").json()["secret_hint"]
        assert hint == f"…{secret[-2:]}"
        refused = canary.call(
            "POST", "/api/auth/kite-credentials", json={"api_key": "no key!", "api_secret": secret}
        )
        assert refused.status_code == 422


def postbacks(canary: Canary) -> None:
    """A signed one, one with a wrong checksum, and one that nobody can read."""
    when = "2026-11-24 10:00:00"
    proof = hashlib.sha256(f"1{when}{SECRET}".encode()).hexdigest()
    canary.secrets.add(proof)
    row = {"user_id": "SB0001", "order_id": "1", "order_timestamp": when, "checksum": proof}
    for body in (row, {**row, "checksum": "0" * 64}, {"checksum": proof, "x": [1]}):
        canary.call(
            "POST", f"/api/brokers/{canary.broker}/postback", content=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )  # fmt: skip


def demand_nowhere(canary: Canary, home: Path, printed: Any, logged: str) -> None:
    files = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    assert any(data.startswith(b"SQLite format 3") for data in files.values())
    places = {
        "responses": "\n".join(canary.shown).encode(),
        "output": f"{printed.out}\n{printed.err}".encode(),
        "logs": logged.encode(),
        **{str(path.relative_to(home)): data for path, data in files.items()},
    }
    found = [
        (place, secret) for place, data in places.items() for secret in canary.secrets
        if secret.encode() in data
    ]  # fmt: skip
    assert found == []


@pytest.mark.parametrize("secret", ["short", "elevenchars"])
def test_a_short_secret_has_no_hint(person: TestClient, secret: str) -> None:
    answer = save(person, "kite", api_secret=secret)
    assert answer.status_code == 200
    assert answer.json()["credentials"]["secret_hint"] is None
    assert answer.json()["credentials"]["has_secret"] is True
