"""A sandbox behind a real port, and the server's app that reaches it in place of the brokers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi.testclient import TestClient
from packages.brokers.tests.sandboxed import Running, served_sandbox

from tradertape_server.platform.clock import SystemClock

KEY, SECRET = "sandbox", "sandbox-secret"


@pytest.fixture(scope="package")
def sandbox() -> Iterator[Running]:
    with served_sandbox() as served:
        yield served


@pytest.fixture
def sandbox_url(sandbox: Running) -> str:
    return f"http://127.0.0.1:{sandbox.port}"


@pytest.fixture
def on_sandbox(sandbox_url: str, overrides: dict[str, Any]) -> None:
    """Ask for it before `client`: the server then uses the sandbox."""
    overrides["sandbox_url"] = sandbox_url


def save(person: TestClient, broker: str, **more: object) -> Any:
    """Store the sandbox's app at a broker."""
    body = {"api_key": KEY, **more}
    return person.put(f"/api/brokers/{broker}/credentials", json=body)


def callback_of(login_url: str) -> tuple[str, str]:
    """Press the button of a broker's login page: the callback's code and state."""
    answer = httpx.get(f"{login_url}&auto=1")
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    code = query.get("request_token") or query["code"]
    return code[0], query["state"][0]


def kite_checksum(code: str) -> str:
    """What the browser computes of the secret that it keeps."""
    return hashlib.sha256(f"{KEY}{code}{SECRET}".encode()).hexdigest()


def timed_checksum() -> dict[str, object]:
    """What the browser computes for Groww; the sandbox goes by the real time."""
    now = int(SystemClock().now().timestamp())
    proof = hashlib.sha256(f"{SECRET}{now}".encode()).hexdigest()
    return {"checksum": proof, "timestamp": now}


def connect(person: TestClient, broker: str) -> Any:
    """Sign in at a broker as the console does."""
    assert save(person, broker).status_code == 200
    begun = person.post(f"/api/brokers/{broker}/login")
    assert begun.status_code == 200, begun.text
    begun = begun.json()
    proof: dict[str, object]
    if broker == "groww":
        proof = timed_checksum()
    else:
        code, state = callback_of(begun["login_url"])
        proof = {"state": state, "code": code}
        proof |= {"checksum": kite_checksum(code)} if broker == "kite" else {"api_secret": SECRET}
    return person.post(f"/api/brokers/{broker}/session", json=proof)


@pytest.fixture
def person(on_sandbox: None, sign_in: Callable[..., TestClient]) -> TestClient:
    """A signed-in browser on a server that uses the sandbox."""
    return sign_in()
