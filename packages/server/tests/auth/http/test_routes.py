"""Who am I: AU-02, AU-07."""

from __future__ import annotations

from fastapi.testclient import TestClient


def test_nobody_signed_in_is_told_so_in_the_common_error_shape(client: TestClient) -> None:
    """AU-02, EC-01: 401, `detail`, a machine code."""
    answer = client.get("/api/auth/me")
    assert answer.status_code == 401
    assert answer.json() == {"detail": "Not signed in."}
    assert answer.headers["X-Error-Code"] == "not_authenticated"


def test_a_session_cookie_is_enough_to_be_known(signed_in: TestClient) -> None:
    """AU-02, AU-07."""
    answer = signed_in.get("/api/auth/me")
    assert answer.status_code == 200
    assert answer.json()["email"] == "person@example.com"
