"""Who may open which WebSocket: each, for everybody. A new one without a row fails (FAULTS §8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIWebSocketRoute, iter_route_contexts
from fastapi.testclient import TestClient
from starlette.testclient import WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from tradertape_server.container import Container
from tradertape_server.features.auth.audit import COMMAND_LINE
from tradertape_server.features.auth.credentials.keys import Keys, Owner

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

WORKER = "/api/algo-workers/worker/ws"
CONSOLE = "/api/ws/ticks"
# With the scope a worker token needs; the console's takes no token at all.
SOCKETS = {
    CONSOLE: None,
    f"{WORKER}/market/ticks": "data",
    f"{WORKER}/market/candles": "data",
    f"{WORKER}/runs/{{strategy_run_id}}/pnl": "paper",
}
OF_WORKERS = [path for path, scope in SOCKETS.items() if scope is not None]
ASKED = "?symbols=NSE:INFY&symbol=NSE:INFY"
OTHER = {"data": "gtt", "paper": "data"}

Token = Callable[..., str]


@pytest.fixture
def token(sign_in: Any, container: Container) -> Token:
    def make(*scopes: str, email: str = "person@example.com", revoked: bool = False) -> str:
        person = sign_in(email).get("/api/auth/me").json()
        owner, keys = Owner(person["id"], person["email"]), Keys(container.clock, "worker")
        with container.database.write() as session:
            made = keys.create(
                session, owner, COMMAND_LINE, label="x", scopes=list(scopes), expires_in_days=None
            )
            if revoked:
                keys.revoke(session, owner, made.id, COMMAND_LINE)
        return made.token

    return make


def opened(client: TestClient, path: str, token: str = "", **more: Any) -> bool:
    """Whether a socket says anything but that it is closed."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = "ws://localhost:18777" + path.format(strategy_run_id="run-1") + ASKED
    try:
        with client.websocket_connect(url, headers=headers, **more) as socket:
            socket.receive_json()
    except (WebSocketDenialResponse, WebSocketDisconnect):
        return False
    return True


def test_every_socket_has_a_row(app: FastAPI) -> None:
    contexts = iter_route_contexts(app.routes)
    found = {one.path for one in contexts if isinstance(one.original_route, APIWebSocketRoute)}
    assert found == set(SOCKETS), "say in SOCKETS who may open these"


@pytest.mark.parametrize("path", SOCKETS)
def test_nobody_and_no_dead_or_wrong_token_opens_one(
    client: TestClient, token: Token, path: str
) -> None:
    scope = SOCKETS[path] or "data"
    assert not opened(client, path)
    assert not opened(client, path, "kwa_" + 43 * "x")
    assert not opened(client, path, token(scope, revoked=True))


@pytest.mark.parametrize("path", OF_WORKERS)
def test_a_token_opens_what_its_scope_and_its_owner_may(
    client: TestClient, token: Token, path: str
) -> None:
    scope = str(SOCKETS[path])
    run = {"strategy_run_id": "run-1", "template_id": "t", "account_scope": "kite:paper-a"}
    mine = token(scope, "paper")
    headers = {"Authorization": f"Bearer {mine}"}
    made = client.post("/api/algo-workers/worker/runs", json=run, headers=headers)
    assert made.status_code == 200, made.text
    assert opened(client, path, mine)
    assert not opened(client, path, token(OTHER[scope]))
    stranger = token(scope, email="b@example.com")
    assert opened(client, path, stranger) == ("{" not in path), "prices are everybody's, runs not"


def test_a_browsers_socket_takes_its_cookie_and_no_token(
    client: TestClient, token: Token, sign_in: Any
) -> None:
    assert opened(sign_in(), CONSOLE)
    assert not opened(client, CONSOLE, token("data", "paper"))
    left = sign_in()
    assert left.post("/api/auth/logout").status_code == 200
    assert not opened(left, CONSOLE)
    assert not any(opened(sign_in(), path) for path in OF_WORKERS), "a cookie opens no worker's"
