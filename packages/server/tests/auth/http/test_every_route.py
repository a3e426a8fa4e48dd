"""Who may call what: every route, for everybody. A new route without a row in routes.py fails.

FAULTS §8: somebody else's thing answers like one that does not exist (test_what_is_owned.py).
"""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from tradertape_server.container import Container
from tradertape_server.features.auth.audit import COMMAND_LINE
from tradertape_server.features.auth.credentials.keys import Keys, Owner

from .route_table import BASE_URL, CLOSED, ROUTES, call, names_of, wrong

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def routes_of(app: FastAPI) -> set[str]:
    """Every route of the application, hidden ones too."""
    return {
        f"{method} {route.path}"
        for route in iter_route_contexts(app.routes)
        for method in (route.methods or ())
        if method not in {"HEAD", "OPTIONS"}
    }


@pytest.fixture
def overrides() -> dict[str, Any]:
    """Each route is called once within a minute that does not pass; there are hundreds."""
    return {"anonymous_requests_per_minute": 10 * len(ROUTES)}


@pytest.fixture
def make_key(sign_in: Any, container: Container) -> Any:
    """A client with a key of person@example.com: `make_key(["api:read"], revoked=True)`."""

    def make(scopes: list[str], *, revoked: bool = False) -> TestClient:
        person = sign_in().get("/api/auth/me").json()
        owner, keys = Owner(person["id"], person["email"]), Keys(container.clock, "agent")
        with container.database.write() as session:
            made = keys.create(
                session, owner, COMMAND_LINE, label="x", scopes=scopes, expires_in_days=None
            )
            if revoked:
                keys.revoke(session, owner, made.id, COMMAND_LINE)
        headers = {"Authorization": f"Bearer {made.token}"}
        return TestClient(sign_in().app, base_url=BASE_URL, headers=headers)

    return make


def test_every_route_has_a_row(app: FastAPI) -> None:
    found = routes_of(app)
    assert found - set(ROUTES) == set(), "say in ROUTES who may call these"
    assert set(ROUTES) - found == set(), "these are gone"


def test_nobody_comes_in_without_a_credential(client: TestClient) -> None:
    """AU-02, EC-02."""
    assert wrong(client, CLOSED, 401, "not_authenticated") == {}


def test_public_routes_ask_for_nothing(client: TestClient) -> None:
    answers = {name: call(client, name, {}).status_code for name in names_of("public")}
    assert set(answers.values()) <= {200, 307, 400, 404, 422}


def test_a_revoked_session_is_nobody(sign_in: Any) -> None:
    person = sign_in()
    token = person.cookies["kite_session"]
    person.post("/api/auth/logout", json={"everywhere": True})
    person.cookies.set("kite_session", token, domain="localhost.local")
    assert wrong(person, CLOSED, 401, "not_authenticated") == {}


def test_a_revoked_key_is_nobody(make_key: Any) -> None:
    """AU-11."""
    caller = make_key(["api:read", "api:write"], revoked=True)
    assert wrong(caller, CLOSED, 401, "token_revoked") == {}


def test_a_key_without_the_scope_is_refused(make_key: Any) -> None:
    """AU-11."""
    assert wrong(make_key(["signals:read"]), names_of("user", "stream"), 403, "scope_missing") == {}


def test_no_key_opens_account_pages(make_key: Any) -> None:
    caller = make_key(["api:read", "api:write", "signals:read"])
    assert wrong(caller, names_of("session", "admin"), 403, "session_only") == {}


def test_admin_routes_are_closed_to_others(sign_in: Any) -> None:
    """AU-14."""
    assert wrong(sign_in(), names_of("admin"), 403, "admin_only") == {}


def test_the_signed_in_come_in(sign_in: Any) -> None:
    """What the thing itself answers is tested with it; here nobody is turned away at the door."""
    names = names_of("known", "user", "session")
    # Each as a new session: to sign out is among them.
    answers = {name: call(sign_in(), name, {}).status_code for name in names}
    turned_away = {401, 403, 405, 429, 500}
    assert {name: status for name, status in answers.items() if status in turned_away} == {}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": BASE_URL},
        {"Sec-Fetch-Site": "same-site"},
        {"Referer": "https://evil.example/page"},
    ],
    ids=["origin", "null origin", "cross-site", "same-site", "referer"],
)
def test_no_other_sites_page_can_change_anything(sign_in: Any, headers: dict[str, str]) -> None:
    """FAULTS §8: a form or a fetch of another site, on every route that changes something."""
    person = sign_in("admin@example.com", is_admin=True)
    person.headers.update(headers)
    changing = [name for name in ROUTES if name.split()[0] in {"POST", "PUT", "PATCH", "DELETE"}]
    assert wrong(person, changing, 403, "cross_site") == {}


def test_the_description_says_which_routes_want_a_credential(client: TestClient) -> None:
    """AU-17: the OpenAPI file and the table above agree."""
    paths = client.get("/api/openapi.json").json()["paths"]
    described = {
        f"{method.upper()} {path}": "security" in operation
        for path, operations in paths.items()
        for method, operation in operations.items()
    }
    assert described
    assert {name for name, is_closed in described.items() if is_closed} == set(CLOSED)
