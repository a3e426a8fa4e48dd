"""A repeated POST: D19."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import update

from tradertape_server.container import Container
from tradertape_server.features.auth.models import User
from tradertape_server.platform.http.idempotency import caller_hash
from tradertape_server.platform.http.identity import Identity


def make(client: TestClient, key: str, label: str = "x") -> Any:
    headers = {"Idempotency-Key": key}
    return client.post("/api/auth/agent-keys", json={"label": label}, headers=headers)


def test_a_repeated_post_gets_the_first_answer_and_does_nothing(signed_in: TestClient) -> None:
    """D19: Idempotency-Key on every POST."""
    first, second = make(signed_in, "k-1"), make(signed_in, "k-1")
    assert (second.status_code, second.json()) == (first.status_code, first.json())
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(signed_in.get("/api/auth/agent-keys").json()) == 1


def test_the_same_key_with_another_body_is_a_conflict(signed_in: TestClient) -> None:
    make(signed_in, "k-1")
    other = make(signed_in, "k-1", label="y")
    assert (other.status_code, other.headers["X-Error-Code"]) == (
        409, "idempotency_key_reused",
    )  # fmt: skip


def test_a_key_is_its_accounts_own_and_lasts_a_day(sign_in: Any, clock: Any) -> None:
    person, somebody = sign_in(), sign_in("b@example.com")
    first = make(person, "k-1").json()
    assert make(somebody, "k-1").json()["token"] != first["token"]
    clock.advance(hours=24, seconds=1)
    assert make(person, "k-1").json()["token"] != first["token"]


def test_the_first_answer_is_for_the_credential_that_made_it(
    signed_in: TestClient, sign_in: Any, app: FastAPI
) -> None:
    """A token that a browser made is no other credential's of the same person."""
    made = make(signed_in, "k-1").json()
    programs = [
        signed_in.post("/api/auth/agent-keys", json={"scopes": ["api:read", "api:write"]}),
        signed_in.post("/api/auth/worker-tokens", json={"label": "w", "scopes": ["data"]}),
    ]
    for one in programs:
        caller = TestClient(app, base_url="http://localhost:18777")
        caller.headers["Authorization"] = f"Bearer {one.json()['token']}"
        again = make(caller, "k-1")
        assert (again.status_code, again.headers["X-Error-Code"]) == (403, "session_only")
        assert made["token"] not in again.text
        other = make(caller, "k-1", label="y")  # not told that the key is in use
        assert (other.status_code, other.headers["X-Error-Code"]) == (403, "session_only")
    elsewhere = make(sign_in(), "k-1")
    assert elsewhere.status_code == 201
    assert elsewhere.json()["token"] != made["token"]
    assert make(signed_in, "k-1").json() == made


def test_who_lost_the_right_does_not_get_the_first_answer(
    sign_in: Any, container: Container
) -> None:
    """The route is asked again: a link to sign in as somebody is for administrators."""
    admin, somebody = sign_in("admin@example.com", is_admin=True), sign_in("b@example.com")
    user = somebody.get("/api/auth/me").json()["id"]
    path, headers = f"/api/auth/admin/users/{user}/sign-in-link", {"Idempotency-Key": "k-1"}
    assert admin.post(path, headers=headers).status_code == 200
    assert admin.post(path, headers=headers).headers["Idempotency-Replayed"] == "true"
    with container.database.write() as session:
        session.execute(update(User).values(is_admin=False))
    again = admin.post(path, headers=headers)
    assert (again.status_code, again.headers["X-Error-Code"]) == (403, "admin_only")


def test_a_key_is_one_credential_with_one_set_of_rights() -> None:
    agent = Identity(1, "a@example.com", "A", False, "agent", 7, frozenset({"x", "y"}))
    same = replace(agent, name="B", scopes=frozenset({"y", "x"}))
    others = [
        replace(agent, id=2), replace(agent, is_admin=True), replace(agent, via="worker"),
        replace(agent, credential_id=8), replace(agent, secret_hash="new"),
        replace(agent, scopes=frozenset({"x"})), replace(agent, account_scopes=("kite:paper-a",)),
    ]  # fmt: skip
    assert caller_hash(agent) == caller_hash(same)
    assert len({caller_hash(one) for one in [agent, *others]}) == 8


def test_a_failed_post_frees_its_key(signed_in: TestClient) -> None:
    headers = {"Idempotency-Key": "k-1"}
    path = "/api/auth/agent-keys/987654/regenerate"
    for _ in range(2):
        answer = signed_in.post(path, headers=headers)
        assert answer.status_code == 404
        assert "Idempotency-Replayed" not in answer.headers


def test_a_key_in_use_waits_for_the_first_answer(
    signed_in: TestClient, container: Container
) -> None:
    answer = make(signed_in, "k-1")
    with container.database.write() as session:
        session.connection().exec_driver_sql("UPDATE idempotency_records SET status = NULL")
    again = make(signed_in, "k-1")
    assert answer.status_code == 201
    assert (again.status_code, again.headers["X-Error-Code"]) == (
        409, "idempotency_in_progress",
    )  # fmt: skip


def test_the_kept_answer_cannot_be_read_in_the_database(
    signed_in: TestClient, container: Container
) -> None:
    token = make(signed_in, "k-1").json()["token"]
    with container.database.read() as session:
        rows = session.connection().exec_driver_sql("SELECT * FROM idempotency_records").all()
    assert len(rows) == 1
    assert token not in str(rows)


def test_keys_of_other_writes_are_kept_too(signed_in: TestClient) -> None:
    body = {"name": "Mine"}
    made = signed_in.post("/api/watchlists", json=body).json()
    url, headers = f"/api/watchlists/{made['id']}", {"Idempotency-Key": "k-1"}
    first, second = (signed_in.delete(url, headers=headers) for _ in range(2))
    assert first.is_success
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert second.headers["Idempotency-Replayed"] == "true"
    assert signed_in.delete(url).status_code == 404
