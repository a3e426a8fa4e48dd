"""The account's own pages: AU-07 to AU-10, AU-14."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import text

from tradertape_server.container import Container

ME = {
    "id", "email", "name", "is_admin", "created_at", "has_password", "totp_enabled",
    "obfuscation", "telegram_linked", "brokers", "agent",
}  # fmt: skip


def test_me_tells_the_account_and_its_connections(signed_in: TestClient) -> None:
    """AU-07: the whole payload."""
    me = signed_in.get("/api/auth/me").json()
    assert set(me) == ME
    assert me["created_at"] == "2026-01-05T10:00:00+05:30"
    assert me["brokers"] == []
    assert set(me["agent"]) == {"registered", "last_seen", "version", "online"}


def test_status_is_the_brokers_session_and_not_the_users(signed_in: TestClient) -> None:
    """AU-08."""
    status = signed_in.get("/api/auth/status").json()
    assert (status["connected"], status["broker"]) == (False, None)
    signed_in.post("/api/auth/kite-credentials", json={"api_key": "abcd1234"})
    status = signed_in.get("/api/auth/status").json()
    assert (status["connected"], status["broker"]) == (False, "kite")
    assert status["login_url"].endswith("/api/brokers/kite/login")
    assert signed_in.get("/api/auth/me").json()["brokers"][0]["name"] == "kite"


def test_kite_credentials_are_stored_encrypted_and_never_returned(
    signed_in: TestClient, container: Container
) -> None:
    """AU-09, AU-10."""
    secret = "s3cretOfKite99f3"
    body = {"api_key": "abcd1234", "api_secret": secret, "user_id": "AB1234"}
    saved = signed_in.post("/api/auth/kite-credentials", json=body)
    read = signed_in.get("/api/auth/kite-credentials")
    assert saved.json() == read.json()
    assert secret not in saved.text + read.text
    assert read.json()["secret_hint"] == "…f3"
    assert (read.json()["has_secret"], read.json()["storage"]) == (True, "cloud")
    with container.database.read() as session:
        row = session.execute(text("SELECT * FROM broker_credentials")).mappings().one()
    assert secret.encode() not in bytes(row["secret"])
    assert container.secrets.unseal(bytes(row["secret"])) == secret.encode()


def test_without_a_secret_it_stays_in_the_browser(signed_in: TestClient) -> None:
    """AU-10, AU-15: off by default; saving without one removes one stored earlier."""
    signed_in.post(
        "/api/auth/kite-credentials", json={"api_key": "abcd1234", "api_secret": "secret99"}
    )
    signed_in.post("/api/auth/kite-credentials", json={"api_key": "abcd1234"})
    stored = signed_in.get("/api/auth/kite-credentials").json()
    assert (stored["has_secret"], stored["secret_hint"], stored["storage"]) == (
        False, None, "browser",
    )  # fmt: skip
    assert signed_in.delete("/api/auth/kite-credentials").status_code == 204
    assert signed_in.get("/api/auth/kite-credentials").json()["api_key"] is None


def test_signed_in_devices_are_listed_and_can_be_ended(sign_in: Any) -> None:
    here, there = sign_in(), sign_in()
    rows = here.get("/api/auth/sessions").json()
    assert [row["is_this"] for row in rows].count(True) == 1
    other = next(row["id"] for row in rows if not row["is_this"])
    assert here.delete(f"/api/auth/sessions/{other}").status_code == 204
    assert there.get("/api/auth/me").status_code == 401


def test_a_name_is_changed(signed_in: TestClient) -> None:
    answer = signed_in.put("/api/auth/profile", json={"name": "  Asha   Rao "})
    assert answer.json()["name"] == "Asha Rao"


def test_what_happened_to_an_account_is_in_its_activity(sign_in: Any) -> None:
    here = sign_in()
    sign_in("b@example.com").post("/api/auth/agent-keys", json={"label": "of B"})
    here.post("/api/auth/agent-keys", json={"label": "laptop"})
    rows = here.get("/api/auth/activity").json()
    assert [(row["action"], row["details"]["label"]) for row in rows] == [("key_created", "laptop")]


def test_administration_is_for_administrators(sign_in: Any) -> None:
    """AU-14."""
    refused = sign_in().get("/api/auth/admin/users")
    assert (refused.status_code, refused.headers["X-Error-Code"]) == (403, "admin_only")
    admin = sign_in("admin@example.com", is_admin=True)
    users = admin.get("/api/auth/admin/users")
    assert [row["email"] for row in users.json()] == ["person@example.com", "admin@example.com"]
    assert users.headers["X-Total-Count"] == "2"


def test_a_disabled_account_is_out_at_once_with_its_keys(sign_in: Any, app: Any) -> None:
    """AU-14."""
    person, admin = sign_in(), sign_in("admin@example.com", is_admin=True)
    user_id = person.get("/api/auth/me").json()["id"]
    token = person.post("/api/auth/agent-keys", json={}).json()["token"]
    assert admin.post(f"/api/auth/admin/users/{user_id}/disable").json()["disabled_at"]
    assert person.get("/api/auth/me").status_code == 401
    headers = {"Authorization": f"Bearer {token}"}
    assert (
        TestClient(app, base_url="http://localhost:18777", headers=headers)
        .get("/api/auth/me")
        .status_code
        == 401
    )
    assert admin.post(f"/api/auth/admin/users/{user_id}/enable").json()["disabled_at"] is None
    assert sign_in().get("/api/auth/me").status_code == 200


def test_an_administrator_cannot_lock_himself_out(sign_in: Any) -> None:
    admin = sign_in("admin@example.com", is_admin=True)
    own = admin.get("/api/auth/me").json()["id"]
    assert admin.post(f"/api/auth/admin/users/{own}/disable").status_code == 409


def test_a_link_an_administrator_hands_over_signs_in_after_a_confirmation(
    sign_in: Any, client: TestClient
) -> None:
    person, admin = sign_in(), sign_in("admin@example.com", is_admin=True)
    user_id = person.get("/api/auth/me").json()["id"]
    link = admin.post(f"/api/auth/admin/users/{user_id}/sign-in-link").json()["url"]
    token = link.partition("token=")[2]
    assert client.post("/api/auth/verify-link", json={"token": token}).status_code == 409
    confirmed = client.post("/api/auth/verify-link", json={"token": token, "confirm": True})
    assert confirmed.json()["id"] == user_id
    log = admin.get("/api/auth/admin/audit-log", params={"user_id": user_id}).json()
    assert [row["action"] for row in log] == ["signed_in", "sign_in_link_issued"]
    assert log[1]["actor"] == "admin@example.com"
    assert token not in str(log)
