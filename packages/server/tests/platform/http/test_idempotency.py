"""A repeated POST: D19."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient

from tradertape_server.container import Container


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
