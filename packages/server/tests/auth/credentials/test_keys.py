"""Agent keys and worker tokens: AU-11, AU-12, D14, D18."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

from tradertape_server.container import Container

BOTH = pytest.mark.parametrize(
    ("path", "start"), [("agent-keys", "zt_"), ("worker-tokens", "kwa_")]
)


def bearer(app: FastAPI, token: str) -> TestClient:
    headers = {"Authorization": f"Bearer {token}"}
    return TestClient(app, base_url="http://localhost:18777", headers=headers)


@BOTH
def test_a_key_is_shown_once_and_kept_as_a_hash(
    signed_in: TestClient, container: Container, path: str, start: str
) -> None:
    """AU-11."""
    made = signed_in.post(f"/api/auth/{path}", json={"label": "laptop"})
    assert made.status_code == 201
    token = made.json()["token"]
    assert token.startswith(start)
    assert len(token) >= len(start) + 43  # 256 bits
    listed = signed_in.get(f"/api/auth/{path}")
    assert token not in listed.text
    assert listed.json()[0]["prefix"] == token[: len(start) + 4]
    with container.database.read() as session:
        rows = session.execute(text("SELECT * FROM api_keys")).all()
    assert token not in str(rows)


@BOTH
def test_a_key_is_known_until_it_is_revoked(
    app: FastAPI, signed_in: TestClient, path: str, start: str
) -> None:
    """AU-07, AU-11: `me` is the agent's probe."""
    made = signed_in.post(f"/api/auth/{path}", json={}).json()
    caller = bearer(app, made["token"])
    assert caller.get("/api/auth/me").json()["email"] == "person@example.com"
    assert signed_in.delete(f"/api/auth/{path}/{made['id']}").status_code == 204
    assert caller.get("/api/auth/me").status_code == 401
    assert signed_in.get(f"/api/auth/{path}").json() == []
    assert signed_in.delete(f"/api/auth/{path}/{made['id']}").status_code == 404


def test_a_regenerated_key_replaces_the_old_secret_at_once(
    app: FastAPI, signed_in: TestClient
) -> None:
    """AU-12."""
    old = signed_in.post("/api/auth/agent-keys", json={}).json()
    new = signed_in.post(f"/api/auth/agent-keys/{old['id']}/regenerate").json()
    assert new["id"] == old["id"]
    assert bearer(app, old["token"]).get("/api/auth/me").status_code == 401
    assert bearer(app, new["token"]).get("/api/auth/me").status_code == 200


def test_a_key_does_what_its_scopes_say_and_no_more(app: FastAPI, signed_in: TestClient) -> None:
    plain = signed_in.post("/api/auth/agent-keys", json={}).json()["token"]
    reader = signed_in.post("/api/auth/agent-keys", json={"scopes": ["api:read"]}).json()["token"]
    refused = bearer(app, plain).get("/api/strategies")
    assert (refused.status_code, refused.headers["X-Error-Code"]) == (403, "scope_missing")
    assert bearer(app, reader).get("/api/strategies").status_code == 200
    assert bearer(app, reader).post("/api/strategies", json={}).status_code == 403


def test_account_pages_are_closed_to_every_key(app: FastAPI, signed_in: TestClient) -> None:
    body = {"scopes": ["api:read", "api:write"]}
    caller = bearer(app, signed_in.post("/api/auth/agent-keys", json=body).json()["token"])
    answer = caller.post("/api/auth/agent-keys", json={})
    assert (answer.status_code, answer.headers["X-Error-Code"]) == (403, "session_only")


def test_beside_a_bearer_token_the_cookie_counts_for_nothing(signed_in: TestClient) -> None:
    headers = {"Authorization": "Bearer zt_wrong"}
    assert signed_in.get("/api/auth/me", headers=headers).status_code == 401


def test_a_key_ends_on_its_day(app: FastAPI, signed_in: TestClient, clock: Any) -> None:
    made = signed_in.post("/api/auth/agent-keys", json={"expires_in_days": 7}).json()
    caller = bearer(app, made["token"])
    clock.advance(seconds=timedelta(days=7).total_seconds() - 1)
    assert caller.get("/api/auth/me").status_code == 200
    clock.advance(seconds=1)
    assert caller.get("/api/auth/me").status_code == 401


def test_the_last_use_of_a_key_is_shown(app: FastAPI, signed_in: TestClient) -> None:
    made = signed_in.post("/api/auth/agent-keys", json={}).json()
    assert made["last_used_at"] is None
    bearer(app, made["token"]).get("/api/auth/me")
    assert signed_in.get("/api/auth/agent-keys").json()[0]["last_used_at"].endswith("+05:30")
    agent = signed_in.get("/api/auth/me").json()["agent"]
    assert (agent["registered"], agent["online"]) == (True, True)


def test_an_unknown_scope_is_refused(signed_in: TestClient) -> None:
    body = {"scopes": ["everything"]}
    assert signed_in.post("/api/auth/agent-keys", json=body).status_code == 422


def test_a_token_that_is_refused_says_why(app: FastAPI, signed_in: TestClient, clock: Any) -> None:
    """A worker's owner must not have to guess between a typing error and a revoked token."""

    def refusal(token: str) -> tuple[int, str, str]:
        answer = bearer(app, token).get("/api/algo-workers/worker/health")
        assert token not in answer.text
        return answer.status_code, answer.headers["X-Error-Code"], answer.json()["detail"]

    def made(**fields: Any) -> dict[str, Any]:
        return signed_in.post("/api/auth/worker-tokens", json={"label": "x", **fields}).json()

    assert refusal("kwa_" + "x" * 43)[:2] == (401, "token_unknown")
    assert refusal("another thing")[:2] == (401, "token_unknown")
    assert "tradertape token create" in refusal("kwa_nothing")[2]
    revoked, short = made(), made(expires_in_days=1)
    signed_in.delete(f"/api/auth/worker-tokens/{revoked['id']}")
    assert refusal(revoked["token"])[:2] == (401, "token_revoked")
    clock.advance(days=2)
    assert refusal(short["token"])[:2] == (401, "token_expired")


def test_a_missing_scope_says_how_to_get_it(app: FastAPI, signed_in: TestClient) -> None:
    made = signed_in.post("/api/auth/worker-tokens", json={"label": "x", "scopes": ["data"]}).json()
    answer = bearer(app, made["token"]).get("/api/algo-workers/worker/runs")
    assert (answer.status_code, answer.headers["X-Error-Code"]) == (403, "scope_missing")
    detail = answer.json()["detail"]
    assert "lacks the scope paper (it has data)" in detail
    assert "tradertape token create --scope paper" in detail
