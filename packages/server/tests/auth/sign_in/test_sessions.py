"""How callers are found by their cookie: once a second, and never longer than they may come in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tradertape_server.container import Container
from tradertape_server.features.auth.models import UserSession
from tradertape_server.features.auth.sign_in.sessions import COOKIE

ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.fixture
def lookups(container: Container, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The cookies that were looked up in the database."""
    authenticator, found = container.auth.authenticator, list[str]()
    by_cookie = type(authenticator).by_cookie

    def counted(self: Any, token: str) -> Any:
        found.append(token)
        return by_cookie(self, token)

    monkeypatch.setattr(type(authenticator), "by_cookie", counted)
    return found


@ON_SQLITE
def test_a_session_is_looked_up_once_a_second(
    signed_in: TestClient, lookups: list[str], clock: Any
) -> None:
    for _ in range(5):
        assert signed_in.get("/api/auth/me").status_code == 200
    assert len(lookups) == 1
    clock.advance(seconds=1)
    assert signed_in.get("/api/auth/me").status_code == 200
    assert len(lookups) == 2


@ON_SQLITE
def test_a_session_that_ended_is_not_remembered(
    signed_in: TestClient, sign_in: Any, container: Container
) -> None:
    elsewhere = sign_in()
    assert elsewhere.get("/api/auth/me").status_code == 200
    assert signed_in.post("/api/auth/logout", json={"everywhere": True}).status_code == 200
    assert elsewhere.get("/api/auth/me").status_code == 401
    assert sign_in().get("/api/auth/me").status_code == 200
    with container.database.write() as session:
        session.query(UserSession).update({"expires_at": container.clock.now()})
    assert signed_in.get("/api/auth/me").status_code == 401


@ON_SQLITE
def test_a_remembered_session_ends_in_time(
    signed_in: TestClient, container: Container, clock: Any
) -> None:
    with container.database.write() as session:
        ends = container.clock.now() + timedelta(seconds=10)
        session.query(UserSession).update({"expires_at": ends})
    assert signed_in.get("/api/auth/me").status_code == 200
    clock.set_wrong(seconds=10)  # and nothing of the second that it is remembered for went by
    assert signed_in.get("/api/auth/me").status_code == 401


@ON_SQLITE
def test_a_key_that_is_sent_as_a_cookie_is_no_session(app: FastAPI, signed_in: TestClient) -> None:
    """Else it could be used from addresses that it does not allow, once it was used as a key."""
    key = signed_in.post("/api/auth/agent-keys", json={"scopes": ["api:read"]}).json()["token"]
    caller = TestClient(app, base_url="http://localhost:18777")
    as_key = {"Authorization": f"Bearer {key}"}
    assert caller.get("/api/auth/me", headers=as_key).status_code == 200
    assert caller.get("/api/auth/me", headers={"Cookie": f"{COOKIE}={key}"}).status_code == 401
